"""Summaries as a Markdown table for people and as JSON for programs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mangagan.evaluate.metrics.metric import FIGURES, figure_of
from mangagan.evaluate.statistics.summary import Summary, summarize
from mangagan.evaluate.statistics.sums import Scores

Summaries = Mapping[str, Summary]
# What would begin an element, end a cell or stand for another letter; an underline inside a word does none of that.
_MARKS = re.compile(r"[\\`*<|~]|(?<![^\W_])_|_(?![^\W_])|\](?=[(\[:])|&(?=#?\w+;)")


def summaries(scores: Scores, seed: int = 0) -> dict[str, Summary]:
    """The summary of each figure that the scores have, in the order of FIGURES, others behind."""
    known = [name for name in FIGURES if name in scores.figures]
    rest = [name for name in scores.figures if name not in FIGURES]
    return {name: summarize(scores.works(name), seed) for name in known + rest}


def markdown(runs: Mapping[str, Summaries]) -> str:
    """A table with a row for each run and a column for each figure that any run has.

    A cell is the mean over pages, +- their standard deviation, and the 95 % interval over works; the best mean of a
    figure is bold where several runs have it and one way is better.
    """
    names = list(dict.fromkeys(name for figures in runs.values() for name in figures))
    means = {name: {run: of[name].mean for run, of in runs.items() if name in of} for name in names}
    best = {name: figure_of(name).best(means[name]) for name in names}
    rows = []
    for run, figures in runs.items():
        cells = [_cell(name, figures.get(name), run in best[name]) for name in names]
        counts = [max((getattr(s, of) for s in figures.values()), default=0) for of in ("pages", "works")]
        rows.append([plain(run), *cells, *map(str, counts)])
    return rows_of(["run", *(figure_of(name).heading for name in names), "pages", "works"], rows)


def by_figure(columns: Mapping[str, Summaries], whole: Mapping[str, Mapping[str, float]]) -> str:
    """A table with a row for each figure and a column for each kind of input; `whole`: figures of all pages at once."""
    names = list(dict.fromkeys(name for figures in columns.values() for name in figures))
    sets = list(dict.fromkeys(name for kind in columns for name in whole.get(kind, {})))
    cells = {name: [_cell(name, figures.get(name), False) for figures in columns.values()] for name in names}
    cells |= {name: [_number(name, whole.get(kind, {}).get(name)) for kind in columns] for name in sets}
    rows = [[figure_of(name).heading, *of] for name, of in cells.items()]
    counts = [[str(max((getattr(s, of) for s in figures.values()), default=0)) for figures in columns.values()]
              for of in ("pages", "works")]  # fmt: skip
    return rows_of(["figure", *columns], [*rows, ["pages", *counts[0]], ["works", *counts[1]]])


def plain(text: str) -> str:
    """Text of a user's, such as a name, that Markdown prints to the letter, in a cell and in a sentence.

    >>> plain("my_run <b>|*x*")
    'my_run \\<b>\\|\\*x\\*'
    """
    return _MARKS.sub(r"\\\g<0>", " ".join(text.split()))


def rows_of(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are numbers."""
    lines = [header, ["---", *("---:" for _ in header[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def as_json(figures: Summaries) -> dict[str, dict[str, Any]]:
    """Each figure's summary with its title, for `json.dumps`."""
    return {name: {"title": figure_of(name).title} | asdict(summary) for name, summary in figures.items()}


def _number(name: str, value: float | None) -> str:
    return "-" if value is None else figure_of(name).written(value)


def _cell(name: str, summary: Summary | None, bold: bool) -> str:
    if summary is None:
        return "-"
    figure = figure_of(name)
    mean = figure.written(summary.mean)
    parts = [f"**{mean}**" if bold else mean]
    parts += [f"± {figure.written(summary.deviation)}"] if summary.deviation is not None else []
    return " ".join([*parts, figure.interval(summary.low, summary.high)]).rstrip()
