"""Parts of HTML that several sections of the report share; all text is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mangagan.report.metric_rows import MetricCell
from mangagan.report.run_details import MISSING, TextRows
from mangagan.report.svg import run_style
from mangagan.report.text import breakable_html, to_html


def metric_cell(cell: MetricCell | None, run: int | None) -> str:
    """Return a table cell with a metric, and its mean and interval drawn on the scale of the row.

    Args:
        cell: The metric, None for a run without it.
        run: The index of the run, which decides the colour; None draws nothing.
    """
    if cell is None:
        return f"<td>{MISSING}</td>"
    mean = f'<strong class="mean">{cell.mean}</strong>' if cell.best else f'<span class="mean">{cell.mean}</span>'
    interval = f'<span class="interval">{cell.interval}</span>' if cell.interval else ""
    drawing = "" if run is None else _range(cell, run)
    return f'<td>{mean} <span class="deviation">{cell.deviation}</span>{interval}{drawing}</td>'


def text_rows(rows: TextRows) -> str:
    """Return rows of plain text as rows of a table."""
    cells = [(title, "".join(f'<td class="text">{escape(text)}</td>' for text in texts)) for title, texts in rows]
    return "".join(f'<tr><th scope="row">{escape(title)}</th>{row}</tr>' for title, row in cells)


def scrolling_table(description: str, corner: str, columns: Sequence[str], rows: str, *, runs: bool = True) -> str:
    """Return a table that scrolls sideways by itself, so that the page does not.

    Args:
        description: What the table shows, for screen readers.
        corner: The heading of the first column, or "".
        columns: The headings of the other columns.
        rows: The rows in HTML.
        runs: Whether the columns are runs, whose headings have their colours.
    """
    headings = "".join(
        f'<th scope="col">{run_dot(index) if runs else ""}{breakable_html(name)}</th>'
        for index, name in enumerate(columns)
    )
    first = f'<th scope="col">{corner}</th>' if corner else "<td></td>"
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(description)}">'
        f"<table><thead><tr>{first}{headings}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def subheading(title: str) -> str:
    """Return the heading of a part of a section, or "" if it has no title."""
    return f"<h3>{escape(title)}</h3>" if title else ""


def run_dot(index: int) -> str:
    """Return a dot in the colour of a run."""
    return f'<span class="dot {run_style(index)}" aria-hidden="true"></span>'


def small_print(text: str) -> str:
    """Return a paragraph in small grey letters."""
    return f'<p class="quiet">{to_html(text)}</p>'


def _range(cell: MetricCell, run: int) -> str:
    ends = zip(("at", "low", "high"), cell.positions, strict=False)
    variables = ";".join(f"--{name}:{value:.1%}" for name, value in ends)
    line = "<i></i>" if len(cell.positions) == 3 else ""
    return f'<span class="range {run_style(run)}" style="{variables}" aria-hidden="true">{line}<b></b></span>'
