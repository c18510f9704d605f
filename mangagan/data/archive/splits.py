"""Which pages are held out: whole works, so that no validation page shares its cast or palette with a training page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256

from mangagan.data.sources.entries import Split

HELD_OUT_SHARE = 0.1
_WORKS_SHOWN = 12


@dataclass(frozen=True)
class Placed:
    """What decides a page's split: its work, whether it is colored, and the split that its source demands, if any."""

    work: str
    colored: bool
    split: Split | None = None


def patterns(held_out: str) -> tuple[str, ...]:
    """The patterns of a list such as "E15,E16,E17" or "title 1*,cover*"; "" has none."""
    return tuple(part.strip() for part in held_out.split(",") if part.strip())


def fits(wanted: Sequence[str], labels: Sequence[tuple[str, str]]) -> list[set[str]]:
    """The patterns that fit each page (name, work): those that are its work's name, or fit its own."""
    return [{one for one in wanted if one == work or fnmatchcase(name, one)} for name, work in labels]


def demanded(held_out: str, labels: Sequence[tuple[str, str]]) -> list[Split]:
    """The split of each page (name, work): validation where a pattern is its work's name, or fits its own.

    Raises ValueError for a pattern that no page has, and where nothing is left to learn from.
    """
    wanted = patterns(held_out)
    found = fits(wanted, labels)
    unknown = [one for one in wanted if not any(one in page for page in found)]
    works = ", ".join(sorted({work for _, work in labels})[:_WORKS_SHOWN])
    if unknown:
        raise ValueError(f'held_out={held_out}: no work and no page is "{unknown[0]}"; the works begin with {works}')
    if all(found):
        raise ValueError(f"held_out={held_out}: every page is held out; leave some of the works to learn from: {works}")
    return ["validation" if page else "train" for page in found]


def place(pages: Sequence[Placed]) -> tuple[list[Split], tuple[str, ...]]:
    """Each page's split, and notes for the manifest where splitting by work was not possible.

    About 10 % of the works, at least one of several, are held out: those whose names have the smallest SHA-256.
    Works with colour and works without are divided apart, so that unrelated titles leave both domains on both
    sides. A lone work gives its last 10 % of pages.
    """
    colored_works = {page.work for page in pages if page.colored}
    splits: list[Split] = [page.split or "train" for page in pages]
    notes = []
    for colored in (True, False):
        free = [n for n, p in enumerate(pages) if p.split is None and (p.work in colored_works) == colored]
        names = sorted({pages[n].work for n in free}, key=lambda work: sha256(work.encode()).digest())
        if len(names) == 1:
            held_out = free[len(free) - round(max(len(free) > 1, HELD_OUT_SHARE * len(free))) :]
            notes.append(f'split by page: only one work ("{names[0]}") {"in colour" if colored else "in grey"}')
        else:
            chosen = set(names[: max(1, round(HELD_OUT_SHARE * len(names)))])
            held_out = [n for n in free if pages[n].work in chosen]
        for n in held_out:
            splits[n] = "validation"
    return splits, tuple(notes)
