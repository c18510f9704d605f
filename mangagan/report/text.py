"""Sentences with marked names, which HTML prints bold and Markdown too, and small rules of English."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mangagan.evaluate.table import escape_markdown

# The first line of every file that `mangagan compare` writes. It replaces only files that have this line, so the text
# stays the same for the files of earlier versions.
FILE_MARK = "<!-- made by launch/compare.py -->"
# Control characters around a marked name: neither our texts nor names of files have them.
_START, _END = "\x02", "\x03"


def mark(name: str) -> str:
    """Return the name marked, to be printed bold."""
    return f"{_START}{name}{_END}"


def to_html(text: str) -> str:
    """Return the text escaped for HTML, with marked names bold."""
    return escape(text).replace(_START, "<strong>").replace(_END, "</strong>")


def breakable_html(name: str) -> str:
    """Return the name escaped for HTML; a narrow column breaks it after `_`, `-` and `/`, not inside a word."""
    return "".join(escape(letter) + ("<wbr>" if letter in "_-/" else "") for letter in name)


def to_markdown(text: str) -> str:
    """Return the text escaped for Markdown, with marked names bold."""
    return escape_markdown(text).replace(_START, "**").replace(_END, "**")


def to_plain(text: str) -> str:
    """Return the text without marks."""
    return text.replace(_START, "").replace(_END, "")


def join_words(words: Sequence[str]) -> str:
    """Return the words as a list in a sentence.

    >>> join_words(["a", "b", "c"])
    'a, b and c'
    """
    return "".join(words) if len(words) < 2 else f"{', '.join(words[:-1])} and {words[-1]}"


def count_of(count: int, noun: str) -> str:
    """Return a number of things.

    >>> count_of(1, "page"), count_of(3, "page")
    ('1 page', '3 pages')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
