"""The report of a run: the outcome of every page, for people and as JSON."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

from mangagan.images.atomic import write_atomically
from mangagan.images.names import printable

PageOutcome = Literal[
    "done",  # processed: coloured or restored
    "kept",  # copied, because it needs nothing: it is in colour already
    "exists",  # a file of its name existed and was not overwritten
    "outdated",  # the same, and its source has changed since
    "copied",  # copied, because it cannot be read
    "failed",  # not processed, for a reason that may be gone the next time
    "left out",  # not in the output
]
VolumeOutcome = Literal["done", "exists", "outdated", "failed", "stopped"]
_NAMES_SHOWN = 12
_REMARKS_SHOWN = 12  # of a volume: its pages may all have different sizes
FAULTS: tuple[PageOutcome, ...] = ("copied", "failed", "left out", "outdated")


@dataclass(frozen=True)
class PageReport:
    """The outcome of one page, or of another file that had to be left out; `seconds` were spent on it.

    A page that is as it should be may have a remark: that of a PDF may have been drawn smaller than its pictures.
    """

    name: str
    outcome: PageOutcome
    reason: str = ""
    seconds: float = 0.0
    remark: str = ""

    def line(self, title: str) -> str:
        """Return one line about the page, for a volume of this title."""
        return f"{printable(title)}: {printable(self.name)}: {self.outcome}: {printable(self.reason)}"


@dataclass
class VolumeReport:
    """One volume: `done` may have faulty pages, `stopped` is resumed by the same command."""

    title: str
    output: str
    outcome: VolumeOutcome = "stopped"
    reason: str = ""
    seconds: float = 0.0
    first_page: float | None = None  # seconds from the start of the run to the first finished page
    pages: list[PageReport] = field(default_factory=list)
    others: list[str] = field(default_factory=list)  # files beside the pages, which were copied

    @property
    def counts(self) -> Counter[PageOutcome]:
        """The number of pages by outcome."""
        return Counter(page.outcome for page in self.pages)

    @property
    def is_faulty(self) -> bool:
        """Whether the volume, or one of its pages, is not as it should be."""
        return self.outcome in ("failed", "stopped", "outdated") or any(page.outcome in FAULTS for page in self.pages)

    def leave_out_copies(self) -> None:
        """Note that pages that would have been copied are missing, because the volume was not written."""
        self.pages = [replace(page, outcome="left out") if page.outcome == "copied" else page for page in self.pages]

    def leave_out(self, name: str, reason: str) -> None:
        """Note that a file is missing in the output, whatever its outcome was before."""
        self.pages = [page for page in self.pages if page.name != name] + [PageReport(name, "left out", reason)]


@dataclass
class Report:
    """All volumes of a run, in order; `began` is the start of the run by `time.monotonic`."""

    began: float
    volumes: list[VolumeReport] = field(default_factory=list)
    stopped: str = ""  # why the run ended early
    interrupted: bool = False

    @property
    def clock(self) -> float:
        """Seconds since the run began, to the millisecond."""
        return round(time.monotonic() - self.began, 3)

    @property
    def exit_code(self) -> int:
        """0: all is well; 1: some pages or volumes are not as they should be; 130: interrupted by Ctrl-C."""
        if self.interrupted:
            return 130
        return int(bool(self.stopped) or any(volume.is_faulty for volume in self.volumes))

    def lines(self) -> Iterator[str]:
        """Yield a summary: one line for each volume, and one for each fault."""
        for volume in self.volumes:
            counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(volume.counts.items()))
            why = f" ({printable(volume.reason)})" if volume.reason else ""
            where = f" -> {printable(volume.output)}" if volume.outcome in ("done", "exists", "outdated") else ""
            others = f"; other files copied: {len(volume.others)}" if volume.others else ""
            yield f"{printable(volume.title)}: {volume.outcome}{why}{where}; pages: {counts or 'none'}{others}"
            yield from (f"  {page.line(volume.title)}" for page in volume.pages if page.outcome in FAULTS)
            yield from _kept(volume)
            yield from _remarks(volume)
        if self.stopped:
            yield self.stopped

    def write(self, file: Path) -> None:
        """Write the report as JSON."""
        content = {
            "exit_code": self.exit_code,
            "stopped": self.stopped,
            "seconds": self.clock,
            "first_page": next((volume.first_page for volume in self.volumes if volume.first_page), None),
            "peak_memory": peak_memory(),
            "volumes": [asdict(volume) | {"counts": volume.counts} for volume in self.volumes],
        }
        write_atomically(file, (json.dumps(content, indent=1) + "\n").encode())


def _kept(volume: VolumeReport) -> Iterator[str]:
    """Yield a line for each reason why pages were kept, with their names."""
    for reason, names in _grouped((page.reason, page.name) for page in volume.pages if page.outcome == "kept"):
        yield f"  {printable(volume.title)}: kept ({reason}): {names}"


def _remarks(volume: VolumeReport) -> Iterator[str]:
    """Yield a line for each of the first remarks on pages, with their names."""
    groups = _grouped((page.remark, page.name) for page in volume.pages if page.remark)
    for remark, names in groups[:_REMARKS_SHOWN]:
        yield f"  {printable(volume.title)}: {names}: {remark}"
    if len(groups) > _REMARKS_SHOWN:
        yield f"  {printable(volume.title)}: {len(groups) - _REMARKS_SHOWN} more remarks: --report=FILE lists them"


def _grouped(told: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return each text of pairs of text and name once, in order, with the first names that it belongs to."""
    by_text: dict[str, list[str]] = {}
    for text, name in told:
        by_text.setdefault(printable(text), []).append(printable(name))
    return [(text, _first(names)) for text, names in by_text.items()]


def _first(names: list[str]) -> str:
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more


def peak_memory() -> int | None:
    """Return the peak memory of this process in bytes; None if the system does not tell (Windows)."""
    try:
        import resource
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
