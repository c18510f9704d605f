import os
import time
from functools import partial

import pytest

from mangagan.bench.interleave import take_turns


def test_work_takes_turns_in_processes_of_its_own():
    work = {name: (partial, (time.sleep, seconds)) for name, seconds in (("short", 0.01), ("long", 0.06))}
    times = take_turns(work, rounds=3, warmup=1)
    assert {name: len(seconds) for name, seconds in times.items()} == {"short": 3, "long": 3}
    # A busy machine makes work longer, never shorter.
    assert all(seconds >= 0.01 for seconds in times["short"]) and all(seconds >= 0.06 for seconds in times["long"])
    assert min(times["short"]) < min(times["long"])


def test_a_process_that_dies_is_named():
    with pytest.raises(RuntimeError, match="'broken'"):
        take_turns({"broken": (partial, (os._exit, 3))}, rounds=1, warmup=0)


def test_a_mistake_in_what_was_asked_comes_back_as_it_is():
    with pytest.raises(ValueError, match="invalid literal"):
        take_turns({"wrong": (int, ("x",))}, rounds=1, warmup=0)
