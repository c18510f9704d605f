"""Several sources as one: "joined:folder:DIR+comics:240"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from mangagan.data.sources.entries import Entry, PageImages, PageLabel, Source
from mangagan.images.names import shown


def parts_of(argument: str, kinds: Iterable[str]) -> list[str]:
    """Return the sources that an argument names with + between them.

    A path may hold a + as well: only one that comes before a kind of source divides.

    Args:
        argument: What follows "joined:".
        kinds: All kinds of sources.
    """
    return re.split(rf"\+(?=(?:{'|'.join(map(re.escape, kinds))})(?::|\+|$))", argument)


def join(parts: Sequence[str], open_part: Callable[[str], Source]) -> Source:
    """Return the pages of all parts as one source.

    The number and kind of its part are put before the name of each page; works keep their names.

    Args:
        parts: Strings that name sources.
        open_part: Opens one of them.

    Raises:
        ValueError: A part is wrong, or there is only one.
    """
    if len(parts) < 2:
        raise ValueError(
            f'"{shown("+".join(parts))}" is one source; joined takes several, as in joined:folder:DIR+comics:240'
        )
    sources = [open_part(part) for part in parts]
    kinds = [part.partition(":")[0] for part in parts]
    prefixes = [f"{number}-{kind}/" for number, kind in enumerate(kinds, 1)]

    def entries() -> list[Entry]:
        return [
            Entry(_prefixed(entry.label, prefix), partial(_load, entry, prefix))
            for prefix, source in zip(prefixes, sources, strict=True)
            for entry in source.entries()
        ]

    def others() -> list[tuple[str, str]]:
        return [
            (prefix + name, reason)
            for prefix, source in zip(prefixes, sources, strict=True)
            for name, reason in source.others()
        ]

    title = "-".join(f"{kind}-{source.title}" for kind, source in zip(kinds, sources, strict=True))
    licences = tuple(dict.fromkeys(licence for source in sources for licence in source.licences))
    identity = "\n\n".join(f"{kind}\n{source.identity}" for kind, source in zip(kinds, sources, strict=True))
    return Source(title, identity, licences, entries, others)


def _load(entry: Entry, prefix: str) -> PageImages:
    pictures = entry.load()
    return pictures if pictures.label is None else replace(pictures, label=_prefixed(pictures.label, prefix))


def _prefixed(label: PageLabel, prefix: str) -> PageLabel:
    return replace(label, name=prefix + label.name)
