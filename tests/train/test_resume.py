"""Runs that are killed, stopped, broken or diverging, started as a user starts them."""

import json
import signal
import time

import jax
import numpy as np
import orbax.checkpoint as ocp
import pytest

STEPS = 14
TINY = [
    "--exp=cyclegan_manga:debug",
    f"train.steps={STEPS}",
    "train.every_log_steps=1",
    "train.every_checkpoint_steps=3",
    "train.keep_last=2",
    "data.size=16",
    "data.window=40",
]


def arguments(pages, workdir, *more):
    return [*TINY, f"data.source=folder:{pages}", f"--workdir={workdir}", *more]


def final_state(workdir, step=STEPS):
    """Every array of a checkpoint, read without the project's own code."""
    tree = ocp.StandardCheckpointer().restore(workdir / "checkpoints" / str(step) / "default")
    return {jax.tree_util.keystr(path): np.asarray(_plain(leaf)) for path, leaf in jax.tree.leaves_with_path(tree)}


def _plain(leaf):
    return jax.random.key_data(leaf) if jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key) else leaf


def losses(workdir):
    lines = [json.loads(line) for line in (workdir / "metrics.jsonl").read_text().splitlines()]
    return {line["step"]: {name: value for name, value in line.items() if "time/" not in name} for line in lines}


def starts(workdir):
    """The step that each start of the run went on from."""
    lines = (workdir / "environment.jsonl").read_text().splitlines()
    return [json.loads(line)["step"] for line in lines]


def wait_for(condition, process, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end, "the run did not get there"
        time.sleep(0.001)


@pytest.fixture(scope="module")
def whole(pages, tmp_path_factory):
    """A run that nothing disturbed."""
    from mangagan.cli.train import main

    workdir = tmp_path_factory.mktemp("whole") / "run"
    assert main(arguments(pages, workdir)) == 0
    return workdir


@pytest.mark.slow
def test_a_killed_run_ends_bit_identical_to_an_undisturbed_one(whole, pages, tmp_path, launch):
    workdir = tmp_path / "run"
    metrics, checkpoints = workdir / "metrics.jsonl", workdir / "checkpoints"

    def lines_reach(count):
        return lambda: metrics.exists() and len(metrics.read_text().splitlines()) >= count

    def saving():
        # A step's folder under a name that is not yet final.
        return checkpoints.is_dir() and any(not entry.name.isdigit() for entry in checkpoints.iterdir())

    # Before the first checkpoint, while one is saved, and between two.
    for moment in (lines_reach(2), saving, lines_reach(8)):
        process = launch("run.py", *arguments(pages, workdir))
        wait_for(moment, process)
        process.kill()
        process.communicate()
    earlier = starts(workdir)
    stopped = launch("run.py", *arguments(pages, workdir))
    # Its own first line, and not one of the runs before it.
    wait_for(lambda: len(starts(workdir)) > len(earlier) and max(losses(workdir)) > starts(workdir)[-1], stopped)
    stopped.send_signal(signal.SIGTERM)
    output = stopped.communicate(timeout=120)[0]
    assert stopped.returncode == 0 and "and saved" in output, output
    finished = launch("run.py", *arguments(pages, workdir, "--resume=require"))
    output = finished.communicate(timeout=300)[0]
    assert finished.returncode == 0, output

    expected, reached = final_state(whole), final_state(workdir)
    assert expected.keys() == reached.keys() and len(expected) > 100
    assert any("memory" in name for name in expected) and any("opt" in name for name in expected)
    for name, leaf in expected.items():
        np.testing.assert_array_equal(reached[name], leaf, err_msg=name)
    assert {s: v for s, v in losses(workdir).items() if s > 9} == {s: v for s, v in losses(whole).items() if s > 9}


def test_a_finished_run_is_not_changed(whole, pages, capsys):
    from mangagan.cli.train import main

    before = (whole / "metrics.jsonl").read_bytes()
    assert main(arguments(pages, whole)) == 0
    assert (whole / "metrics.jsonl").read_bytes() == before
    assert sorted(file.name for file in (whole / "checkpoints").iterdir() if file.name.isdigit()) == ["12", "14"]


@pytest.mark.parametrize(
    "more, complaint",
    [
        (["train.seed=1"], "train.seed: 0 -> 1"),
        (["--resume=never"], "holds a run already"),
    ],
)
def test_a_folder_of_another_experiment_is_refused(whole, pages, capsys, more, complaint):
    from mangagan.cli.train import main

    assert main(arguments(pages, whole, *more)) == 2
    assert complaint in capsys.readouterr().err


def test_reports_may_change_when_a_run_is_continued(whole, pages):
    from mangagan.cli.train import main

    assert main(arguments(pages, whole, "train.every_log_steps=5", "data.workers=1")) == 0


def test_requiring_a_checkpoint_where_there_is_none_is_refused(pages, tmp_path, capsys):
    from mangagan.cli.train import main

    assert main(arguments(pages, tmp_path / "new", "--resume=require")) == 2
    assert "no checkpoint" in capsys.readouterr().err
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "diary.txt").write_text("mine")
    assert main(arguments(pages, tmp_path / "files")) == 2
    assert "no run" in capsys.readouterr().err


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_good_checkpoint(pages, tmp_path, capsys):
    from mangagan.cli.train import main

    # Harmless for two steps, then far beyond what float32 holds.
    rates = [f"train.{side}.schedule.rate=1e22" for side in ("generator", "discriminator")]
    workdir = tmp_path / "run"
    code = main(arguments(pages, workdir, "train.every_checkpoint_steps=1", "train.keep_last=9", *rates))
    message = capsys.readouterr().err
    assert code == 1 and "step" in message and ("nan" in message or "inf" in message), message
    assert "loss/" in message or "gradient/" in message
    kept = sorted(int(file.name) for file in (workdir / "checkpoints").iterdir() if file.name.isdigit())
    assert kept
    for name, leaf in final_state(workdir, kept[-1]).items():
        assert np.isfinite(leaf).all(), name
