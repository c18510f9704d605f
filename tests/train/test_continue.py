"""Runs that are continued with another length, from pages at another path, and with damaged files in their folders."""

import json
import shutil

import jax
import numpy as np
import orbax.checkpoint as ocp
import pytest

from mangagan.cli.train import main

TINY = [
    "--exp=pix2pix_manga:debug",
    "data.size=16",
    "data.window=40",
    "data.workers=0",
    "train.evaluation_pages=1",
    "train.every_log_steps=1",
    "train.generator.schedule=Constant",
    "train.discriminator.schedule=Constant",
]


def start(pages, workdir, *more):
    return main([*TINY, f"data.source=folder:{pages}", f"--workdir={workdir}", *more])


def final_state(workdir, step):
    tree = ocp.StandardCheckpointer().restore(workdir / "checkpoints" / str(step) / "default")
    plain = lambda leaf: jax.random.key_data(leaf) if jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key) else leaf  # noqa: E731
    return {jax.tree_util.keystr(path): np.asarray(plain(leaf)) for path, leaf in jax.tree.leaves_with_path(tree)}


@pytest.fixture(scope="module")
def short(pages, tmp_path_factory):
    """A run of two steps, each of which was saved."""
    workdir = tmp_path_factory.mktemp("short") / "run"
    assert start(pages, workdir, "train.steps=2", "train.every_checkpoint_steps=1") == 0
    return workdir


@pytest.fixture
def run(short, tmp_path):
    """A copy of that run."""
    shutil.copytree(short, tmp_path / "run")
    return tmp_path / "run"


def test_a_lengthened_run_is_the_run_of_full_length_bit_for_bit(run, pages, tmp_path, capfd):
    assert start(pages, run, "train.steps=4") == 0
    assert "the run now has 4 steps, not 2; its learning rates do not depend on the length" in "".join(
        capfd.readouterr()
    )
    assert start(pages, tmp_path / "whole", "train.steps=4") == 0
    expected, reached = final_state(tmp_path / "whole", 4), final_state(run, 4)
    assert expected.keys() == reached.keys() and any("opt" in name for name in expected)
    for name, leaf in expected.items():
        np.testing.assert_array_equal(reached[name], leaf, err_msg=name)
    assert json.loads((run / "experiment.json").read_text())["train.steps"] == 4


def test_a_run_is_not_cut_below_what_it_has_done(run, pages, capsys):
    before = {file: file.read_bytes() for file in run.rglob("*.json*")}
    assert start(pages, run, "train.steps=1") == 2
    assert f"{run} has done 2 steps already, more than train.steps=1" in capsys.readouterr().err
    assert {file: file.read_bytes() for file in run.rglob("*.json*")} == before


def test_the_same_pages_by_another_path_continue_the_run(run, pages, tmp_path, capsys, monkeypatch):
    shutil.copytree(pages, tmp_path / "copy")
    monkeypatch.chdir(tmp_path)
    for path in (f"{pages}/", "copy", tmp_path / "copy"):
        assert start(path, run, "train.steps=2") == 0, capsys.readouterr()
        assert json.loads((run / "experiment.json").read_text())["data.source"] == f"folder:{path}"
    (tmp_path / "copy" / "a" / "1.png").unlink()
    capsys.readouterr()
    assert start("copy", run, "train.steps=2") == 2
    assert "was trained on other pages" in capsys.readouterr().err


def test_a_damaged_newest_checkpoint_is_named_and_the_run_goes_on_from_the_one_before(run, pages, caplog):
    largest = max((run / "checkpoints" / "2").rglob("*"), key=lambda file: file.stat().st_size * file.is_file())
    with largest.open("r+b") as content:
        content.seek(largest.stat().st_size // 2)
        content.write(b"\xff" * 40)
    (run / "checkpoints" / "99").mkdir()
    (run / "metrics.jsonl").write_bytes(b"\xff" + (run / "metrics.jsonl").read_bytes())
    (run / "environment.jsonl").write_bytes(b"\x00\xff\n")
    assert start(pages, run, "train.steps=2") == 0
    assert "checkpoint 2 cannot be read (its file default/" in caplog.text and "falling back to 1" in caplog.text
    assert "checkpoint 99 cannot be read" in caplog.text
    assert "metrics.jsonl: damaged lines are left out, 1 of" in caplog.text
    assert "environment.jsonl is damaged" in caplog.text
    assert (run / "unreadable-2").is_dir() and (run / "unreadable-99").is_dir() and (run / "checkpoints" / "2").is_dir()


def test_a_damaged_experiment_is_named(run, pages, capsys):
    (run / "experiment.json").write_text("null")
    assert start(pages, run, "train.steps=2") == 2
    error = capsys.readouterr().err
    assert f"{run / 'experiment.json'} is damaged" in error and "Traceback" not in error
