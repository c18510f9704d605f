"""Where pages come from: "KIND:ARGUMENT" names a source."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from mangagan.data.sources import folders, joined, public, zips
from mangagan.data.sources.entries import Source

KINDS: dict[str, tuple[Callable[[str], Source], str]] = {
    "comics": (public.comics, "comics[:PAGES] - pages composed from openly licensed art, nothing to download"),
    "unseen": (public.unseen, "unseen[:PAGES] - pages of twelve more such works, to judge by"),
    "drawings": (
        public.drawings,
        "drawings[:NUMBER] - single things, animals and people of the works of comics, large",
    ),
    "folder": (folders.folder, "folder:DIR - pictures in a folder of any depth"),
    "halves": (folders.halves, "halves:DIR - input and colour side by side in each file"),
    "halves-ba": (partial(folders.halves, color_first=True), "halves-ba:DIR - the same, colour on the left"),
    "pairs": (folders.pairs, "pairs:BW_DIR,COLOR_DIR - the same names in two folders"),
    "unpaired": (folders.unpaired, "unpaired:BW_DIR,COLOR_DIR - two unrelated folders"),
    "zip": (zips.zipped, "zip:FILE_OR_DIR - CBZ or ZIP files"),
    "hf": (public.hugging_face, "hf:NAME_OR_DIR - parquet with columns bw_image and color_image"),
    "coco": (public.coco, "coco:DIR or coco:tfds - COCO 2017"),
    "joined": (lambda argument: joined.join(_parts(argument), open_source), "joined:SOURCE+SOURCE... - several as one"),
}
_WITHOUT_ARGUMENT = ("comics", "unseen", "drawings")


def same_source(one: str, other: str) -> bool:
    """Whether two strings name the same source, however they write the paths in them."""
    return _resolved(one) == _resolved(other)


def open_source(text: str) -> Source:
    """The source that a string such as "folder:DIR" names. Raises ValueError where kind, argument or place is wrong."""
    kind, _, argument = text.partition(":")
    if kind not in KINDS:
        kinds = ", ".join(meaning.partition(" - ")[0] for _, meaning in KINDS.values())
        raise ValueError(f'"{kind}" in data source "{text}" is no kind of source; there are {kinds}')
    open_kind, meaning = KINDS[kind]
    if not argument and kind not in _WITHOUT_ARGUMENT:
        raise ValueError(f'data source "{text}" lacks its argument: {meaning}')
    return open_kind(argument)


def _parts(argument: str) -> list[str]:
    return joined.parts_of(argument, KINDS)


def _resolved(text: str) -> tuple[Any, ...]:
    kind, _, argument = text.partition(":")
    if kind == "joined":
        return kind, *(_resolved(part) for part in _parts(argument))
    parts = [(part, Path(part).expanduser()) for part in argument.split(",")]
    return kind, tuple(path.resolve() if part and path.exists() else part for part, path in parts)
