"""Sentences in which names stand out, before it is known whether HTML or Markdown prints them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mangagan.evaluate.table import plain

# What tells a comparison from a file that somebody wrote.
MARK = "<!-- made by launch/compare.py -->"
# No text of ours or of a user's has these characters.
_ON, _OFF = "\x02", "\x03"


def strong(name: str) -> str:
    """The name, marked."""
    return f"{_ON}{name}{_OFF}"


def as_html(text: str) -> str:
    """The text escaped, marked names bold."""
    return escape(text).replace(_ON, "<strong>").replace(_OFF, "</strong>")


def name_html(name: str) -> str:
    """The name escaped; a narrow column breaks it behind its own marks, not inside a word."""
    return "".join(escape(letter) + ("<wbr>" if letter in "_-/" else "") for letter in name)


def as_markdown(text: str) -> str:
    """The text to the letter, marked names bold."""
    return plain(text).replace(_ON, "**").replace(_OFF, "**")


def as_plain(text: str) -> str:
    """The text as it is, marked names like the rest."""
    return text.replace(_ON, "").replace(_OFF, "")


def listed(parts: Sequence[str]) -> str:
    """Parts with commas between them, and an "and" before the last."""
    return "".join(parts) if len(parts) < 2 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def counted(count: int, of: str) -> str:
    """A number of things: "1 page", "3 pages"."""
    return f"{count} {of}" if count == 1 else f"{count} {of}s"
