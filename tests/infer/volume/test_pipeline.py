from __future__ import annotations

import threading
import time

import pytest

from mangagan.infer.volume.pipeline import flow

WAYS = {"workers": 2, "live": 4}


def slow(value):
    time.sleep(0.002 * (value % 3))
    return value


def test_order_is_kept_and_the_middle_runs_here():
    threads = set()

    def make(value):
        threads.add(threading.current_thread())
        return value * 10

    assert list(flow(range(50), slow, make, slow, **WAYS)) == [10 * n for n in range(50)]
    assert threads == {threading.current_thread()}
    assert list(flow([], slow, make, slow, **WAYS)) == []


@pytest.mark.parametrize("slow_stage", [0, 1, 2])
def test_few_items_are_under_way(slow_stage):
    lock, live, most = threading.Lock(), 0, 0
    pause = [0.0, 0.0, 0.0]
    pause[slow_stage] = 0.003

    def read(value):
        nonlocal live, most
        with lock:
            live += 1
            most = max(most, live)
        time.sleep(pause[0])
        return value

    def make(value):
        time.sleep(pause[1])
        return value

    def write(value):
        nonlocal live
        time.sleep(pause[2])
        with lock:
            live -= 1

    assert len(list(flow(iter(range(60)), read, make, write, **WAYS))) == 60
    assert live == 0 and most <= 4


def test_stages_overlap():
    def work(value):
        time.sleep(0.02)
        return value

    start = time.monotonic()
    list(flow(range(20), work, work, work, **WAYS))
    assert time.monotonic() - start < 20 * 0.06 * 0.8


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_what_a_stage_raises_comes_out(stage):
    def fail(value):
        if value == 5:
            raise KeyError(value)
        return value

    written = []

    def write(value):
        written.append(slow(fail(value) if stage == 2 else value))
        return value

    done = []
    with pytest.raises(KeyError):
        for value in flow(range(20), fail if stage == 0 else slow, fail if stage == 1 else slow, write, **WAYS):
            done.append(value)
    assert done == list(range(len(done))) and len(done) <= 5
    assert set(range(5)) <= set(written) and 5 not in written
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("pages")]
