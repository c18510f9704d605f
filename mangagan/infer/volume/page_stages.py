"""The stages of one page: it is read, processed, and written to its place.

What happens to a page is decided by a `VolumeProcessor`: a colouriser or a restorer, with the guidance for one volume.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, ClassVar, Literal, Protocol

import numpy as np

from mangagan.images.encode import Quality
from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits
from mangagan.images.names import format_of, picture_name
from mangagan.images.picture import Pixels
from mangagan.images.volume import Member, Volume
from mangagan.infer.volume.journal import Note, OutOfSpace
from mangagan.infer.volume.report import PageOutcome, PageReport
from mangagan.infer.volume.sinks import Sink

# Why a result that exists is reported though it is kept.
OUTDATED = "its source is newer than the result that exists; --overwrite replaces that"


@dataclass(frozen=True)
class PageInput:
    """A decoded page: its volume's title, its name there, and its pixels, which are read-only.

    `envelope` is what its file has beside the pixels, as the processor's `decode` returned it.
    """

    volume: str
    name: str
    pixels: Pixels
    envelope: Any = None


@dataclass(frozen=True)
class Keep:
    """The result for a page that is to be copied byte for byte, and why."""

    reason: str


class VolumeProcessor(Protocol):
    """Processes the pages of one volume; `decode`, `encode` and `identity` are called from several threads."""

    def decode(self, data: bytes, limits: Limits, quality: Quality) -> tuple[Pixels, Any]:
        """Return a page's pixels and its envelope. Raises UnusableFile for a page that is copied instead."""

    def process(self, page: PageInput) -> Pixels | Keep:
        """Return the new pixels of a page; an exception marks the page as failed."""

    def encode(self, pixels: Pixels, envelope: Any) -> bytes:
        """Return the file of a page with new pixels."""

    def identity(self, page: str) -> str:
        """Return all that decides the result for a page of this name, beside its own bytes.

        That is the program, the network, the options and the guidance: a page that was finished under another identity
        is done again.
        """


class Processor(Protocol):
    """Processes volumes: a `Colorizer`, `Denoiser` or `Inpainter` with its guidance."""

    # What its results are called in messages, such as "coloured".
    participle: ClassVar[str]
    # Whether results are in colour, which ComicInfo.xml then says.
    colors: ClassVar[bool]

    def begin_volume(self, title: str, volume: Volume) -> VolumeProcessor:
        """Return the processor of one open volume."""


@dataclass(frozen=True)
class PageInProgress:
    """A page between its stages, and the seconds spent on it so far."""

    member: Member
    name: str
    key: str
    data: bytes
    pixels: Pixels
    envelope: Any
    seconds: float
    kept: str | None = None


@dataclass(frozen=True)
class FinishedPage:
    """A page at its end; where it is in the sink, with its name, key and size there."""

    member: Member
    outcome: PageOutcome
    reason: str = ""
    seconds: float = 0.0
    name: str = ""
    key: str = ""
    bytes: int = 0
    is_new: bool = True
    remark: str = ""

    @property
    def report(self) -> PageReport:
        """The page as the report lists it."""
        return PageReport(self.member.name, self.outcome, self.reason, round(self.seconds, 3), self.remark)


@dataclass(frozen=True)
class Stages:
    """The stages for the pages of one volume. A fault finishes the page; only OutOfSpace is raised, by `write`."""

    volume: str
    names: frozenset[str]  # of all files in the volume
    sink: Sink
    processor: VolumeProcessor
    limits: Limits
    quality: Quality

    def read(self, member: Member) -> PageInProgress | FinishedPage:
        """Load and decode a page, unless it is finished already."""
        start = time.monotonic()
        name = picture_name(member.name, self.names, self.quality.format)
        try:
            data = member.load()
            key = self._key(member.name, data)
            note = self.sink.finished(key)
            # The same page may have another name by now: that of a GIF depends on the other pages.
            if note and note.name in (name, member.name):
                return _finished(member, key, note, is_new=False)
            for taken in dict.fromkeys((name, member.name)):
                if self.sink.has(taken):
                    return self._existing(member, taken)
            pixels, envelope = self.processor.decode(data, self.limits, self.quality)
        except UnusableFile as reason:
            return FinishedPage(member, "copied", str(reason), time.monotonic() - start)
        except Exception as error:  # `identity` may read files, too
            return FinishedPage(member, "failed", error_text(error), time.monotonic() - start)
        return PageInProgress(member, name, key, data, pixels, envelope, time.monotonic() - start)

    def process(self, page: PageInProgress | FinishedPage) -> PageInProgress | FinishedPage:
        """Compute a page's new pixels."""
        if isinstance(page, FinishedPage):
            return page
        start = time.monotonic()
        try:
            made = self.processor.process(PageInput(self.volume, page.member.name, page.pixels, page.envelope))
            if isinstance(made, Keep):
                # A page that is kept is copied byte for byte, unless another format was asked for.
                name = page.name if self._converts(page.member.name) else page.member.name
                return replace(page, name=name, kept=made.reason)
            _check_fits(made, page.pixels)
        # The page itself was decoded: what it lacks, such as a mask, may be there the next time.
        except Exception as error:
            return FinishedPage(page.member, "failed", error_text(error), page.seconds + time.monotonic() - start)
        return replace(page, pixels=made, seconds=page.seconds + time.monotonic() - start)

    def write(self, page: PageInProgress | FinishedPage) -> FinishedPage:
        """Encode a page and give it to the sink."""
        if isinstance(page, FinishedPage):
            return page
        start = time.monotonic()
        kept = page.kept is not None
        try:
            as_it_is = kept and not self._converts(page.member.name)
            data = page.data if as_it_is else self.processor.encode(page.pixels, page.envelope)
            seconds = page.seconds + time.monotonic() - start
            outcome: Literal["done", "kept"] = "kept" if kept else "done"
            digest, remark = sha256(data).hexdigest(), page.member.remark()
            note = Note(page.name, outcome, page.kept or "", seconds, len(data), digest, remark)
            self.sink.keep(page.key, data, note)
        except OutOfSpace:
            raise
        except Exception as error:
            return FinishedPage(page.member, "failed", error_text(error), page.seconds + time.monotonic() - start)
        return _finished(page.member, page.key, note)

    def _existing(self, member: Member, name: str) -> FinishedPage:
        if member.modified is not None and self.sink.is_older(name, member.modified):
            return FinishedPage(member, "outdated", OUTDATED, is_new=False)
        return FinishedPage(member, "exists", "it is not overwritten", is_new=False)

    def _converts(self, name: str) -> bool:
        return self.quality.format not in (None, format_of(name))

    def _key(self, name: str, data: bytes) -> str:
        decides = (name, sha256(data).hexdigest(), self.processor.identity(name), self.quality)
        return sha256(repr(decides).encode()).hexdigest()


def _finished(member: Member, key: str, note: Note, *, is_new: bool = True) -> FinishedPage:
    where = note.name, key, note.bytes
    return FinishedPage(member, note.outcome, note.reason, note.seconds, *where, is_new, note.remark)


def _check_fits(made: Pixels, pixels: Pixels) -> None:
    if made.shape != pixels.shape or made.dtype != np.uint8:
        raise ValueError(f"{made.dtype} colours {list(made.shape)} do not fit a page {list(pixels.shape)}")


def error_text(error: Exception) -> str:
    """Return an error's message, with its class unless the message was written for people."""
    if isinstance(error, UnusableFile):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
