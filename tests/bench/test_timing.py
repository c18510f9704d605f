"""Functions are timed in turns, in processes of their own, and failures name the process."""

import os
import time
from functools import partial

import pytest

from mangagan.bench.timing import time_in_turns


def test_functions_are_timed_in_turns_in_processes_of_their_own():
    builders = {name: (partial, (time.sleep, seconds)) for name, seconds in (("short", 0.01), ("long", 0.06))}
    times = time_in_turns(builders, rounds=3, warmup=1)
    assert {name: len(seconds) for name, seconds in times.items()} == {"short": 3, "long": 3}
    # Other load makes a call longer, never shorter.
    assert all(seconds >= 0.01 for seconds in times["short"]) and all(seconds >= 0.06 for seconds in times["long"])
    assert min(times["short"]) < min(times["long"])


def test_a_process_that_ends_early_is_named():
    with pytest.raises(RuntimeError, match="'broken'"):
        time_in_turns({"broken": (partial, (os._exit, 3))}, rounds=1, warmup=0)


def test_a_value_error_of_a_builder_is_passed_on():
    with pytest.raises(ValueError, match="invalid literal"):
        time_in_turns({"wrong": (int, ("x",))}, rounds=1, warmup=0)
