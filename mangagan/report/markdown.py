"""The comparison as Markdown, for a README."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mangagan.evaluate.metrics.metric import bare_input_text, metric_named
from mangagan.evaluate.statistics.bootstrap import Summary
from mangagan.evaluate.table import escape_markdown, markdown_table, runs_table
from mangagan.report.comparison import MAX_OPEN_PAIRS, InputComparison, legend_text, protocol_text
from mangagan.report.evaluated_runs import EvaluatedRun
from mangagan.report.run_details import cost_rows
from mangagan.report.text import FILE_MARK, to_markdown


def render_markdown(runs: Sequence[EvaluatedRun], comparisons: Sequence[InputComparison]) -> str:
    """Return metrics with a better direction (a row for each run), significant differences and costs.

    Args:
        runs: The runs, of `open_runs`.
        comparisons: Their comparisons, of `compare_runs`.
    """
    blocks = [FILE_MARK, to_markdown(protocol_text(runs[0]))]
    for comparison in comparisons:
        blocks += [f"### {comparison.title}" if comparison.title else "", _metrics_table(comparison.summaries)]
        blocks += ["Baselines:", _metrics_table(comparison.baselines)] if comparison.baselines else []
        means = {name: summary.mean for of in comparison.summaries.values() for name, summary in of.items()}
        texts = (bare_input_text(means), comparison.headline, comparison.caution)
        blocks += [*map(to_markdown, texts), _pairs(comparison.pairs)]
    blocks += [to_markdown(legend_text(runs)), _costs(runs)]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _metrics_table(rows: Mapping[str, Mapping[str, Summary]]) -> str:
    directed = {
        row: {name: summary for name, summary in summaries.items() if metric_named(name).better}
        for row, summaries in rows.items()
    }
    return runs_table(directed).strip()


def _pairs(pairs: Sequence[str]) -> str:
    items = "\n".join(f"- {to_markdown(text)}" for text in pairs)
    folded = f"<details><summary>All {len(pairs)} pairs</summary>\n\n{items}\n\n</details>"
    return items if len(pairs) <= MAX_OPEN_PAIRS else folded


def _costs(runs: Sequence[EvaluatedRun]) -> str:
    rows = [[title, *map(escape_markdown, cells)] for title, cells in cost_rows(runs)]
    return markdown_table(["", *(escape_markdown(run.name) for run in runs)], rows).strip()
