"""PDF files as volumes: every page is drawn at the resolution of its pictures, in a process of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import threading
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
# A document of such pages is hostile: the rest of it is not tried.
_MOST_KILLED = 3


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
        members = [Member(name, partial(document.draw, n, limits.pixels), True) for n, name in enumerate(names)]
        yield Volume(tuple(members), loads_fast=False, abort=document.abort)
    finally:
        document.abort()


@dataclass
class _Document:
    """A PDF and the process that draws its pages, one at a time for all threads."""

    file: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _process: subprocess.Popen[bytes] | None = None
    _killed: int = 0
    _aborted: bool = False

    def open(self) -> int:
        """Return the number of pages. Raises UnusableFile."""
        with self._lock:
            return self._start()

    def draw(self, number: int, pixels: int) -> bytes:
        """Return a page as PNG of at most so many pixels. Raises UnusableFile."""
        with self._lock:
            if self._killed >= _MOST_KILLED:
                raise UnusableFile(f"is not drawn: {_MOST_KILLED} pages before it took too long or too much memory")
            if self._process is None:
                self._start()
            assert self._process and self._process.stdin
            try:
                self._process.stdin.write(json.dumps([number, pixels]).encode() + b"\n")
                self._process.stdin.flush()
            except OSError:  # it has just ended; `_answer` says so
                pass
            return self._answer()

    def abort(self) -> None:
        """End the process, also while another thread waits for it."""
        self._aborted = True
        self._kill()

    def _start(self) -> int:
        arguments = [os.fspath(self.file.resolve()), str(_SECONDS), str(_MEMORY)]
        self._process = start_worker("mangagan.images.pdf_worker", arguments)
        if self._aborted:
            self._kill()
        return int(self._answer())

    def _answer(self) -> bytes:
        process = self._process
        assert process and process.stdout
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
            self._killed += 1
            raise UnusableFile("takes too long or too much memory to draw")
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
