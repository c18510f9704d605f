"""Pieces of HTML that sections share; all text that comes in is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mangagan.report.costs import Rows
from mangagan.report.score_rows import Score
from mangagan.report.svg import style
from mangagan.report.text import as_html, name_html


def cell(score: Score | None, place: int) -> str:
    """A run's figure, with its place and its interval on the scale of its row."""
    if score is None:
        return "<td>–</td>"
    mean = f'<strong class="mean">{score.mean}</strong>' if score.best else f'<span class="mean">{score.mean}</span>'
    ends = zip(("at", "low", "high"), score.places, strict=False)
    at = ";".join(f"--{name}:{value:.1%}" for name, value in ends)
    line = "<i></i>" if len(score.places) == 3 else ""
    interval = f'<span class="interval">{score.interval}</span>' if score.interval else ""
    drawn = f'<span class="range {style(place)}" style="{at}" aria-hidden="true">{line}<b></b></span>'
    return f'<td>{mean} <span class="deviation">{score.deviation}</span>{interval}{drawn}</td>'


def body(rows: Rows) -> str:
    """Rows of plain text as those of a table."""
    cells = [(title, "".join(f'<td class="text">{escape(cell)}</td>' for cell in of)) for title, of in rows]
    return "".join(f'<tr><th scope="row">{escape(title)}</th>{of}</tr>' for title, of in cells)


def scrolled(about: str, corner: str, names: Sequence[str], rows: str, dots: bool = True) -> str:
    """A table that scrolls by itself; `dots`: its columns are runs."""
    head = "".join(
        f'<th scope="col">{dot(place) if dots else ""}{name_html(name)}</th>' for place, name in enumerate(names)
    )
    first = f'<th scope="col">{corner}</th>' if corner else "<td></td>"
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(about)}">'
        f"<table><thead><tr>{first}{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def heading(title: str) -> str:
    """What stands above a part, where it has a name."""
    return f"<h3>{escape(title)}</h3>" if title else ""


def dot(place: int) -> str:
    """The color of a run."""
    return f'<span class="dot {style(place)}" aria-hidden="true"></span>'


def quiet(text: str) -> str:
    """A paragraph for those who want to know."""
    return f'<p class="quiet">{as_html(text)}</p>'
