"""A run of a sweep without any training: what trains, loads and judges is stood in for."""

import threading
import time

import pytest
from filelock import FileLock

from mangagan import experiments
from mangagan.data.archive import archive
from mangagan.evaluate.colorization import colorization as colored
from mangagan.evaluate.colorization import evaluation_pages as held_out
from mangagan.evaluate.protocol import Protocol
from mangagan.evaluate.result import read_result
from mangagan.overrides import override
from mangagan.sweep.job import STOPPED, execute_run, main, run_result_file
from mangagan.sweep.sweep_plan import claim, make_plan
from mangagan.train import load as trained
from mangagan.train import loop
from mangagan.train.meter import Diverged


@pytest.fixture
def sweep(tmp_path):
    """A sweep's folder with one run of two steps."""
    plan = make_plan("x", {"base": experiments.load("pix2pix_manga:debug")}, 1, Protocol("256", pages=2))
    claim(tmp_path / "sweep", plan)
    return tmp_path / "sweep", plan


@pytest.fixture
def calls(monkeypatch, judged):
    """What was done, in order; training gets to the steps in `calls.steps`, one call after the other."""

    class Calls(list):
        steps = [2]

    calls = Calls()

    def train(experiment, workdir):
        calls.append(("train", workdir.name, experiment.train.steps))
        (workdir / "checkpoints" / str(calls.steps.pop(0))).mkdir(parents=True)

    def evaluate_colorizer(name, experiment, variables, protocol, options):
        calls.append(("judge", name, experiment.train.steps, variables, protocol, options.pictures.name))
        return judged({"a": [1.0]}, name=name)

    monkeypatch.setattr(archive, "open_archive", lambda source, held_out: None)
    monkeypatch.setattr(held_out, "open_evaluation_pages", lambda protocol, data: None)
    monkeypatch.setattr(loop, "train", train)
    monkeypatch.setattr(trained, "load_trained", lambda folder: (experiments.load("pix2pix_manga:debug"), folder.name))
    monkeypatch.setattr(colored, "evaluate_colorizer", evaluate_colorizer)
    return calls


def test_a_run_is_trained_and_judged_once(sweep, calls):
    folder, plan = sweep
    assert execute_run(folder, 1) and execute_run(folder, 1)
    assert calls == [
        ("train", "001-base-seed0", 2),
        ("judge", "001-base-seed0", 2, "001-base-seed0", Protocol("256", pages=2), "256-pages"),
    ]
    assert read_result(run_result_file(folder, plan, plan.run(1))).name == "001-base-seed0"


def test_a_run_that_was_stopped_is_not_judged_and_goes_on(sweep, calls):
    folder, _ = sweep
    calls.steps = [1, 2]
    assert not execute_run(folder, 1)
    assert [call[0] for call in calls] == ["train"]
    assert execute_run(folder, 1) and [call[0] for call in calls] == ["train", "train", "judge"]


@pytest.mark.parametrize(
    "name, overrides, protocol, complaint",
    [
        (
            "pix2pix_manga",
            {"data.held_out": "b"},
            Protocol("256", works=("a",)),
            "was trained on a; it can be evaluated",
        ),
        ("pix2pix_manga", {}, Protocol("256", works=("d",)), "there is no work d"),
        ("restore_denoise", {}, Protocol("256"), "restorers are evaluated by the protocol training"),
    ],
)
def test_pages_that_a_run_cannot_be_judged_by_are_told_before_it_is_trained(
    pages, tmp_path, monkeypatch, name, overrides, protocol, complaint
):
    source = {"data.source": f"folder:{pages}"}
    plan = make_plan("x", {"base": override(experiments.load(f"{name}:debug"), source | overrides)}, 1, protocol)
    claim(tmp_path, plan)
    monkeypatch.setattr(loop, "train", lambda *_: pytest.fail("it is trained"))
    with pytest.raises(ValueError, match=complaint):
        execute_run(tmp_path, 1)


def test_a_run_that_another_process_does_is_waited_for(sweep, calls, capsys):
    folder, _ = sweep
    lock = FileLock(folder / ".001-base-seed0.lock")
    lock.acquire()
    waiting = threading.Thread(target=execute_run, args=(folder, 1))
    waiting.start()
    deadline = time.monotonic() + 20
    while "waiting" not in (said := capsys.readouterr().out) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert "another process is at work on 001-base-seed0: waiting for it" in said and not calls
    lock.release()
    waiting.join(20)
    assert [call[0] for call in calls] == ["train", "judge"]


@pytest.mark.parametrize(
    "error, code, said",
    [(ValueError("no pages"), 2, "error: no pages"), (Diverged(3, "loss/l1", float("nan")), 1, "diverged: step 3")],
)
def test_what_training_raises_is_a_line_and_an_exit_code(sweep, calls, monkeypatch, capsys, error, code, said):
    def fail(*_):
        raise error

    monkeypatch.setattr(loop, "train", fail)
    monkeypatch.setattr("mangagan.sweep.job.stop_with_parent", lambda: None)
    assert main([str(sweep[0]), "1"]) == code
    assert said in capsys.readouterr().err


def test_a_run_ends_with_the_sweep_that_has_started_it(sweep, calls, monkeypatch):
    monkeypatch.setattr("mangagan.sweep.job.stop_with_parent", lambda: calls.append(("watched",)))
    assert main([str(sweep[0]), "1"]) == 0 and calls[0] == ("watched",)


def test_the_exit_code_tells_that_a_run_was_stopped(sweep, calls, monkeypatch):
    monkeypatch.setattr("mangagan.sweep.job.stop_with_parent", lambda: None)
    calls.steps = [1, 2]
    assert [main([str(sweep[0]), "1"]) for _ in range(2)] == [STOPPED, 0]
