import json

import pytest

from mangagan.config import Experiment
from mangagan.data.settings import Data
from mangagan.tasks.paired import Paired
from mangagan.train.run_history import newest_step, read_history

EXPERIMENT = Experiment(Paired(), Data(source="folder:my pages"))


@pytest.fixture
def run(tmp_path):
    """A run that was saved at step 20, went on to 30 and was killed there."""
    for folder in ("checkpoints/10", "checkpoints/20", "checkpoints/unfinished.tmp", "grids"):
        (tmp_path / folder).mkdir(parents=True)
    for step in (10, 20, 30):
        (tmp_path / "grids" / f"{step:07d}.png").write_bytes(b"%d" % step)
    lines = [{"step": step, name: 9.0} for step in (10, 20, 30) for name in ("loss/l1", "evaluation/ciede2000")]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"step": 4')
    return tmp_path


def test_the_newest_step_is_that_of_a_complete_checkpoint(run, tmp_path):
    assert newest_step(run) == 20 and newest_step(tmp_path / "none") == 0


def started(run, *commands):
    lines = [
        {"step": step, "command": command, "data": "f" * 64}
        for step, command in zip((0, 10, 30), commands, strict=False)
    ]
    (run / "environment.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_lines_after_the_newest_checkpoint_are_left_out(run):
    started(run, ["launch/run.py", "--exp=a"], ["launch/run.py", "--exp=b"], ["launch/run.py", "--exp=c"])
    history = read_history(run, EXPERIMENT)
    assert "step 20 " in history.origin and history.picture == b"20" and history.command.endswith("--exp=b")
    assert [line["step"] for line in history.evaluations] == [10, 20]
    assert history.training_set == "Trained on `folder:my pages`." and not history.licences


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["/here/launch/run.py", "--exp=a:laptop", "--workdir=/tmp/x"], "python launch/run.py --exp=a:laptop"),
        (["run.py", "--workdir", "/tmp/x", "--exp", "a", "--resume=never"], "python launch/run.py --exp a"),
        (
            ["run.py", "--exp=a", "data.source=folder:/home/me/x", "train.seed=07"],
            "python launch/run.py --exp=a 'data.source=folder:my pages' train.seed=07",
        ),
        (["/venv/bin/mangagan", "train", "--exp=a", "--workdir", "/tmp/x"], "mangagan train --exp=a"),
        (["/venv/bin/mangagan", "sweep", "--exp=a"], ""),
        (["/usr/bin/pytest", "-q"], ""),
        ([], ""),
    ],
)
def test_the_command_leaves_out_options_for_one_machine(run, arguments, command):
    started(run, arguments)
    assert read_history(run, EXPERIMENT).command == command


def test_a_folder_with_nothing_but_checkpoints_has_a_history(tmp_path):
    (tmp_path / "checkpoints" / "5").mkdir(parents=True)
    history = read_history(tmp_path, EXPERIMENT)
    assert "step 5 " in history.origin and history.picture is None and not history.evaluations


def test_manifests_of_other_programs_in_the_cache_are_skipped(run, tmp_path, monkeypatch):
    monkeypatch.setenv("MANGAGAN_CACHE", str(tmp_path / "cache"))
    for name, content in (("a", "{"), ("b", "{}"), ("c", "[]")):
        (tmp_path / "cache" / name).mkdir(parents=True)
        (tmp_path / "cache" / name / "manifest.json").write_text(content)
    started(run, ["run.py", "--exp=a"])
    assert not read_history(run, EXPERIMENT).licences
