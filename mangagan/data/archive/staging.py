"""The first stage of a build, which resumes: every page of a source is read, proved and written aside."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from mangagan.data.sources.entries import Entry
from mangagan.images.atomic import write_aside
from mangagan.images.decode import Unusable

# What takes longer than this is worth the start of worker processes.
_ALONE_SECONDS = 1.0


def stage(entries: Sequence[Entry], folder: Path, *, progress: bool) -> None:
    """Writes each entry's pictures and a note of them into a folder; entries that are already there are left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    there = {path.name for path in folder.iterdir()}
    todo = [(number, entry) for number, entry in enumerate(entries) if f"{number:07}.json" not in there]
    bar = tqdm(total=len(entries), initial=len(entries) - len(todo), desc="pages", disable=not progress)
    with bar:
        for _ in _each(partial(_stage_one, folder), todo):
            bar.update()


def staged(folder: Path, count: int) -> list[dict[str, Any]]:
    """The notes of all staged entries in order: name, work, split, size; or name and the reason why it was skipped."""
    return [json.loads((folder / f"{number:07}.json").read_text()) for number in range(count)]


def staged_bytes(folder: Path, number: int) -> tuple[bytes, bytes]:
    """The colour and the black-and-white picture of a staged entry."""
    color, bw = ((folder / f"{number:07}.{kind}").read_bytes() for kind in ("color", "bw"))
    return color, bw


def exit_with_parent() -> None:
    """Ends this worker process as soon as the process that started it is gone, however that one ended."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _each(function: partial[None], todo: list[tuple[int, Entry]]) -> Iterator[None]:
    """Calls the function for each entry, at first in this process, then in as many as there are processors."""
    start = time.monotonic()
    for n, numbered in enumerate(todo):
        if time.monotonic() - start >= _ALONE_SECONDS:
            yield from _in_processes(function, todo[n:])
            return
        yield function(numbered)


def _in_processes(function: partial[None], todo: list[tuple[int, Entry]]) -> Iterator[None]:
    processes = min(os.cpu_count() or 1, len(todo))
    share = max(1, min(16, len(todo) // (4 * processes)))
    # Pages of one work together: a process that composes comics keeps the drawings of a cast.
    by_work = sorted(todo, key=lambda numbered: numbered[1].label.work)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=exit_with_parent) as pool:
        try:
            yield from pool.map(function, by_work, chunksize=share)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _stage_one(folder: Path, numbered: tuple[int, Entry]) -> None:
    number, entry = numbered
    try:
        pictures = entry.load()
    except Unusable as reason:
        note = asdict(entry.label) | {"skipped": str(reason)}
    else:
        note = asdict(pictures.label or entry.label) | {"size": pictures.size}
        for kind, data in (("color", pictures.color), ("bw", pictures.bw)):
            write_aside(folder / f"{number:07}.{kind}", data)
    # Last: this file says that the page is complete.
    write_aside(folder / f"{number:07}.json", json.dumps(note).encode())
