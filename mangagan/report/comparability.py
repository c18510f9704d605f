"""Whether evaluated runs can be compared: different runs, of one task, by one protocol on the same pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from mangagan.evaluate.result import Result, protocol_differences

# The length to which a line about two protocols is cut: lists of pages can be very long.
_MAX_LINE = 400


class NamedResult(Protocol):
    """A result with the name by which the report calls it, and its file (see `EvaluatedRun`)."""

    @property
    def name(self) -> str:
        """The name of the run."""

    @property
    def file(self) -> Path:
        """The file of the result."""

    @property
    def result(self) -> Result:
        """The result."""


def check_comparable(runs: Sequence[NamedResult]) -> None:
    """Check that each run is named once and that all were evaluated in the same way.

    Raises:
        ValueError: Two runs are the same or have the same name, or differ in task or protocol; the message says where.
    """
    for index, run in enumerate(runs):
        for other in runs[:index]:
            _check_distinct(other, run)
        _check_same_protocol(runs[0], run)


def _check_distinct(one: NamedResult, other: NamedResult) -> None:
    if one.file.resolve() == other.file.resolve():
        raise ValueError(f"{other.file} is named twice; a run cannot be compared with itself")
    if one.name == other.name:
        raise ValueError(f"{other.file} and {one.file} would both be called {other.name}; rename one of them")


def _check_same_protocol(one: NamedResult, other: NamedResult) -> None:
    if one.result.task != other.result.task:
        raise ValueError(
            f"{one.name} and {other.name} are of different tasks ({one.result.task} and {other.result.task}); "
            "compare runs of one task"
        )
    lines = protocol_differences(one.result, other.result)
    hashes = [line for line in lines if line.startswith("sha256:")]
    # Hashes say nothing to a reader; the pages behind them do.
    lines = [line for line in lines if line not in hashes] + (_page_differences(one, other) if hashes else [])
    if lines:
        listing = "\n  ".join(line if len(line) < _MAX_LINE else f"{line[:_MAX_LINE]}..." for line in lines)
        raise ValueError(
            f"{one.name} and {other.name} were evaluated by different protocols, so their metrics cannot be compared; "
            f"evaluate one of them again by the protocol of the other. They differ in\n  {listing}"
        )


def _page_differences(one: NamedResult, other: NamedResult) -> list[str]:
    lines = []
    for run, lacking in ((one, other), (other, one)):
        present = {page.name for page in lacking.result.pages}
        names = dict.fromkeys(page.name for page in run.result.pages if page.name not in present)
        reasons = {name: f" ({reason})" for name, reason in lacking.result.skipped.items()}
        missing = ", ".join(name + reasons.get(name, "") for name in names)
        lines += [f"pages on which {lacking.name} was not evaluated: {missing}"] if names else []
    return lines or ["pages: their names are the same, but their pictures or works differ"]
