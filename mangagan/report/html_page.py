"""The comparison as one HTML file that needs nothing beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from importlib import resources

from mangagan.evaluate.metrics.metric import FIGURES
from mangagan.evaluate.statistics.significance import written
from mangagan.report import page_pictures, story, svg
from mangagan.report.costs import NONE, Rows, cost_rows, setting_rows
from mangagan.report.curves import charts
from mangagan.report.evaluated_runs import Run
from mangagan.report.markup import body, cell, dot, heading, quiet, scrolled
from mangagan.report.score_rows import score_rows
from mangagan.report.text import MARK, as_html, counted, listed

# So many names make a title.
_NAMED = 3
# The browser itself refuses whatever is not in the file.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def page(runs: Sequence[Run], parts: Sequence[story.Part], budget: int = page_pictures.BUDGET) -> str:
    """The whole page, its pictures within the budget of bytes.

    Raises ValueError where a kept picture cannot be read, or the pictures do not fit.
    """
    names = [run.name for run in runs]
    told = listed(names) if len(names) <= _NAMED else counted(len(names), "run")
    title = f"{'Comparison' if len(names) > 1 else 'Evaluation'} of {told}"
    sections = {
        "Pages": _viewer(runs, budget),
        "Figures": "".join(_figures(part, names) for part in parts) + quiet(story.legend(runs)),
        "Differences": "".join(map(_differences, parts)) if len(runs) > 1 else "",
        "Learning curves": _curves(runs),
        "Cost": _table("Cost of all runs", "", names, cost_rows(runs)),
        "Settings": _settings(runs),
    }
    there = {name: content for name, content in sections.items() if content}
    links = "".join(f'<a href="#{_anchor(name)}">{name}</a>' for name in there)
    main = "".join(f'<section id="{_anchor(name)}"><h2>{name}</h2>{text}</section>' for name, text in there.items())
    script = f"<script>{_own('page.js')}</script>" if sections["Pages"].startswith("<div") else ""
    return (
        f'<!doctype html>\n{MARK}\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{escape(title)}</title><style>{_own('page.css')}</style></head>\n<body><header><h1>{escape(title)}</h1>"
        f"{_lead(parts)}{quiet(story.protocol(runs[0]))}<nav aria-label='Sections'>{links}</nav></header>\n"
        f"<main>{main}</main>\n{script}</body></html>\n"
    )


def _lead(parts: Sequence[story.Part]) -> str:
    said = [f"{part.title}. {part.headline}" if part.title else part.headline for part in parts if part.headline]
    return "".join(f'<p class="lead">{as_html(text)}</p>' for text in said)


def _viewer(runs: Sequence[Run], budget: int) -> str:
    shown = page_pictures.sheets(runs)
    if not shown:
        return quiet("No pictures were kept by the evaluations.")
    pages = page_pictures.encoded(shown, budget)
    # Nothing in the data may end the element that holds it.
    data = json.dumps(pages, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return _own("viewer.html").strip() + f'<script type="application/json" id="kept">{data}</script>'


def _figures(part: story.Part, names: Sequence[str]) -> str:
    rows = "".join(
        f'<tr{"" if row.figure.better else " class=context"}><th scope="row">{escape(row.figure.heading)}</th>'
        f"{''.join(cell(score, place) for place, score in enumerate(row.scores))}</tr>"
        for row in score_rows(part.scores)
    )
    return heading(part.title) + scrolled(f"Figures of all runs {part.title}".strip(), "figure", names, rows)


def _differences(part: story.Part) -> str:
    said = [f"<p>{as_html(text)}</p>" for text in (part.headline, part.caution) if text]
    items = f"<ul>{''.join(f'<li>{as_html(text)}</li>' for text in part.pairs)}</ul>"
    if len(part.pairs) > story.READ:
        items = f"<details><summary>All {len(part.pairs)} pairs</summary>{items}</details>"
    return heading(part.title) + "".join(said) + items + _tests(part)


def _tests(part: story.Part) -> str:
    rows: Rows = []
    for of in part.found:
        figure, found = FIGURES[of.figure], of.found
        size = [figure.written(found.difference, "+"), figure.interval(found.low, found.high, "+") or NONE]
        p = [written(found.p), written(of.p)]
        rows.append((f"{of.one} less {of.other}", [figure.heading, *size, *p]))
    head = ("figure", "difference", "95 % interval", "p", "p (Holm)")
    table = scrolled("All tests", "runs", head, body(rows), dots=False)
    return f"<details><summary>All {len(rows)} tests</summary>{table}</details>" if rows else ""


def _curves(runs: Sequence[Run]) -> str:
    names = [run.name for run in runs]
    blocks = []
    for prefix, title in (
        ("evaluation/", "On held-out pages while training"),
        ("loss/", "Losses, as each run weighs them"),
    ):
        drawn = "".join(
            f"<figure><figcaption>{escape(chart.title)}</figcaption>{svg.chart(chart, names)}</figure>"
            for chart in charts(runs, prefix)
        )
        blocks += [f'<h3>{title}</h3><div class="charts">{drawn}</div>'] if drawn else []
    legend = "".join(f"<li>{dot(place)}{escape(name)}</li>" for place, name in enumerate(names))
    about = "Over training steps. The number at the right end of a curve is its last value."
    return f'{quiet(about)}<ul class="legend">{legend}</ul>{"".join(blocks)}' if blocks else ""


def _settings(runs: Sequence[Run]) -> str:
    rows = setting_rows(runs)
    if not rows:
        return ""
    table = _table("Settings in which runs differ", "setting", [run.name for run in runs], rows)
    return f"<details><summary>{len(rows)} settings differ</summary>{table}</details>"


def _table(about: str, corner: str, names: Sequence[str], rows: Rows) -> str:
    return scrolled(about, corner, names, body(rows)) if rows else ""


def _anchor(name: str) -> str:
    return name.lower().replace(" ", "-")


def _own(name: str) -> str:
    return resources.files("mangagan.report").joinpath(name).read_text(encoding="utf-8")
