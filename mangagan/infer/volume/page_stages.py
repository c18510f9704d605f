"""What happens to one page: it is read, coloured, and written to where it stays."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal, TypeAlias

import numpy as np

from mangagan.images.decode import Unusable
from mangagan.images.encode import Quality
from mangagan.images.limits import Limits
from mangagan.images.names import picture_name
from mangagan.images.open_volume import Member, Volume
from mangagan.images.page_file import Envelope, read_page, write_page
from mangagan.images.picture import Pixels
from mangagan.infer.volume.journal import Note, OutOfSpace
from mangagan.infer.volume.report import PageOutcome, PageReport
from mangagan.infer.volume.sinks import Sink


@dataclass(frozen=True)
class Page:
    """A page to colour: sRGB, upright, over white, read-only; and where it stands."""

    volume: str
    name: str
    pixels: Pixels


@dataclass(frozen=True)
class Keep:
    """What is returned for a page that is to be copied byte for byte."""

    reason: str


Color: TypeAlias = Callable[[Page], Pixels | Keep]
# Of a page's name: all that decides its colours beside its own bytes: program, network, options, hints, palette.
Identity: TypeAlias = Callable[[str], str]


@dataclass(frozen=True)
class Colors:
    """How the pages of one volume are coloured, and what tells that from other ways."""

    color: Color
    identity: Identity


# Of the title and the files of a volume that is open.
Begin: TypeAlias = Callable[[str, Volume], Colors]


@dataclass(frozen=True)
class Open:
    """A page under way, and the seconds spent on it so far."""

    member: Member
    name: str
    key: str
    data: bytes
    pixels: Pixels
    envelope: Envelope
    seconds: float
    kept: str | None = None


@dataclass(frozen=True)
class Closed:
    """A page at its end; where it is in the sink, with its name, key and size there."""

    member: Member
    outcome: PageOutcome
    reason: str = ""
    seconds: float = 0.0
    name: str = ""
    key: str = ""
    bytes: int = 0
    is_new: bool = True

    @property
    def report(self) -> PageReport:
        return PageReport(self.member.name, self.outcome, self.reason, round(self.seconds, 3))


@dataclass(frozen=True)
class Stages:
    """The stages for the pages of one volume. Faults close a page; only OutOfSpace is raised, by `write`."""

    volume: str
    names: frozenset[str]  # of all files in the volume
    sink: Sink
    colors: Colors
    limits: Limits
    quality: Quality

    def read(self, member: Member) -> Open | Closed:
        start = time.monotonic()
        name = picture_name(member.name, self.names)
        try:
            data = member.load()
            key = self._key(member.name, data)
            note = self.sink.finished(key)
            # The same page may have another name by now: that of a GIF depends on the other pages.
            if note and note.name in (name, member.name):
                return Closed(member, note.outcome, note.reason, note.seconds, note.name, key, note.bytes, False)
            if any(self.sink.has(taken) for taken in {name, member.name}):
                return Closed(member, "exists", "it is not overwritten", is_new=False)
            pixels, envelope = read_page(data, self.limits, self.quality)
        except Unusable as reason:
            return Closed(member, "copied", str(reason), time.monotonic() - start)
        except Exception as error:  # what tells the page's identity may read files, too
            return Closed(member, "failed", said(error), time.monotonic() - start)
        return Open(member, name, key, data, pixels, envelope, time.monotonic() - start)

    def make(self, page: Open | Closed) -> Open | Closed:
        if isinstance(page, Closed):
            return page
        start = time.monotonic()
        try:
            made = self.colors.color(Page(self.volume, page.member.name, page.pixels))
            if isinstance(made, Keep):
                return replace(page, name=page.member.name, kept=made.reason)
            if made.shape != page.pixels.shape or made.dtype != np.uint8:
                raise ValueError(f"{made.dtype} colours {list(made.shape)} do not fit a page {list(page.pixels.shape)}")
        except Exception as error:
            return Closed(page.member, "failed", said(error), page.seconds + time.monotonic() - start)
        return replace(page, pixels=made, seconds=page.seconds + time.monotonic() - start)

    def write(self, page: Open | Closed) -> Closed:
        if isinstance(page, Closed):
            return page
        start = time.monotonic()
        kept = page.kept is not None
        try:
            data = page.data if kept else write_page(page.pixels, page.envelope)
            seconds = page.seconds + time.monotonic() - start
            outcome: Literal["done", "kept"] = "kept" if kept else "done"
            note = Note(page.name, outcome, page.kept or "", seconds, len(data), sha256(data).hexdigest())
            self.sink.keep(page.key, data, note)
        except OutOfSpace:
            raise
        except Exception as error:
            return Closed(page.member, "failed", said(error), page.seconds + time.monotonic() - start)
        return Closed(page.member, note.outcome, note.reason, seconds, note.name, page.key, note.bytes)

    def _key(self, name: str, data: bytes) -> str:
        decides = (name, sha256(data).hexdigest(), self.colors.identity(name), self.quality)
        return sha256(repr(decides).encode()).hexdigest()


def said(error: Exception) -> str:
    """What a fault says of itself, with its kind."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
