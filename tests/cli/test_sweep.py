import json
import signal
import sys
import time

import pytest
from filelock import FileLock

from mangagan import experiments
from mangagan.cli.sweep import main
from mangagan.evaluate.result import read_result, result_file
from mangagan.experiments import _suites
from mangagan.overrides import describe
from mangagan.sweep.execute import execute
from mangagan.sweep.job import execute_run
from mangagan.sweep.local import Stopped
from mangagan.sweep.sweep_plan import PLAN, read_plan

LAPTOP = [name for name in experiments.names() if "laptop" in experiments.presets(name)]


def test_list_names_suites_and_ablations(capsys):
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "--suite=architectures:laptop: pix2pix, pix2pixhd, cyclegan, pix2pix_lab, siggraph17, dcgan" in lines
    assert "--exp=pix2pix_manga: l1_only, gan_only, unconditional, pixel, patch16, patch286, resnet" in lines


def test_describe_prints_runs_and_what_is_tried_in_each(capsys):
    arguments = ["--exp=pix2pix_manga:debug", "--ablations=l1_only,patch286", "--seeds=2", "train.seed=3"]
    assert main([*arguments, "--describe"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Ablations of pix2pix_manga:debug, evaluated by the protocol training",
        "001-base-seed3",
        "002-l1_only-seed3",
        "  task.adversarial: 1.0 -> 0.0",
        "003-patch286-seed3",
        "  task.discriminator.layers: 1 -> 5",
        "004-base-seed4",
        "005-l1_only-seed4",
        "006-patch286-seed4",
    ]


@pytest.mark.parametrize("name", LAPTOP)
def test_all_ablations_of_an_experiment_are_different_experiments(name):
    chosen = _suites.ablations(f"{name}:laptop", "all", {})
    assert list(chosen)[0] == "base" and len(chosen) > 3
    assert len({json.dumps(describe(one)) for one in chosen.values()}) == len(chosen)


def test_an_ablation_stands_against_overrides():
    chosen = _suites.ablations("pix2pix_manga:laptop", "gan_only,l1_only", {"task.l1": 50, "train.steps": 7})
    assert [chosen[label].task.l1 for label in ("base", "gan_only", "l1_only")] == [50, 0, 50]
    assert {one.train.steps for one in chosen.values()} == {7}


def test_architectures_see_the_same_pages_and_have_their_budgets():
    suite = _suites.load("architectures:laptop")
    chosen = suite.experiments({})
    assert suite.baseline is None and len(chosen) == 6 and suite.protocol.data == "unseen:36"
    pages = {(one.data.source, one.data.held_out, one.data.size, one.data.window) for one in chosen.values()}
    assert pages == {("comics:240", "", 96, 640)}
    assert all(one.train.steps == suite.entries[label].budget["train.steps"] for label, one in chosen.items())
    assert {one.train.steps for one in suite.experiments({"train.steps": 3}).values()} == {3}


@pytest.mark.parametrize("name", _suites.SUITES)
def test_suites_judge_at_the_scale_and_with_the_kind_of_input_that_was_learned(name):
    suite = _suites.load(name)
    for one in suite.experiments({}).values():
        assert suite.protocol.size(one.data) == (one.data.size, one.data.size) and suite.protocol.name == "training"
        assert suite.protocol.kinds_of(one.data) == ("gray",)


def test_the_suite_of_restore_color_is_its_ablations():
    suite = _suites.load("restore_color:laptop")
    assert suite.baseline == "base" and set(suite.entries) == {"base", *experiments.ablations("restore_color")}
    changed = suite.experiments({"task.l1": 50.0})
    assert changed["base"].task.l1 == 50 and changed["lambda75"].task.l1 == 75


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        ([], "an experiment, --exp=NAME, or a suite: --suite=architectures:laptop"),
        (["--exp=pix2pix_manga", "--suite=architectures:laptop"], "name either an experiment"),
        (["--suite=architectures"], "there is no suite 'architectures'; there are architectures:laptop"),
        (["--suite=architectures:laptop", "--ablations=all"], "a suite has its own entries"),
        (["--exp=pix2pix"], "there is no experiment 'pix2pix'"),
        (["--exp=pix2pix_manga", "--ablations=bigger"], "no ablation 'bigger'; it has l1_only"),
        (["--exp=pix2pix_manga", "--ablations=,"], "at least one ablation"),
        (["--exp=pix2pix_manga:debug", "--ablations=patch16"], "patch16 is the same as base here"),
        (["--exp=pix2pix_manga", "train.stpes=3"], "Train has no 'stpes'"),
        (["--exp=pix2pix_manga", "--slurm=partition=x"], "needs --executor=slurm"),
        (["--exp=pix2pix_manga", "--executor=slurm", "--slurm=gpu"], "'gpu' has no value"),
        (["--exp=restore_denoise", "--protocol=native"], "restoration is evaluated by the protocol training"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, complaint, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("mangagan sweep: error: ") and complaint in error and "Traceback" not in error
    assert not list(tmp_path.iterdir())


def test_what_failed_is_told_and_the_exit_code_is_1(tmp_path, capsys, monkeypatch):
    def fail(folder, runs, progress):
        for run in runs:
            progress.run_started(run)
            progress.run_ended(run, "exit code 1" if run.label == "l1_only" else None)

    monkeypatch.setattr("mangagan.sweep.local.run_locally", fail)
    arguments = ["--exp=pix2pix_manga:debug", "--ablations=l1_only", "--seeds=1", f"--output={tmp_path}"]
    assert main(arguments) == 1
    output = capsys.readouterr()
    assert "failed: 002-l1_only-seed0: exit code 1" in output.err
    assert "2 runs in" in output.out and f"table in {tmp_path / 'table.md'}" in output.out


def test_a_sweep_that_is_stopped_writes_its_table_and_says_so(tmp_path, capsys, monkeypatch):
    def stop(*_):
        raise Stopped

    monkeypatch.setattr("mangagan.sweep.local.run_locally", stop)
    assert main(["--exp=pix2pix_manga:debug", "--ablations=l1_only", f"--output={tmp_path}"]) == 130
    assert "the same command continues from here" in capsys.readouterr().err
    assert "No run has a result yet." in (tmp_path / "table.md").read_text()


def test_without_submitit_the_extra_is_named_before_anything_is_written(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "submitit", None)
    arguments = ["--exp=pix2pix_manga:debug", "--ablations=l1_only", "--executor=slurm", f"--output={tmp_path / 'x'}"]
    assert main(arguments) == 2
    assert "pip install -e '.[slurm]'" in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_what_an_executor_raises_is_what_is_told(tmp_path, capsys, monkeypatch):
    def fail(folder, runs, progress):
        file = result_file(folder / runs[0].name, "training")
        file.parent.mkdir(parents=True)
        file.write_text("half a res")
        raise OSError("no space left on the disk")

    monkeypatch.setattr("mangagan.sweep.local.run_locally", fail)
    assert main(["--exp=pix2pix_manga:debug", "--ablations=l1_only", f"--output={tmp_path}"]) == 2
    output = capsys.readouterr()
    assert output.err.endswith("error: no space left on the disk\n") and "table" not in output.out


def test_two_sweeps_do_not_work_in_one_folder(tmp_path, capsys):
    with FileLock(tmp_path / ".sweep.lock"):
        assert main(["--exp=pix2pix_manga:debug", "--ablations=l1_only", f"--output={tmp_path}"]) == 2
    assert f"another sweep is at work in {tmp_path}" in capsys.readouterr().err
    # The folder is the other's to claim.
    assert not (tmp_path / PLAN).exists()


def test_files_of_somebody_else_are_left_alone(tmp_path, capsys):
    (tmp_path / "holiday.txt").write_text("beach")
    assert main(["--exp=pix2pix_manga:debug", "--ablations=l1_only", f"--output={tmp_path}"]) == 2
    assert "holds files that are no sweep" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["holiday.txt"]


@pytest.mark.parametrize("value", ["0", "x"])
def test_what_is_no_number_of_seeds_is_said_so(value, capsys):
    with pytest.raises(SystemExit) as end:
        main(["--exp=pix2pix_manga:debug", f"--seeds={value}"])
    assert end.value.code == 2 and f"'{value}' is not a whole number of at least 1" in capsys.readouterr().err


@pytest.mark.slow
def test_a_sweep_that_was_killed_ends_as_one_that_never_was(pages, tmp_path, launch, capsys):
    """Killed in its second run, gone on, and then called a third time; against runs of one process in a row."""
    asked = ["--exp=pix2pix_manga:debug", "--ablations=l1_only", "--seeds=1", "--pages=2"]
    asked += [f"data.source=folder:{pages}", "train.steps=60", "train.every_log_steps=1"]
    asked += ["train.every_checkpoint_steps=12", "train.every_evaluation_steps=0", "train.every_grid_steps=0"]
    folder = tmp_path / "killed"
    sweep = launch("sweep.py", *asked, f"--output={folder}")
    metrics, deadline = folder / "002-l1_only-seed0" / "metrics.jsonl", time.monotonic() + 400
    while not (metrics.is_file() and metrics.read_text().count("\n") > 15):
        assert sweep.poll() is None and time.monotonic() < deadline, sweep.stdout.read()
        time.sleep(0.02)
    sweep.send_signal(signal.SIGKILL)
    sweep.wait()
    assert main([*asked, f"--output={folder}"]) == 0
    tables = {name: (folder / name).read_bytes() for name in ("table.md", "table.json")}
    assert b"| l1_only | 1 |" in tables["table.md"] and not json.loads(tables["table.json"])["missing"]

    capsys.readouterr()
    assert main([*asked, f"--output={folder}"]) == 0
    assert "begins" not in capsys.readouterr().err
    assert {name: (folder / name).read_bytes() for name in tables} == tables
    assert main([*asked, "train.steps=300", f"--output={folder}"]) == 2
    assert "002-l1_only-seed0 train.steps: 60 -> 300" in capsys.readouterr().err

    def in_this_process(there, runs, progress):
        for run in runs:
            progress.run_started(run)
            assert execute_run(there, run.number)
            progress.run_ended(run, None)

    whole = tmp_path / "whole"
    assert execute(whole, read_plan(folder), in_this_process) == {}
    assert (whole / PLAN).read_bytes() == (folder / PLAN).read_bytes()
    assert {name: (whole / name).read_bytes() for name in tables} == tables
    killed, unhurt = (read_result(result_file(one / "002-l1_only-seed0", "training")) for one in (folder, whole))
    assert killed.pages == unhurt.pages and killed.pictures and killed.pictures == unhurt.pictures
