"""What a comparison says, kind of input by kind of input, in numbers and in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mangagan.evaluate.result import KINDS, Kind
from mangagan.evaluate.statistics.significance import Difference, caution
from mangagan.evaluate.statistics.summary import Summary
from mangagan.report.evaluated_runs import Run
from mangagan.report.score_rows import kinds, scored
from mangagan.report.significance_text import LEADING, all_differences, by_pair, headline_said, pair_said, title
from mangagan.report.text import counted, listed, strong

# So many pairs are read; more are looked up.
READ = 6


@dataclass(frozen=True)
class Part:
    """What is known of the pages of one kind of input.

    title: "" where there is only one kind. scores: each run's figures. headline: who is first; caution: what works
    that are too few leave open; pairs: what holds between each two runs, by `found`.
    """

    title: str
    scores: Mapping[str, Mapping[str, Summary]]
    found: Sequence[Difference]
    headline: str
    caution: str
    pairs: Sequence[str]


def parts(runs: Sequence[Run]) -> list[Part]:
    """A part for each kind of input. Raises ValueError for runs that were not judged on the same pages."""
    there = kinds(runs)
    return [_part(runs, kind, f"Input: {KINDS[kind]}" if len(there) > 1 else "") for kind in there]


def protocol(run: Run) -> str:
    """How all runs were judged."""
    told = dict(run.result.protocol)
    name = strong(str(told.pop("name", run.file.stem)))
    if "sha256" in told:
        told["sha256"] = str(told["sha256"])[:12]
    values = "; ".join(f"{key} {_value(value)}" for key, value in told.items() if value not in (None, [], {}))
    return f"Judged by the protocol {name}: {values}." if values else f"Judged by the protocol {name}."


def legend(runs: Sequence[Run]) -> str:
    """How to read the figures."""
    pages = runs[0].result.pages
    count = len({page.name for page in pages})
    said = [
        f"Each figure is the mean over {counted(count, 'page')} of {counted(_works(pages), 'work')}, ± their "
        "standard deviation, and the 95 % interval of the mean (bootstrap over works). "
        "↑ the higher the better, ↓ the lower."
    ]
    if len(runs) > 1:
        said.append(
            "Differences are tested by Student's paired t over works, each work by its number of pages, and corrected "
            "(Holm) for the number of pairs of runs, each figure by itself; one holds where p is below 0.05. That is "
            "said of these trained networks, not of training them again from another seed."
        )
    said += [f"{run.name} skipped {counted(len(run.result.skipped), 'page')}." for run in runs if run.result.skipped]
    missing = {figures: why for run in runs for figures, why in run.result.left_out.items()}
    said += [f"Without {_titles(figures)}: {why.rstrip('.')}." for figures, why in missing.items()]
    return " ".join(said)


def _part(runs: Sequence[Run], kind: Kind, name: str) -> Part:
    found = all_differences({run.name: run.result.scores(kind) for run in runs})
    scores = {run.name: scored(run, kind) for run in runs}
    leading = next((name for name in LEADING if all(name in of for of in scores.values())), None)
    means = {run: of[leading].mean for run, of in scores.items()} if leading else {}
    pages = [page for page in runs[0].result.pages if page.kind == kind]
    return Part(
        name,
        scores,
        found,
        headline_said(leading, means, found) if leading and len(runs) > 1 else "",
        caution(_works(pages)) if len(runs) > 1 else "",
        [pair_said(pair) for pair in by_pair(found)],
    )


def _titles(figures: str) -> str:
    return listed([title(figure) for figure in figures.split(", ")])


def _works(pages: Sequence[Any]) -> int:
    return len({page.work for page in pages})


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{key} {_value(inner)}" for key, inner in value.items()) + ")"
    if isinstance(value, (list, tuple)):
        shown = [_value(inner) for inner in value[:6]]
        return ", ".join([*shown, *(["..."] if len(value) > 6 else [])]) or "none"
    return "none" if value is None else str(value)
