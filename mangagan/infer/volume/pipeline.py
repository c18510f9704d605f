"""Three stages, the first and the last of them in threads, with few items under way."""

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
    make: Callable[[Read], Made],
    write: Callable[[Made], Done],
    *,
    workers: int,
    live: int,
) -> Iterator[Done]:
    """What `write(make(read(item)))` gives, in the order of the items, of which at most `live` are under way at once.

    `make` runs in the calling thread. What a stage raises comes out here, once all items that were made before are
    written; nothing more is read or made then.
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
                going.append(pool.submit(write, make(coming.popleft().result())))
            elif going:
                yield going.popleft().result()
            else:
                return
            while going and going[0].done():
                yield going.popleft().result()
    finally:
        # What was made is worth writing, also when the next item fails.
        for unread in coming:
            unread.cancel()
        pool.shutdown(wait=True)
