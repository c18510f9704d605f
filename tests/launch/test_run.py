import pytest

import experiments
from launch.run import main


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
        "from experiments import pix2pix_manga\n"
        "experiment = pix2pix_manga.experiment\n"
        "PRESETS = {'small': {'task.generator.features': 8}}\n"
        "ABLATIONS = {}\n"
    )
    assert main([f"--exp={file}:small", "--describe"]) == 0
    assert "task.generator.features=8" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        ([], "--exp=NAME"),
        (["--exp=pix2pix"], "there is no experiment 'pix2pix'; there are cyclegan_manga"),
        (["--exp=pix2pix_manga:phone"], "no preset 'phone'; it has laptop, debug"),
        (["--exp=nowhere/mine.py"], "no experiment file nowhere/mine.py"),
        (["--exp=pix2pix_manga", "train.stpes=3"], "Train has no 'stpes'"),
        (["--exp=pix2pix_manga:debug", "data.source=folder:/nowhere", "--workdir=unused"], "/nowhere"),
        (["--exp=pix2pix_manga:debug", "data.source=films:x", "--workdir=unused"], "films"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, complaint, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and complaint in error and "Traceback" not in error


def test_paper_scale_without_an_accelerator_names_the_laptop_and_estimates_the_time(pages, tmp_path, capsys):
    small = ["task.generator.levels=4", "task.generator.features=4", "task.discriminator.features=4", "data.size=32"]
    code = main(
        ["--exp=pix2pix_manga", *small, f"data.source=folder:{pages}", f"--workdir={tmp_path / 'run'}", "train.steps=6"]
    )
    output = capsys.readouterr()
    assert code == 0 and "--exp=pix2pix_manga:laptop" in output.out
    assert "6 steps take about" in output.out + output.err
