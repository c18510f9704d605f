"""Hold out whole works, so that no validation page shares its characters or palette with a training page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256

from mangagan.data.sources.entries import Split

HELD_OUT_SHARE = 0.1
_WORKS_SHOWN = 12


@dataclass(frozen=True)
class SplitCandidate:
    """The properties of a page that decide its split: its work, whether it is coloured, and a fixed split, if any."""

    work: str
    colored: bool
    split: Split | None = None


def parse_patterns(held_out: str) -> tuple[str, ...]:
    """Split a list such as "E15,E16,E17" or "title 1*,cover*" into its patterns; "" has none."""
    return tuple(part.strip() for part in held_out.split(",") if part.strip())


def matching_patterns(patterns: Sequence[str], labels: Sequence[tuple[str, str]]) -> list[set[str]]:
    """Return the patterns that match each page (name, work): equal to its work, or a glob pattern of its name."""
    return [{one for one in patterns if one == work or fnmatchcase(name, one)} for name, work in labels]


def requested_splits(held_out: str, labels: Sequence[tuple[str, str]]) -> list[Split]:
    """Return the split of each page (name, work): validation where one of the patterns matches.

    Args:
        held_out: names of works and glob patterns of the names of pages, separated by commas.
        labels: (name, work) of each page.

    Raises:
        ValueError: for a pattern that matches no page, and where no training page is left.
    """
    patterns = parse_patterns(held_out)
    matches = matching_patterns(patterns, labels)
    unknown = [one for one in patterns if not any(one in page for page in matches)]
    works = ", ".join(sorted({work for _, work in labels})[:_WORKS_SHOWN])
    if unknown:
        raise ValueError(f'held_out={held_out}: no work and no page is "{unknown[0]}"; the works begin with {works}')
    if all(matches):
        raise ValueError(f"held_out={held_out}: every page is held out; leave some of the works for training: {works}")
    return ["validation" if page else "train" for page in matches]


def assign_splits(pages: Sequence[SplitCandidate]) -> tuple[list[Split], tuple[str, ...]]:
    """Return the split of each page, and notes for the manifest where a split by work was not possible.

    10 % of the works, but at least one, are held out: those whose names have the smallest SHA-256, which does not
    depend on the other works. Works with and without colour are split separately, so that both splits have both
    domains. Of a single work the last 10 % of the pages are held out.
    """
    # A work counts as coloured if one of its pages is.
    colored_works = {page.work for page in pages if page.colored}
    splits: list[Split] = [page.split or "train" for page in pages]
    notes = []
    for colored in (True, False):
        unassigned = [n for n, p in enumerate(pages) if p.split is None and (p.work in colored_works) == colored]
        # Sorted by hash: adding a work to a source does not move the others to another split, except at the limit.
        names = sorted({pages[n].work for n in unassigned}, key=lambda work: sha256(work.encode()).digest())
        if len(names) == 1:
            count = round(max(len(unassigned) > 1, HELD_OUT_SHARE * len(unassigned)))
            held_out = unassigned[len(unassigned) - count :]
            notes.append(f'split by page: only one work ("{names[0]}") {"in colour" if colored else "in grey"}')
        else:
            chosen = set(names[: max(1, round(HELD_OUT_SHARE * len(names)))])
            held_out = [n for n in unassigned if pages[n].work in chosen]
        for n in held_out:
            splits[n] = "validation"
    return splits, tuple(notes)
