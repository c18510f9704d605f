"""Runs that were evaluated by the same protocol, with all that their folders tell."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mangagan.evaluate.result import Result, protocol_differences, read_result
from mangagan.images.atomic import json_lines

# Which of several evaluations is shown where nobody says it: the one nearest to a reader's page.
_PREFERRED = ("native", "512x800", "256", "training")
_ITSELF = ""
# So much of a line about two protocols is read.
_LINE = 400


@dataclass(frozen=True)
class Run:
    """An evaluated run; where only a result is there, of another program, the rest is empty.

    file: its result; pictures lie beside it. settings: `experiment.json`. start: the last line of
    `environment.jsonl`. lines: those of `metrics.jsonl`.
    """

    name: str
    file: Path
    result: Result
    settings: Mapping[str, Any] = field(default_factory=dict)
    start: Mapping[str, Any] = field(default_factory=dict)
    lines: Sequence[Mapping[str, float]] = ()


def open_runs(places: Sequence[Path], protocol: str | None = None) -> list[Run]:
    """The runs of folders, or of result files, each with its evaluation by one protocol.

    protocol: the name of its file, such as "256", or "256-unseen-36" for pages of the source unseen:36; None means one
    that all runs have. A file that is named is taken whatever its protocol. Raises ValueError where a place is no
    run, is named twice, has no such evaluation (with the command that makes one), or where the protocols differ (with
    what differs).
    """
    files = [_results(place) for place in places]
    names = _names(places)
    chosen = protocol or _shared([found for found in files if _ITSELF not in found])
    runs = [_open(*about, chosen) for about in zip(places, names, files, strict=True)]
    for place, run in enumerate(runs):
        _check_apart(runs[:place], run)
        _check_comparable(runs[0], run)
    return runs


def _results(place: Path) -> dict[str, Path]:
    """The result files of a place by their names without a suffix; a file is the only one, whatever it is called."""
    if place.is_file():
        return {_ITSELF: place}
    if not place.is_dir():
        raise ValueError(f"{place}: there is no such folder; name runs' folders, or results of launch/evaluate.py")
    found = {file.stem: file for file in sorted((place / "evaluation").glob("*.json"))}
    if found or (place / "experiment.json").is_file():
        return found
    # What --predictions wrote has no run around it.
    found = {file.stem: file for file in sorted(place.glob("*.json")) if _is_result(file)}
    if not found:
        raise ValueError(f"{place} is no run: it has neither an experiment.json nor a result of launch/evaluate.py")
    return found


def _is_result(file: Path) -> bool:
    with suppress(ValueError):
        read_result(file)
        return True
    return False


def _shared(files: Sequence[Mapping[str, Path]]) -> str:
    """The protocol that all have; where none is, the one that most have, for the others to be refused by."""
    names = dict.fromkeys((*_PREFERRED, *(name for found in files for name in found)))
    return max(names, key=lambda name: sum(name in found for found in files))


def _open(place: Path, name: str, files: Mapping[str, Path], protocol: str) -> Run:
    known = place / "experiment.json"
    settings = json.loads(known.read_text()) if place.is_dir() and known.is_file() else {}
    file = files.get(_ITSELF) or files.get(protocol)
    if file is None:
        raise ValueError(_unjudged(place, settings, files, protocol))
    result = replace(read_result(file), name=name)
    if not result.pages:
        raise ValueError(f"{file} has no page that was judged; {len(result.skipped)} were skipped")
    if not settings:
        return Run(name, file, result)
    starts = json_lines(place / "environment.jsonl")
    start = starts[-1] if starts else {}
    return Run(name, file, result, settings, start, json_lines(place / "metrics.jsonl"))


def _unjudged(place: Path, settings: Mapping[str, Any], files: Mapping[str, Path], protocol: str) -> str:
    if settings.get("data.input") == "color":
        return f"{place} restores pictures; runs that color pages are compared. launch/evaluate.py judges it by itself"
    there = f"; it has {', '.join(files)}" if files else ""
    name, _, data = protocol.partition("-")
    return (
        f"{place} has no evaluation by the protocol {protocol}{there}. Make one with\n"
        f"  python launch/evaluate.py --checkpoint={place} --protocol={name}{' --data=...' if data else ''}"
    )


def _names(places: Sequence[Path]) -> list[str]:
    """Each place's last part, and as many before it as tell it from the others; of files of one folder also theirs."""
    parts = [_parts(place) for place in places]
    same = [place.is_file() and parts.count(part) > 1 for place, part in zip(places, parts, strict=True)]
    parts = [
        (*part[:-1], f"{part[-1]}/{place.stem}") if file else part
        for place, part, file in zip(places, parts, same, strict=True)
    ]
    for depth in range(1, max(map(len, parts)) + 1):
        names = ["/".join(part[-depth:]) for part in parts]
        if len(set(names)) == len(names):
            break
    return names


def _parts(place: Path) -> tuple[str, ...]:
    """The path of a run's folder, or of a result that lies in none; a file named by its protocol has no other name."""
    if place.is_dir():
        return place.resolve().parts
    folder = place.resolve().parent
    if folder.name == "evaluation":
        return folder.parent.parts
    return folder.parts if place.stem in _PREFERRED else (*folder.parts, place.stem)


def _check_apart(others: Sequence[Run], run: Run) -> None:
    """Raises ValueError where a run is one of the others, or could not be told from one by its name."""
    for other in others:
        if run.file.resolve() == other.file.resolve():
            raise ValueError(f"{run.file} is named twice; a run is not compared with itself")
        if run.name == other.name:
            raise ValueError(f"{run.file} and {other.file} would both be called {run.name}; rename one of them")


def _check_comparable(one: Run, other: Run) -> None:
    """Raises ValueError with what differs; equal protocols hold equal pages, in one order."""
    wrong = protocol_differences(one.result, other.result)
    hashes = [line for line in wrong if line.startswith("sha256:")]
    told = [line for line in wrong if line not in hashes] + (_pages_that_differ(one, other) if hashes else [])
    if told:
        listing = "\n  ".join(line if len(line) < _LINE else f"{line[:_LINE]}..." for line in told)
        raise ValueError(
            f"{one.name} and {other.name} were judged by different protocols, so their figures cannot be compared; "
            f"evaluate one again as the other was. They differ in\n  {listing}"
        )


def _pages_that_differ(one: Run, other: Run) -> list[str]:
    lines = []
    for run, lacking in ((one, other), (other, one)):
        there = {page.name for page in lacking.result.pages}
        names = dict.fromkeys(page.name for page in run.result.pages if page.name not in there)
        reasons = {name: f" ({why})" for name, why in lacking.result.skipped.items()}
        told = ", ".join(name + reasons.get(name, "") for name in names)
        lines += [f"pages that {lacking.name} was not judged by: {told}"] if names else []
    return lines or ["pages: their names are the same, their pictures or works are not"]
