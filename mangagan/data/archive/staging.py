"""The first stage of a build, which can be resumed: read, check and store every page of a source."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from tqdm import tqdm

from mangagan.data.sources.entries import Entry
from mangagan.images.atomic import write_atomically
from mangagan.images.errors import UnusableFile

# Builds that take longer than this start worker processes.
_ALONE_SECONDS = 1.0
_FORMS = ("color", "bw")


def stage(entries: Sequence[Entry], folder: Path, *, progress: bool) -> None:
    """Write the pictures of each entry and a note about them to a folder; staged entries are not read again."""
    folder.mkdir(parents=True, exist_ok=True)
    existing = {path.name for path in folder.iterdir()}
    # A power cut may have left notes or pictures that are empty or cut.
    done = {number for number in range(len(entries)) if _note(number) in existing and _is_whole(folder, number)}
    todo = [(number, entry) for number, entry in enumerate(entries) if number not in done]
    bar = tqdm(total=len(entries), initial=len(entries) - len(todo), desc="pages", disable=not progress)
    with bar:
        for _ in _each(partial(_stage_one, folder), todo):
            bar.update()


def staged(folder: Path, count: int) -> list[dict[str, Any]]:
    """Return the notes of all staged entries in order.

    A note has the name, the work, the split, the size and the SHA-256 of each form, None for a missing one; or the name
    and the reason for skipping.
    """
    return [json.loads((folder / _note(number)).read_text()) for number in range(count)]


def staged_bytes(folder: Path, number: int) -> tuple[bytes, bytes]:
    """Return the bytes of the coloured and of the black-and-white form of a staged entry."""
    color, bw = ((folder / _picture(number, form)).read_bytes() for form in _FORMS)
    return color, bw


def _is_whole(folder: Path, number: int) -> bool:
    try:
        note = json.loads((folder / _note(number)).read_text())
        return "skipped" in note or [note[form] for form in _FORMS] == _digests(staged_bytes(folder, number))
    except (OSError, ValueError, TypeError, KeyError):
        return False


def _digests(forms: Sequence[bytes]) -> list[str | None]:
    return [sha256(data).hexdigest() if data else None for data in forms]


def _note(number: int) -> str:
    return f"{number:07}.json"


def _picture(number: int, form: str) -> str:
    # Hidden, so that they are no pages of a source in whose folder somebody keeps archives.
    return f".{number:07}.{form}"


def exit_with_parent() -> None:
    """End this worker process as soon as its parent process is gone, even if that was killed."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        # `sys.exit` would end this thread alone.
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _each(function: partial[None], todo: list[tuple[int, Entry]]) -> Iterator[None]:
    """Call the function for each entry, first in this process; after a while in as many processes as there are CPUs."""
    start = time.monotonic()
    for n, numbered in enumerate(todo):
        if time.monotonic() - start >= _ALONE_SECONDS:
            yield from _in_processes(function, todo[n:])
            return
        yield function(numbered)


def _in_processes(function: partial[None], todo: list[tuple[int, Entry]]) -> Iterator[None]:
    processes = min(os.cpu_count() or 1, len(todo))
    # Chunks small enough that all processes finish at about the same time.
    share = max(1, min(16, len(todo) // (4 * processes)))
    # Pages of one work together: a process that composes comics caches the drawings of the characters.
    by_work = sorted(todo, key=lambda numbered: numbered[1].label.work)
    # A forked process could inherit a lock that a thread of this process holds.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=exit_with_parent) as pool:
        try:
            yield from pool.map(function, by_work, chunksize=share)
        except BrokenProcessPool as error:
            raise ValueError(
                "a process that reads pages was killed, perhaps for want of memory; the same command continues"
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _stage_one(folder: Path, numbered: tuple[int, Entry]) -> None:
    number, entry = numbered
    try:
        pictures = entry.load()
    except UnusableFile as reason:
        note = asdict(entry.label) | {"skipped": str(reason)}
    except MemoryError:
        note = asdict(entry.label) | {"skipped": "needs more memory than there is"}
    else:
        forms = (pictures.color, pictures.bw)
        digests = dict(zip(_FORMS, _digests(forms), strict=True))
        note = asdict(pictures.label or entry.label) | {"size": pictures.size} | digests
        for form, data in zip(_FORMS, forms, strict=True):
            write_atomically(folder / _picture(number, form), data)
    # Written last, because the note marks the entry as complete.
    write_atomically(folder / _note(number), json.dumps(note).encode())
