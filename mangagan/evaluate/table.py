"""Summaries as a Markdown table for people and as JSON for programs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mangagan.evaluate.metrics.metric import METRICS, metric_named
from mangagan.evaluate.statistics.bootstrap import Summary, summarize
from mangagan.evaluate.statistics.sums import Scores

Summaries = Mapping[str, Summary]
# What would begin an element, end a cell or stand for another letter; an underline inside a word does none of that.
_MARKS = re.compile(r"[\\`*<|~]|(?<![^\W_])_|_(?![^\W_])|\](?=[(\[:])|&(?=#?\w+;)")


def summarize_metrics(scores: Scores, seed: int = 0) -> dict[str, Summary]:
    """The summary of each metric that the scores have, in the order of METRICS, others behind."""
    known = [name for name in METRICS if name in scores.metrics]
    rest = [name for name in scores.metrics if name not in METRICS]
    return {name: summarize(scores.works(name), seed) for name in known + rest}


def runs_table(runs: Mapping[str, Summaries]) -> str:
    """A table with a row for each run and a column for each metric that any run has.

    A cell is the mean over pages, +- their standard deviation, and the 95 % interval over works; the best mean of a
    metric is bold where several runs have it and one way is better.
    """
    names = list(dict.fromkeys(name for metrics in runs.values() for name in metrics))
    means = {name: {run: of[name].mean for run, of in runs.items() if name in of} for name in names}
    best = {name: metric_named(name).best(means[name]) for name in names}
    rows = []
    for run, metrics in runs.items():
        cells = [_cell(name, metrics.get(name), run in best[name]) for name in names]
        counts = [max((getattr(s, of) for s in metrics.values()), default=0) for of in ("pages", "works")]
        rows.append([escape_markdown(run), *cells, *map(str, counts)])
    return markdown_table(["run", *(metric_named(name).heading for name in names), "pages", "works"], rows)


def metrics_table(columns: Mapping[str, Summaries], whole: Mapping[str, Mapping[str, float]]) -> str:
    """A table with a row for each metric and a column for each kind of input; `whole`: metrics of all pages at once."""
    names = list(dict.fromkeys(name for metrics in columns.values() for name in metrics))
    sets = list(dict.fromkeys(name for kind in columns for name in whole.get(kind, {})))
    cells = {name: [_cell(name, metrics.get(name), False) for metrics in columns.values()] for name in names}
    cells |= {name: [_number(name, whole.get(kind, {}).get(name)) for kind in columns] for name in sets}
    rows = [[metric_named(name).heading, *of] for name, of in cells.items()]
    counts = [[str(max((getattr(s, of) for s in metrics.values()), default=0)) for metrics in columns.values()]
              for of in ("pages", "works")]  # fmt: skip
    return markdown_table(["metric", *columns], [*rows, ["pages", *counts[0]], ["works", *counts[1]]])


def escape_markdown(text: str) -> str:
    """Text of a user's, such as a name, that Markdown prints to the letter, in a cell and in a sentence.

    >>> escape_markdown("my_run <b>|*x*")
    'my_run \\<b>\\|\\*x\\*'
    """
    return _MARKS.sub(r"\\\g<0>", " ".join(text.split()))


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are numbers."""
    lines = [header, ["---", *("---:" for _ in header[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def summaries_as_json(metrics: Summaries) -> dict[str, dict[str, Any]]:
    """Each metric's summary with its title, for `json.dumps`."""
    return {name: {"title": metric_named(name).title} | asdict(summary) for name, summary in metrics.items()}


def _number(name: str, value: float | None) -> str:
    return "-" if value is None else metric_named(name).format(value)


def _cell(name: str, summary: Summary | None, bold: bool) -> str:
    if summary is None:
        return "-"
    metric = metric_named(name)
    mean = metric.format(summary.mean)
    parts = [f"**{mean}**" if bold else mean]
    parts += [f"± {metric.format(summary.deviation)}"] if summary.deviation is not None else []
    return " ".join([*parts, metric.interval(summary.low, summary.high)]).rstrip()
