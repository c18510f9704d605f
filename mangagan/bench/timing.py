"""Time several implementations of one function in turns, each in a process of its own.

Absolute times drift with the other load of a machine. Taking turns spreads this drift over all implementations, so
that the ratios between them stay valid.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection

TimedFunction = Callable[[], object]
Builder = Callable[..., TimedFunction]


def time_in_turns(builders: Mapping[str, tuple[Builder, tuple]], rounds: int, warmup: int) -> dict[str, list[float]]:
    """Return the seconds of `rounds` calls of each function, called one after the other in turns.

    Args:
        builders: For each name a builder and its arguments. The builder is called in a new process and returns the
            function to time, which must return only when all the work it started is done.
        rounds: The number of timed calls of each function.
        warmup: The number of calls of each function before these, which are not counted (compilation, caches).

    Raises:
        ValueError: A builder raised it; it is passed on unchanged.
        RuntimeError: A process ended early; the message has its name.
    """
    # A forked process would inherit the state of an accelerator's driver, which does not survive a fork.
    context = multiprocessing.get_context("spawn")
    connections, processes = {}, []
    for name, (builder, arguments) in builders.items():
        connections[name], remote = context.Pipe()
        processes.append(context.Process(target=_serve, args=(remote, builder, arguments), daemon=True))
        processes[-1].start()
        # With our copy closed, `recv` fails when the process ends, instead of waiting forever.
        remote.close()
    times: dict[str, list[float]] = {name: [] for name in builders}
    try:
        for turn in range(warmup + rounds):
            for name, connection in connections.items():
                seconds = _time_once(name, connection)
                if turn >= warmup:
                    times[name].append(seconds)
    finally:
        for process in processes:
            process.terminate()
            process.join()
    return times


def _time_once(name: str, connection: Connection) -> float:
    try:
        connection.send("go")
        answer = connection.recv()
    except (EOFError, ConnectionError) as error:
        raise RuntimeError(f"the process that times {name!r} ended early; see its own message above") from error
    if isinstance(answer, ValueError):
        raise answer
    return answer


def _serve(connection: Connection, builder: Builder, arguments: tuple) -> None:
    # Two frameworks may share one accelerator: JAX must not reserve most of its memory at the start.
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    try:
        function = builder(*arguments)
    except ValueError as error:
        # Sent as the answer to the first turn, so that the main process raises it.
        connection.recv()
        connection.send(error)
        return
    while connection.recv():
        start = time.perf_counter()
        function()
        connection.send(time.perf_counter() - start)
