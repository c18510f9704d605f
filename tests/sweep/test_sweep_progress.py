import io
import json

import pytest

from mangagan.sweep import sweep_progress as progress
from mangagan.sweep.sweep_progress import TIMES, Progress, newest_logged_step


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is set."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


class Terminal(io.StringIO):
    def isatty(self):
        return True


def log_step(folder, run, step):
    (folder / run.name).mkdir(exist_ok=True)
    with (folder / run.name / "metrics.jsonl").open("a") as lines:
        lines.write(json.dumps({"step": step}) + "\n")


def test_time_left_is_told_from_what_is_done_and_under_way(tmp_path, planned, clock):
    plan, told = planned(["a", "b"], seeds=(0, 1)), Terminal()
    shown = Progress(tmp_path, plan, set(), told)
    shown.run_started(plan.run(1))
    assert told.getvalue().endswith("run 1 of 4, 001-a-seed0 begins\n")
    clock[0] = 50.0
    log_step(tmp_path, plan.run(1), 5)
    shown.run_continues(plan.run(1))
    assert told.getvalue().endswith("run 1 of 4, 001-a-seed0: step 5 of 10; 0:05:50 left")
    clock[0] = 100.0
    shown.run_ended(plan.run(1), None)
    assert told.getvalue().endswith("001-a-seed0 done after 0:01:40; 0:05:00 left\n")
    shown.run_started(plan.run(2))
    clock[0] = 300.0
    shown.run_ended(plan.run(2), None)
    # Another seed of the same takes as long as the first did.
    assert told.getvalue().endswith("0:05:00 left\n")


def test_the_times_of_a_run_that_was_stopped_add_up(tmp_path, planned, clock):
    plan = planned(["a"])
    for seconds in (30.0, 12.5):
        told = io.StringIO()
        shown = Progress(tmp_path, plan, set(), told)
        shown.run_started(plan.run(1))
        log_step(tmp_path, plan.run(1), 4)
        clock[0] += seconds
        shown.run_continues(plan.run(1))
        shown.run_stopped(plan.run(1))
    assert json.loads((tmp_path / TIMES).read_text()) == {"001-a-seed0": 42.5}
    assert told.getvalue().startswith("run 1 of 1, 001-a-seed0 resumes after step 4")
    assert told.getvalue().endswith("001-a-seed0 stopped after step 4\n")


def test_a_failure_is_told_and_says_nothing_of_the_time_left(tmp_path, planned, clock):
    plan, told = planned(["a", "b"]), io.StringIO()
    shown = Progress(tmp_path, plan, set(), told)
    shown.run_started(plan.run(1))
    clock[0] = 2.0
    shown.run_ended(plan.run(1), "exit code 1")
    assert "FAILED after 0:00:02: exit code 1\nThe other runs continue." in told.getvalue()
    assert "left" not in told.getvalue() and shown.failed == {"001-a-seed0": "exit code 1"}


def test_the_newest_step_is_that_of_the_last_whole_line(tmp_path):
    assert newest_logged_step(tmp_path) == 0
    lines = [json.dumps({"step": n, "loss": "x" * 300}) for n in range(60)]
    (tmp_path / "metrics.jsonl").write_text("\n".join(lines) + '\n{"step": 7')
    assert newest_logged_step(tmp_path) == 59
    (tmp_path / "metrics.jsonl").write_text("no json\n")
    assert newest_logged_step(tmp_path) == 0
