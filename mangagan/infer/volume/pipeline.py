"""A pipeline of three stages; the first and the last run in threads, and few items are in progress at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Read = TypeVar("Read")
Made = TypeVar("Made")
Done = TypeVar("Done")


def flow(
    items: Iterable[Item],
    read: Callable[[Item], Read],
    process: Callable[[Read], Made],
    write: Callable[[Made], Done],
    *,
    workers: int,
    live: int,
    abort: Callable[[], None] = lambda: None,
) -> Iterator[Done]:
    """Yield `write(process(read(item)))` in the order of the items.

    `process` runs in the calling thread. If a stage raises, the error is raised here once all processed items are
    written, and nothing more is read or processed.

    Args:
        items: The items.
        read: The first stage, run in threads.
        process: The second stage.
        write: The last stage, run in threads.
        workers: The number of threads.
        live: The most items that are in progress at once.
        abort: Called at Ctrl-C: it ends reads that are under way.
    """
    source = iter(items)
    coming: deque[Future[Read]] = deque()
    going: deque[Future[Done]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="pages")
    try:
        while True:
            for item in islice(source, live - len(coming) - len(going)):
                coming.append(pool.submit(read, item))
            if coming:
                going.append(pool.submit(write, process(coming.popleft().result())))
            elif going:
                yield going.popleft().result()
            else:
                return
            while going and going[0].done():
                yield going.popleft().result()
    except KeyboardInterrupt:
        abort()
        raise
    finally:
        # What was processed is worth writing, even if the next item fails.
        for unread in coming:
            unread.cancel()
        pool.shutdown(wait=True)
