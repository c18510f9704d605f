"""Timing several implementations of one thing in turn, each in a process of its own.

Absolute times drift with whatever else a machine does; taking turns lets the drift hit all alike, so that ratios hold.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection

Work = Callable[[], object]
Build = Callable[..., Work]


def take_turns(builds: Mapping[str, tuple[Build, tuple]], rounds: int, warmup: int) -> dict[str, list[float]]:
    """Seconds of `rounds` timed calls of each piece of work, one call of each in turn.

    A build function is called in a fresh process with its arguments and answers with the work: a function that returns
    when all it started is done. `warmup` calls of each come first and do not count. Raises the ValueError that a build
    function raises, and RuntimeError with the name of one whose process ends early.
    """
    context = multiprocessing.get_context("spawn")
    ends, processes = {}, []
    for name, (build, arguments) in builds.items():
        ends[name], theirs = context.Pipe()
        processes.append(context.Process(target=_serve, args=(theirs, build, arguments), daemon=True))
        processes[-1].start()
        theirs.close()
    times: dict[str, list[float]] = {name: [] for name in builds}
    try:
        for turn in range(warmup + rounds):
            for name, end in ends.items():
                seconds = _one_turn(name, end)
                if turn >= warmup:
                    times[name].append(seconds)
    finally:
        for process in processes:
            process.terminate()
            process.join()
    return times


def _one_turn(name: str, end: Connection) -> float:
    try:
        end.send("go")
        answer = end.recv()
    except (EOFError, ConnectionError) as error:
        raise RuntimeError(f"the process that times {name!r} ended early; its own message stands above") from error
    if isinstance(answer, ValueError):
        raise answer
    return answer


def _serve(end: Connection, build: Build, arguments: tuple) -> None:
    # Two frameworks may share an accelerator: neither takes all of its memory at the start.
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    try:
        work = build(*arguments)
    except ValueError as error:
        end.recv()
        end.send(error)
        return
    while end.recv():
        start = time.perf_counter()
        work()
        end.send(time.perf_counter() - start)
