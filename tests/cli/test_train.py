"""Experiments are listed, described and trained, and mistakes are reported before anything is written."""

import os
from pathlib import Path

import pytest

from mangagan import experiments
from mangagan.cli.train import main


def test_list_names_every_experiment_with_its_presets(capsys):
    assert main(["--list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        " ".join([name, *(f"{name}:{preset}" for preset in experiments.presets(name))]) for name in experiments.names()
    ]


def test_describe_prints_lines_that_are_overrides(capsys):
    assert main(["--exp=pix2pix_manga:debug", "train.steps=5", "--describe"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "train.steps=5" in lines and "task.generator.levels=4" in lines
    assert main(["--exp=pix2pix_manga", *lines, "--describe"]) == 0
    assert capsys.readouterr().out.splitlines() == lines


def test_an_experiment_may_be_a_users_own_file(tmp_path, capsys):
    file = tmp_path / "mine.py"
    file.write_text(
        "from mangagan.experiments import pix2pix_manga\n"
        "experiment = pix2pix_manga.experiment\n"
        "PRESETS = {'small': {'task.generator.features': 8}}\n"
        "ABLATIONS = {}\n"
    )
    assert main([f"--exp={file}:small", "--describe"]) == 0
    assert "task.generator.features=8" in capsys.readouterr().out


def test_a_users_file_may_define_a_task_of_its_own(tmp_path, capsys):
    file = tmp_path / "mine.py"
    file.write_text(
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "from mangagan.config import Experiment\n"
        "from mangagan.tasks.paired import Paired\n"
        "@dataclass(frozen=True)\n"
        "class Mine(Paired):\n"
        "    extra: float = 1.0\n"
        "experiment = lambda: Experiment(task=Mine())\n"
        "PRESETS = ABLATIONS = {}\n"
    )
    assert main([f"--exp={file}", "task.extra=2", "--describe"]) == 0
    lines = capsys.readouterr().out.splitlines()
    # A class of a user's file is named with the file, so that the run's description finds it again.
    assert f"task={file}:Mine" in lines and "task.extra=2.0" in lines


@pytest.mark.parametrize(
    ("text", "parts", "folder"),
    [
        ("pix2pix_manga", ("pix2pix_manga", ""), "runs/pix2pix_manga"),
        ("pix2pix_manga:laptop", ("pix2pix_manga", "laptop"), "runs/pix2pix_manga-laptop"),
        ("a/mine.py", ("a/mine.py", ""), "runs/mine"),
        ("a/mine.py:small", ("a/mine.py", "small"), "runs/mine-small"),
        ("c:/mine.py", ("c:/mine.py", ""), "runs/mine"),
        ("c:/mine.py:small", ("c:/mine.py", "small"), "runs/mine-small"),
    ],
)
def test_names_of_experiments_have_a_preset_behind_the_last_colon(text, parts, folder):
    assert experiments.split_name(text) == parts
    assert experiments.run_folder(text) == Path(folder)


def test_a_users_file_is_executed_once_for_each_state_of_it(tmp_path):
    file = tmp_path / "mine.py"
    text = "from mangagan.experiments import pix2pix_manga as base\nexperiment, PRESETS = base.experiment, {}\n"
    file.write_text(text)
    with pytest.raises(ValueError, match="mine.py does not define ABLATIONS"):
        experiments.presets(str(file))
    file.write_text(f"{text}ABLATIONS = {{}}\nclass Own: pass\n")
    os.utime(file, ns=(1, 1))
    assert experiments.presets(str(file)) == [] and experiments._module(str(file)) is experiments._module(str(file))
    other = tmp_path / "other" / "mine.py"
    other.parent.mkdir()
    other.write_text(f"{text}ABLATIONS = {{'two': {{}}}}\n")
    assert list(experiments.ablations(str(other))) == ["two"] and experiments.ablations(str(file)) == {}


def test_a_network_that_does_not_fit_leaves_the_folder_free(pages, tmp_path, capsys):
    arguments = ["--exp=pix2pix_manga:debug", f"data.source=folder:{pages}", f"--workdir={tmp_path / 'run'}"]
    assert main([*arguments, "data.size=33"]) == 2
    assert "pad both sides" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        ([], "--exp=NAME"),
        (["--exp=pix2pix"], "there is no experiment 'pix2pix'; there are colorizer_base, cyclegan_manga"),
        (["--exp=pix2pix_manga:phone"], "no preset 'phone'; it has laptop, debug"),
        (["--exp=nowhere/mine.py"], "no experiment file nowhere/mine.py"),
        (["--exp=pix2pix_manga", "data.batch_size=0"], "data.batch_size=0: sizes must be at least 1"),
        (["--exp=pix2pix_manga", "data.jitter=1"], "data.jitter=1.0"),
        (["--exp=pix2pix_manga", "train.steps=-1"], "train.steps=-1: must be at least 1"),
        (["--exp=pix2pix_manga", "train.stpes=3"], "Train has no 'stpes'"),
        (["--exp=pix2pix_manga:debug", "data.source=folder:/nowhere", "--workdir=unused"], "/nowhere"),
        (["--exp=pix2pix_manga:debug", "data.source=films:x", "--workdir=unused"], "films"),
        (["--exp=pix2pix_manga:debug", "--workdir=~no-such-user/run"], "a path begins with ~"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, complaint, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("mangagan train: error: ") and complaint in error and "Traceback" not in error


def test_paper_scale_without_an_accelerator_names_the_laptop_and_estimates_the_time(pages, tmp_path, capsys):
    small = ["task.generator.levels=4", "task.generator.features=4", "task.discriminator.features=4", "data.size=32"]
    small += ["data.workers=0", "train.evaluation_pages=2"]
    code = main(
        ["--exp=pix2pix_manga", *small, f"data.source=folder:{pages}", f"--workdir={tmp_path / 'run'}", "train.steps=6"]
    )
    output = capsys.readouterr()
    assert code == 0 and "--exp=pix2pix_manga:laptop" in output.out
    assert "6 steps take about" in output.out + output.err
