"""The comparison as one HTML file that needs no other file and no network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources

from mangagan.evaluate.metrics.metric import METRICS
from mangagan.evaluate.statistics.bootstrap import Summary
from mangagan.evaluate.statistics.significance import format_p
from mangagan.report import svg
from mangagan.report.comparison import MAX_OPEN_PAIRS, InputComparison, legend_text, protocol_text
from mangagan.report.curves import build_charts
from mangagan.report.evaluated_runs import EvaluatedRun
from mangagan.report.html_parts import metric_cell, run_dot, scrolling_table, small_print, subheading, text_rows
from mangagan.report.metric_rows import metric_rows
from mangagan.report.page_pictures import BUDGET, compared_pages, encode_pages
from mangagan.report.run_details import MISSING, TextRows, cost_rows, setting_rows
from mangagan.report.text import FILE_MARK, count_of, join_words, to_html

# The title has the names of at most this many runs.
_MAX_TITLE_NAMES = 3
# With this policy the browser itself refuses whatever is not in the file.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def render_html(runs: Sequence[EvaluatedRun], comparisons: Sequence[InputComparison], budget: int = BUDGET) -> str:
    """Return the whole page.

    Args:
        runs: The runs, of `open_runs`.
        comparisons: Their comparisons, of `compare_runs`.
        budget: The bytes that all pictures may take together.

    Raises:
        ValueError: A picture that an evaluation kept cannot be read, or the pictures do not fit the budget.
    """
    names = [run.name for run in runs]
    subject = join_words(names) if len(names) <= _MAX_TITLE_NAMES else count_of(len(names), "run")
    title = f"{'Comparison' if len(names) > 1 else 'Evaluation'} of {subject}"
    viewer = _viewer(runs, budget)
    sections = {
        "Pages": viewer or small_print("The evaluations kept no pictures."),
        "Metrics": "".join(_metrics(comparison, names) for comparison in comparisons) + small_print(legend_text(runs)),
        "Differences": "".join(map(_differences, comparisons)) if len(runs) > 1 else "",
        "Learning curves": _curves(runs),
        "Cost": _run_table("Cost of all runs", "", names, cost_rows(runs)),
        "Settings": _settings(runs),
    }
    present = {name: content for name, content in sections.items() if content}
    links = "".join(f'<a href="#{_anchor(name)}">{name}</a>' for name in present)
    main = "".join(f'<section id="{_anchor(name)}"><h2>{name}</h2>{text}</section>' for name, text in present.items())
    script = f"<script>{_asset('page.js')}</script>" if viewer else ""
    return (
        f'<!doctype html>\n{FILE_MARK}\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{escape(title)}</title><style>{_asset('page.css')}</style></head>\n"
        f"<body><header><h1>{escape(title)}</h1>{_lead(comparisons)}{small_print(protocol_text(runs[0]))}"
        f"<nav aria-label='Sections'>{links}</nav></header>\n"
        f"<main>{main}</main>\n{script}</body></html>\n"
    )


def _lead(comparisons: Sequence[InputComparison]) -> str:
    texts = [f"{of.title}. {of.headline}" if of.title else of.headline for of in comparisons if of.headline]
    return "".join(f'<p class="lead">{to_html(text)}</p>' for text in texts)


def _viewer(runs: Sequence[EvaluatedRun], budget: int) -> str:
    pages = compared_pages(runs)
    if not pages:
        return ""
    # "<" is escaped so that no name in the data can end the element around it.
    data = json.dumps(encode_pages(pages, budget), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return _asset("viewer.html").strip() + f'<script type="application/json" id="pages-data">{data}</script>'


def _metrics(comparison: InputComparison, names: Sequence[str]) -> str:
    description = f"Metrics of all runs {comparison.title}".strip()
    table = scrolling_table(description, "metric", names, _metric_rows(comparison.summaries, drawn=True))
    return subheading(comparison.title) + table + _baselines(comparison)


def _baselines(comparison: InputComparison) -> str:
    baselines = comparison.baselines
    if not baselines:
        return ""
    rows = _metric_rows(baselines, drawn=False)
    table = scrolling_table(
        f"Metrics of baselines {comparison.title}".strip(), "metric", [*baselines], rows, runs=False
    )
    return f"<details><summary>{count_of(len(baselines), 'baseline')}</summary>{table}</details>"


def _metric_rows(summaries: Mapping[str, Mapping[str, Summary]], *, drawn: bool) -> str:
    return "".join(
        f'<tr{"" if row.metric.better else " class=context"}><th scope="row">{escape(row.metric.heading)}</th>'
        f"{''.join(metric_cell(cell, index if drawn else None) for index, cell in enumerate(row.cells))}</tr>"
        for row in metric_rows(summaries)
    )


def _differences(comparison: InputComparison) -> str:
    texts = [f"<p>{to_html(text)}</p>" for text in (comparison.headline, comparison.caution) if text]
    pairs = f"<ul>{''.join(f'<li>{to_html(text)}</li>' for text in comparison.pairs)}</ul>"
    if len(comparison.pairs) > MAX_OPEN_PAIRS:
        pairs = f"<details><summary>All {len(comparison.pairs)} pairs</summary>{pairs}</details>"
    return subheading(comparison.title) + "".join(texts) + pairs + _tests(comparison)


def _tests(comparison: InputComparison) -> str:
    rows: TextRows = []
    for difference in comparison.differences:
        metric, found = METRICS[difference.metric], difference.comparison
        size = [metric.format(found.difference, "+"), metric.interval(found.low, found.high, "+") or MISSING]
        p = [format_p(found.p), format_p(difference.p)]
        rows.append((f"{difference.one} minus {difference.other}", [metric.heading, *size, *p]))
    columns = ("metric", "difference", "95 % interval", "p", "p (Holm)")
    table = scrolling_table("All tests", "runs", columns, text_rows(rows), runs=False)
    return f"<details><summary>All {len(rows)} tests</summary>{table}</details>" if rows else ""


def _curves(runs: Sequence[EvaluatedRun]) -> str:
    names = [run.name for run in runs]
    blocks = []
    for prefix, title in (
        ("evaluation/", "Validation during training"),
        ("loss/", "Losses, with the weights of each run"),
    ):
        charts = "".join(
            f"<figure><figcaption>{escape(chart.title)}</figcaption>{svg.draw_chart(chart, names)}</figure>"
            for chart in build_charts(runs, prefix)
        )
        blocks += [f'<h3>{title}</h3><div class="charts">{charts}</div>'] if charts else []
    legend = "".join(f"<li>{run_dot(index)}{escape(name)}</li>" for index, name in enumerate(names))
    explanation = "Over training steps. The number at the right end of a curve is its last value."
    return f'{small_print(explanation)}<ul class="legend">{legend}</ul>{"".join(blocks)}' if blocks else ""


def _settings(runs: Sequence[EvaluatedRun]) -> str:
    rows = setting_rows(runs)
    if not rows:
        return ""
    table = _run_table("Settings in which runs differ", "setting", [run.name for run in runs], rows)
    return f"<details><summary>{len(rows)} settings differ</summary>{table}</details>"


def _run_table(description: str, corner: str, names: Sequence[str], rows: TextRows) -> str:
    return scrolling_table(description, corner, names, text_rows(rows)) if rows else ""


def _anchor(name: str) -> str:
    return name.lower().replace(" ", "-")


def _asset(name: str) -> str:
    """Return a text file of this package."""
    return resources.files("mangagan.report").joinpath(name).read_text(encoding="utf-8")
