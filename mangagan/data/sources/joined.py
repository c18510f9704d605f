"""Several sources as one: "joined:folder:DIR+comics:240"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from mangagan.data.sources.entries import Entry, Label, Pictures, Source


def parts_of(argument: str, kinds: Iterable[str]) -> list[str]:
    """The sources that an argument names, with + between them; a + in a path counts only before a kind of source."""
    return re.split(rf"\+(?=(?:{'|'.join(map(re.escape, kinds))})(?::|\+|$))", argument)


def join(parts: Sequence[str], open_part: Callable[[str], Source]) -> Source:
    """The pages of all parts; a number and the kind of its part come before each page's name, works keep theirs.

    Raises ValueError where a part is wrong, or there is only one.
    """
    if len(parts) < 2:
        raise ValueError(f'"{"+".join(parts)}" is one source; joined takes several, as in joined:folder:DIR+comics:240')
    sources = [open_part(part) for part in parts]
    kinds = [part.partition(":")[0] for part in parts]

    def entries() -> list[Entry]:
        prefixes = [f"{number}-{kind}/" for number, kind in enumerate(kinds, 1)]
        return [
            Entry(_prefixed(entry.label, prefix), partial(_load, entry, prefix))
            for prefix, source in zip(prefixes, sources, strict=True)
            for entry in source.entries()
        ]

    title = "-".join(f"{kind}-{source.title}" for kind, source in zip(kinds, sources, strict=True))
    licences = tuple(dict.fromkeys(licence for source in sources for licence in source.licences))
    identity = "\n\n".join(f"{kind}\n{source.identity}" for kind, source in zip(kinds, sources, strict=True))
    return Source(title, identity, licences, entries)


def _load(entry: Entry, prefix: str) -> Pictures:
    pictures = entry.load()
    return pictures if pictures.label is None else replace(pictures, label=_prefixed(pictures.label, prefix))


def _prefixed(label: Label, prefix: str) -> Label:
    return replace(label, name=prefix + label.name)
