"""PDF files as volumes: every page is drawn at the resolution of its pictures, in a process of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from mangagan.images.child_limits import start_worker
from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits
from mangagan.images.volume import Member, Volume

# Processor time for opening a file and for each page. A page of 50 megapixels takes about two seconds.
_SECONDS = 8
# Time by the clock, for machines with too much to do. It is also what bounds a process that waits.
_CLOCK_SECONDS = 60
# The picture of a page of 50 megapixels takes 0.7 GB while it is drawn and encoded.
_MEMORY = 1_300_000_000
# A document of such pages is hostile: the rest of it is not tried. A sound book may have some pages that are too much,
# far from each other; with so many in all they cost less than three minutes of the processor.
_MOST_KILLED = 3  # one after the other
_MOST_KILLED_IN_ALL = 20
_STOPPED = "is not drawn: the run was stopped"


@contextmanager
def pdf_volume(file: Path, limits: Limits) -> Iterator[Volume]:
    """Open a PDF as a volume of PNG files, named by the numbers of their pages.

    Raises:
        UnusableFile: The file cannot be read in time or has more pages than `limits` allow, or pypdfium2 is not
            installed.
    """
    if importlib.util.find_spec("pypdfium2") is None:
        raise UnusableFile("reading PDF needs pypdfium2: pip install 'mangagan[pdf]'")
    document = _Document(file)
    try:
        count = document.open()
        if count > limits.members:
            raise UnusableFile(f"has {count} pages, more than the limit of {limits.members}")
        digits = max(3, len(str(count)))
        names = [f"{number + 1:0{digits}}.png" for number in range(count)]
        members = [
            Member(name, partial(document.draw, n, limits.pixels), True, remark=partial(document.remark, n))
            for n, name in enumerate(names)
        ]
        yield Volume(tuple(members), loads_fast=False, abort=document.abort)
    finally:
        document.abort()


@dataclass
class _Document:
    """A PDF and the process that draws its pages, one at a time for all threads."""

    file: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _process: subprocess.Popen[bytes] | None = None
    _killed: int = 0  # since a page was drawn
    _killed_in_all: int = 0
    _aborted: bool = False
    _remarks: dict[int, str] = field(default_factory=dict)

    def open(self) -> int:
        """Return the number of pages. Raises UnusableFile."""
        with self._lock:
            return self._start()

    def draw(self, number: int, pixels: int) -> bytes:
        """Return a page as PNG of at most so many pixels. Raises UnusableFile."""
        with self._lock:
            if self._killed >= _MOST_KILLED or self._killed_in_all >= _MOST_KILLED_IN_ALL:
                count = self._killed_in_all
                raise UnusableFile(f"is not drawn: {count} pages before it took too long or too much memory")
            if self._process is None:
                self._start()
            process = self._running()
            assert process.stdin
            try:
                process.stdin.write(json.dumps([number, pixels]).encode() + b"\n")
                process.stdin.flush()
            except OSError:  # it has just ended; `_answer` says so
                pass
            self._remarks[number] = self._answer(process, "draw").decode()
            picture = self._answer(process, "draw")
            self._killed = 0
            return picture

    def remark(self, number: int) -> str:
        """Return the remark on a page, "" for most and before it is drawn."""
        return self._remarks.get(number, "")

    def abort(self) -> None:
        """End the process, also while another thread waits for it."""
        self._aborted = True
        self._kill()

    def _start(self) -> int:
        arguments = [os.fspath(self.file.resolve()), str(_SECONDS), str(_MEMORY)]
        process = self._running(start_worker("mangagan.images.pdf_worker", arguments))
        return int(self._answer(process, "open"))

    def _running(self, started: subprocess.Popen[bytes] | None = None) -> subprocess.Popen[bytes]:
        """Return the process. Raises UnusableFile after `abort`, which another thread may call at any moment."""
        process = self._process = started or self._process
        if self._aborted:
            self._kill()
        if self._aborted or process is None:
            raise UnusableFile(_STOPPED)
        return process

    def _answer(self, process: subprocess.Popen[bytes], task: str) -> bytes:
        assert process.stdout
        began = time.monotonic()
        clock = threading.Timer(_CLOCK_SECONDS, process.kill)
        clock.start()
        try:
            head = process.stdout.read(9)
            size = int.from_bytes(head[1:], "big")
            data = process.stdout.read(size) if len(head) == 9 else b""
        finally:
            clock.cancel()
        if len(head) < 9 or len(data) < size:
            self._kill()
            if self._aborted:
                raise UnusableFile(_STOPPED)
            self._killed += 1
            self._killed_in_all += 1
            late = time.monotonic() - began >= _CLOCK_SECONDS
            raise UnusableFile(f"takes too long or too much memory to {task}: {_cause(process.wait(), late)}")
        if head[:1] == b"-":
            raise UnusableFile(data.decode("utf-8", "replace"))
        return data

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream and not self._lock.locked():
                    stream.close()


def _cause(code: int, late: bool) -> str:
    """Return why a process ended, by its exit status, without an answer."""
    if late:
        return f"more than {_CLOCK_SECONDS} seconds"
    if code == -getattr(signal, "SIGXCPU", 0):
        return f"more than {_SECONDS} seconds of the processor"
    return f"PDFium ended, most often for want of more than {_MEMORY / 1e9:g} GB"
