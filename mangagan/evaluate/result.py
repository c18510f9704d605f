"""The result of an evaluation: one class for colourisers, restorers and other programs, and its JSON file.

`Result` is what `mangagan evaluate` and `mangagan sweep` write and what `mangagan compare` and the report read. Its
metrics are kept page by page: means, intervals and tests are computed from them at the end, and only from pages of
one kind of input.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from mangagan.evaluate.old_results import upgrade
from mangagan.evaluate.statistics.bootstrap import Summary
from mangagan.evaluate.statistics.sums import Scores
from mangagan.evaluate.table import summaries_as_json, summarize_metrics
from mangagan.images.atomic import write_atomically

MetricValues = dict[str, float]
# "gray" and "bw" pages are coloured, "damaged" ones restored; others name a degradation, as "sigma 25" or "1-10 %".
InputKind = str
INPUT_KINDS: Mapping[InputKind, str] = {"gray": "grey", "bw": "ink and tones", "damaged": "damaged"}
# The part of the file that people read; it is computed from the pages and ignored when the file is read.
SUMMARY = "summary"


@dataclass(frozen=True)
class PageMetrics:
    """The metrics of one page for one kind of input, by their names in `mangagan.evaluate.metrics.metric.METRICS`."""

    name: str
    work: str
    kind: InputKind
    metrics: MetricValues


@dataclass(frozen=True)
class PagePictures:
    """The files of a page's pictures, as paths relative to the result's folder, and why they were kept."""

    name: str
    work: str
    kind: InputKind
    why: Literal["spread", "best", "worst"]
    input: str
    output: str
    truth: str


@dataclass(frozen=True)
class Result:
    """The result of evaluating a colouriser, a restorer or another program; comparable where protocols are equal.

    A page occurs once for each kind of input that it was shown as, e.g. once for each noise or each area of hole.

    Attributes:
        name: The run, or the folder of predictions.
        protocol: "name", "data", "works", "pages", "kinds", "size", "seed" and everything else, apart from the
            network, that the metrics depend on.
        pages: The metrics of the predictions, page by page.
        whole: Metrics of all pages of a kind together, such as a Fréchet distance, by kind.
        cost: "parameters", "seconds_per_page" and "peak_memory_bytes", where known; independent of the pictures.
        skipped: Why a page was skipped, by its name.
        left_out: Why metrics are missing, by their names.
        pictures: The pictures that were kept; none if the evaluation kept none.
        baselines: Metrics of other outputs for the same pages and inputs, by the name of the output: for a network
            that fills holes, the trivial fills and its own coarse stage.
        task: The kind of the task, such as "colorize", "inpaint" or "denoise".
    """

    name: str
    protocol: dict[str, Any]
    pages: tuple[PageMetrics, ...]
    whole: dict[str, MetricValues] = field(default_factory=dict)
    cost: MetricValues = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    pictures: tuple[PagePictures, ...] = ()
    baselines: dict[str, tuple[PageMetrics, ...]] = field(default_factory=dict)
    task: str = "colorize"

    @property
    def kinds(self) -> tuple[InputKind, ...]:
        """The kinds of input of the pages, in their order."""
        return tuple(dict.fromkeys(page.kind for page in self.pages))

    def scores(self, kind: InputKind, baseline: str | None = None) -> Scores:
        """Return the sums of the metrics over the pages of one kind.

        Kinds are not mixed: the same page, shown twice, would count as two.

        Args:
            kind: The kind of input.
            baseline: The output in `baselines` whose metrics are meant; None means the predictions.

        Raises:
            ValueError: No page is of this kind.
        """
        if kind not in self.kinds:
            raise ValueError(f"{self.name} has no page of kind {kind!r}; there are {', '.join(self.kinds) or 'none'}")
        scores = Scores()
        for page in self.pages if baseline is None else self.baselines[baseline]:
            for name, value in page.metrics.items() if page.kind == kind else ():
                scores.add(name, page.work, value)
        return scores

    def summary(self, baseline: str | None = None) -> dict[InputKind, dict[str, Summary]]:
        """Return mean, deviation and interval of each metric by kind, of the predictions or of a baseline."""
        seed = self.protocol.get("seed", 0)
        return {kind: summarize_metrics(self.scores(kind, baseline), seed) for kind in self.kinds}


def input_title(kind: InputKind) -> str:
    """Return how a kind of input is called in a table.

    >>> input_title("gray"), input_title("sigma 25")
    ('grey', 'sigma 25')
    """
    return INPUT_KINDS.get(kind, kind)


def result_file(folder: Path, protocol: str, data: str = "") -> Path:
    """Return the default file of a run's result; each protocol and source of pages has its own.

    >>> result_file(Path("run"), "256", "unseen:36").as_posix()
    'run/evaluation/256-unseen-36.json'
    """
    source = re.sub(r"[^A-Za-z0-9]+", "-", data).strip("-")
    # The end of a long source, a path mostly, tells it from others.
    return folder / "evaluation" / f"{'-'.join(filter(None, (protocol, source[-60:])))}.json"


def pages_folder(file: Path) -> Path:
    """Return the folder of the pictures that an evaluation keeps, beside the file of its result.

    >>> pages_folder(Path("run/evaluation/256.json")).as_posix()
    'run/evaluation/256-pages'
    """
    return file.with_name(f"{file.stem}-pages")


def write_result(file: Path, result: Result) -> None:
    """Write a result with its summary; its pictures must have been written before."""
    content = asdict(result) | {SUMMARY: {kind: summaries_as_json(of) for kind, of in result.summary().items()}}
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, (json.dumps(content, indent=1, allow_nan=False) + "\n").encode())


def read_result(file: Path) -> Result:
    """Read a result, also one that an earlier version has written.

    Raises:
        ValueError: There is no such file, or it holds something else.
    """
    if not file.is_file():
        raise ValueError(f"there is no evaluation {file}; mangagan evaluate writes it")
    try:
        content = {key: value for key, value in upgrade(json.loads(file.read_text())).items() if key != SUMMARY}
        pages = _all(PageMetrics, content["pages"])
        pictures = _all(PagePictures, content["pictures"])
        baselines = {name: _all(PageMetrics, of) for name, of in content.get("baselines", {}).items()}
        return Result(**content | {"pages": pages, "pictures": pictures, "baselines": baselines})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{file} is no result of mangagan evaluate: {error}") from error


def protocol_differences(one: Result, other: Result) -> list[str]:
    """Return a line for each part of the protocol in which two results differ; none if they are comparable.

    If the hashes of their pages are equal, the sources may be written differently.

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
    """Check that a file may be replaced by a result.

    Args:
        file: The file, which need not exist.
        protocol: The protocol of the new result, as in `Result.protocol`.

    Raises:
        ValueError: The file holds something other than a result of this very protocol.
    """
    if file.exists():
        differing = protocol_differences(read_result(file), Result("here", dict(protocol), ()))
        if differing:
            parts = ", ".join(line.partition(":")[0] for line in differing)
            raise ValueError(f"{file} holds an evaluation that differs in {parts}: it is kept; choose an --output")


def check_data(file: Path, data: str) -> None:
    """Check that a file holds a result on pages from a source.

    Raises:
        ValueError: It holds a result on other pages, or something else.
    """
    evaluated = read_result(file).protocol.get("data")
    if evaluated != data:
        raise ValueError(f"{file} holds an evaluation of {evaluated}: it is kept; choose an --output=FILE.json")


def _all(made: Any, rows: Iterable[Mapping[str, Any]]) -> tuple[Any, ...]:
    return tuple(made(**row) for row in rows)
