"""What an evaluation found, page by page, and the JSON file that keeps it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from mangagan.evaluate.statistics.summary import Summary
from mangagan.evaluate.statistics.sums import Scores
from mangagan.evaluate.table import as_json, summaries
from mangagan.images.atomic import write_aside

Figures = dict[str, float]
SUMMARY = "summary"
# What a run was given: grey pages made of the colored ones, a book's own ink and tones, or damaged pages.
Kind = Literal["gray", "bw", "damaged"]
KINDS: Mapping[Kind, str] = {"gray": "grey", "bw": "ink and tones", "damaged": "damaged"}


@dataclass(frozen=True)
class PageFigures:
    """A page's figures by the names of `mangagan.evaluate.metrics.metric.FIGURES`."""

    name: str
    work: str
    kind: Kind
    figures: Figures


@dataclass(frozen=True)
class PagePictures:
    """Where the pictures of a page lie, as paths relative to the result's folder, and why they were kept."""

    name: str
    work: str
    kind: Kind
    why: Literal["spread", "best", "worst"]
    input: str
    output: str
    truth: str


@dataclass(frozen=True)
class Result:
    """An evaluation. Two are comparable where their protocols are equal.

    protocol: "name", "data", "seed", "size" and all else that the figures depend on beside the network.
    whole: figures of all pages of a kind together, by kind.
    cost: "parameters", "seconds_per_page", "peak_memory_bytes", where known; says nothing of the pictures.
    skipped: reasons by the name of the page. left_out: reasons by the names of figures.
    """

    name: str
    protocol: dict[str, Any]
    pages: tuple[PageFigures, ...]
    whole: dict[str, Figures] = field(default_factory=dict)
    cost: Figures = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    pictures: tuple[PagePictures, ...] = ()

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of input that pages had, in their order."""
        return tuple(dict.fromkeys(page.kind for page in self.pages))

    def scores(self, kind: Kind) -> Scores:
        """The figures of the pages of one kind; ValueError for a kind that no page is of.

        Kinds are not mixed: the same page, shown twice, would count as two.
        """
        if kind not in self.kinds:
            raise ValueError(f"{self.name} has no page of kind {kind!r}; there are {', '.join(self.kinds) or 'none'}")
        scores = Scores()
        for page in self.pages:
            for name, value in page.figures.items() if page.kind == kind else ():
                scores.add(name, page.work, value)
        return scores

    def summary(self) -> dict[Kind, dict[str, Summary]]:
        """Mean, deviation and interval of each figure, by kind."""
        seed = self.protocol.get("seed", 0)
        return {kind: summaries(self.scores(kind), seed) for kind in self.kinds}


def result_file(folder: Path, protocol: str, data: str = "") -> Path:
    """Where the result of a run's evaluation lies, unless somebody put it elsewhere; one for each source of pages.

    >>> result_file(Path("run"), "256", "unseen:36").as_posix()
    'run/evaluation/256-unseen-36.json'
    """
    source = re.sub(r"[^A-Za-z0-9]+", "-", data).strip("-")
    return folder / "evaluation" / f"{'-'.join(filter(None, (protocol, source[-60:])))}.json"


def pages_folder(file: Path) -> Path:
    """Where the pictures lie that an evaluation keeps, beside the file of its result.

    >>> pages_folder(Path("run/evaluation/256.json")).as_posix()
    'run/evaluation/256-pages'
    """
    return file.with_name(f"{file.stem}-pages")


def write_result(file: Path, result: Result) -> None:
    """Writes the result with its summary, for people; its pictures are written by who made them."""
    content = asdict(result) | {SUMMARY: {kind: as_json(found) for kind, found in result.summary().items()}}
    file.parent.mkdir(parents=True, exist_ok=True)
    write_aside(file, (json.dumps(content, indent=1, allow_nan=False) + "\n").encode())


def read_result(file: Path) -> Result:
    """A written result. Raises ValueError where there is none, or the file holds something else."""
    if not file.is_file():
        raise ValueError(f"there is no evaluation {file}; launch/evaluate.py writes it")
    try:
        content = {key: value for key, value in json.loads(file.read_text()).items() if key != SUMMARY}
        lists = {"pages": _all(PageFigures, content["pages"]), "pictures": _all(PagePictures, content["pictures"])}
        return Result(**content | lists)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{file} is no result of launch/evaluate.py: {error}") from error


def protocol_differences(one: Result, other: Result) -> list[str]:
    """A line for each part of the protocol in which two results differ; none where they are comparable.

    Where the hashes of their pages are equal, it does not matter how the places that these came from are written.

    >>> protocol_differences(Result("a", {"size": [256, 256]}, ()), Result("b", {"size": None}, ()))
    ['size: [256, 256] in a, None in b']
    """
    names = dict.fromkeys((*one.protocol, *other.protocol))
    first, second = one.protocol, other.protocol
    if first.get("sha256") and first.get("sha256") == second.get("sha256"):
        names.pop("data", None)
    return [
        f"{name}: {first.get(name)} in {one.name}, {second.get(name)} in {other.name}"
        for name in names
        if first.get(name) != second.get(name)
    ]


def check_replaceable(file: Path, protocol: Mapping[str, Any]) -> None:
    """Raises ValueError where the file holds anything but a result by this very protocol."""
    if file.exists():
        differing = protocol_differences(read_result(file), Result("here", dict(protocol), ()))
        if differing:
            parts = ", ".join(line.partition(":")[0] for line in differing)
            raise ValueError(f"{file} holds an evaluation that differs in {parts}: it is kept; choose an --output")


def check_data(file: Path, data: str) -> None:
    """Raises ValueError where the file holds anything but a result of pages from that source."""
    judged = read_result(file).protocol.get("data")
    if judged != data:
        raise ValueError(f"{file} holds an evaluation of {judged}: it is kept; choose an --output=FILE.json")


def _all(made: Any, rows: Iterable[Mapping[str, Any]]) -> tuple[Any, ...]:
    return tuple(made(**row) for row in rows)
