"""Children that train nothing: what matters is how they end."""

import io
import os
import signal
import sys
import threading
import time

import pytest

from mangagan.sweep import local
from mangagan.sweep.job import STOPPED
from mangagan.sweep.local import Stopped, run_locally
from mangagan.sweep.sweep_progress import Progress

WAITS = "import sys, time, signal; signal.signal(signal.SIGTERM, lambda *_: sys.exit(3)); print('on', flush=True)\n"
IGNORES = "import time, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True)\ntime.sleep(60)"


@pytest.fixture
def sweep(tmp_path, planned, monkeypatch):
    """Runs children of some Python source by label; gives what the progress said and the failures."""

    def run(**sources):
        plan = planned(list(sources))
        told = io.StringIO()
        progress = Progress(tmp_path, plan, set(), told)
        monkeypatch.setattr(local, "_command", lambda _, run: [sys.executable, "-c", sources[run.label]])
        monkeypatch.setattr(local, "EVERY_SECONDS", 0.05)
        try:
            run_locally(tmp_path, plan.runs, progress)
        except Stopped:
            told.write("STOPPED")
        return told.getvalue(), progress.failed

    return run


def signal_when_on(folder, *numbers):
    """Sends signals to this process once the run's log says that it is on."""

    def watch():
        for number in numbers:
            deadline = time.monotonic() + 20
            log = folder / "logs" / "001-waits-seed0.log"
            while time.monotonic() < deadline and not (log.is_file() and "on" in log.read_text()):
                time.sleep(0.02)
            time.sleep(0.2)
            os.kill(os.getpid(), number)

    threading.Thread(target=watch, daemon=True).start()


def test_a_run_that_fails_is_told_with_the_end_of_its_log_and_the_rest_goes_on(sweep, tmp_path):
    told, failed = sweep(
        fails="print(*range(40), sep='\\n'); raise SystemExit('error: no such pages')",
        dies="import os; print('last words', flush=True); os.kill(os.getpid(), 9)",
        works="print('fine')",
    )
    assert list(failed) == ["001-fails-seed0", "002-dies-seed0"]
    assert "exit code 1" in failed["001-fails-seed0"] and "error: no such pages" in failed["001-fails-seed0"]
    assert "\n39\n" in failed["001-fails-seed0"] and "\n5\n" not in failed["001-fails-seed0"]
    assert "killed by SIGKILL (the system kills what takes all memory)" in failed["002-dies-seed0"]
    assert "last words" in failed["002-dies-seed0"]
    assert "run 3 of 3, 003-works-seed0 done" in told
    assert (tmp_path / "logs" / "003-works-seed0.log").read_text() == "fine\n"


def test_a_log_keeps_what_earlier_calls_wrote(sweep, tmp_path):
    sweep(works="print('first')")
    sweep(works="print('second')")
    assert (tmp_path / "logs" / "001-works-seed0.log").read_text() == "first\nsecond\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_run_under_way_and_the_sweep(sweep, tmp_path, number):
    signal_when_on(tmp_path, number)
    told, failed = sweep(waits=WAITS + "time.sleep(60)", rest="print('never')")
    assert told.endswith("STOPPED") and failed == {}
    assert "001-waits-seed0 stopped" in told and "rest" not in told
    assert signal.getsignal(number) is not None and "_signals" not in repr(signal.getsignal(number))


def test_a_second_signal_kills_what_does_not_stop(sweep, tmp_path):
    signal_when_on(tmp_path, signal.SIGTERM, signal.SIGTERM)
    start = time.monotonic()
    assert sweep(waits=IGNORES)[0].endswith("STOPPED")
    assert time.monotonic() - start < 30


def test_a_run_that_was_stopped_from_outside_does_not_stop_the_rest(sweep):
    told, failed = sweep(stops=f"raise SystemExit({STOPPED})", rest="")
    assert list(failed) == ["001-stops-seed0"] and "the same command resumes it" in failed["001-stops-seed0"]
    assert "run 2 of 2, 002-rest-seed0 done" in told and "STOPPED" not in told


def test_a_child_sees_when_the_sweep_is_gone(tmp_path, planned, monkeypatch):
    source = "from mangagan.sweep.parent import stop_with_parent; stop_with_parent()\n"
    monkeypatch.setattr(local, "_command", lambda *_: [sys.executable, "-c", source + WAITS + "time.sleep(60)"])
    child = local._start(tmp_path, planned(["waits"]).run(1))
    log, deadline = tmp_path / "logs" / "001-waits-seed0.log", time.monotonic() + 20
    while "on" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert child.poll() is None
    child.stdin.close()
    # It is stopped as SIGTERM stops it, which it has caught.
    assert child.wait(20) == 3
