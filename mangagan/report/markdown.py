"""The comparison as Markdown, for a README."""

from __future__ import annotations

from collections.abc import Sequence

from mangagan.evaluate.metrics.metric import bare_input_said, figure_of
from mangagan.evaluate.table import markdown as score_table
from mangagan.evaluate.table import plain, rows_of
from mangagan.report import story
from mangagan.report.costs import cost_rows
from mangagan.report.evaluated_runs import Run
from mangagan.report.text import MARK, as_markdown


def markdown(runs: Sequence[Run], parts: Sequence[story.Part]) -> str:
    """Figures of which one way is better (a row for each run), what holds between runs, costs."""
    blocks = [MARK, as_markdown(story.protocol(runs[0]))]
    for part in parts:
        directed = {
            run: {name: summary for name, summary in found.items() if figure_of(name).better}
            for run, found in part.scores.items()
        }
        blocks += [f"### {part.title}" if part.title else "", score_table(directed).strip()]
        means = {name: summary.mean for found in part.scores.values() for name, summary in found.items()}
        blocks += [*map(as_markdown, (bare_input_said(means), part.headline, part.caution)), _pairs(part.pairs)]
    blocks += [as_markdown(story.legend(runs)), _costs(runs)]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _pairs(pairs: Sequence[str]) -> str:
    listed = "\n".join(f"- {as_markdown(text)}" for text in pairs)
    folded = f"<details><summary>All {len(pairs)} pairs</summary>\n\n{listed}\n\n</details>"
    return listed if len(pairs) <= story.READ else folded


def _costs(runs: Sequence[Run]) -> str:
    rows = [[title, *map(plain, of)] for title, of in cost_rows(runs)]
    return rows_of(["", *(plain(run.name) for run in runs)], rows).strip()
