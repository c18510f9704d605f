"""Sources of pages by name: "KIND:ARGUMENT"."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from mangagan.data.sources import coco, composed, folders, hugging_face, joined, zips
from mangagan.data.sources.entries import Source

# By kind: the function that opens such a source, and its line in the help.
KINDS: dict[str, tuple[Callable[[str], Source], str]] = {
    "comics": (composed.comics, "comics[:PAGES] - pages composed from openly licensed art, nothing to download"),
    "unseen": (composed.unseen, "unseen[:PAGES] - pages of twelve more such works, to evaluate with"),
    "drawings": (
        composed.drawings,
        "drawings[:NUMBER] - single large objects, animals and people of the works of comics",
    ),
    "folder": (folders.folder, "folder:DIR - pictures in a folder of any depth"),
    "halves": (folders.halves, "halves:DIR - input and colour side by side in each file"),
    "halves-ba": (partial(folders.halves, color_first=True), "halves-ba:DIR - the same, colour on the left"),
    "pairs": (folders.pairs, "pairs:BW_DIR,COLOR_DIR - the same names in two folders"),
    "unpaired": (folders.unpaired, "unpaired:BW_DIR,COLOR_DIR - two unrelated folders"),
    "zip": (zips.zipped, "zip:FILE_OR_DIR - CBZ or ZIP files"),
    "hf": (hugging_face.hugging_face, "hf:NAME_OR_DIR - Parquet files with the columns bw_image and color_image"),
    "coco": (coco.coco, "coco:DIR or coco:tfds - COCO 2017"),
    "joined": (lambda argument: joined.join(_parts(argument), open_source), "joined:SOURCE+SOURCE... - several as one"),
}
_WITHOUT_ARGUMENT = ("comics", "unseen", "drawings")


def same_source(one: str, other: str) -> bool:
    """Return whether two strings name the same source, however they spell its paths."""
    return _resolved(one) == _resolved(other)


def source_paths(text: str) -> list[Path]:
    """Return the files and folders that a source string may name, whether they exist or not."""
    kind, _, argument = text.partition(":")
    if kind == "joined":
        return [path for part in _parts(argument) for path in source_paths(part)]
    return [Path(part).expanduser() for part in argument.split(",") if part]


def open_source(text: str) -> Source:
    """Open the source that a string such as "folder:DIR" names.

    Raises:
        ValueError: There is no such kind of source, its argument is missing or wrong, or a folder does not exist.
    """
    kind, _, argument = text.partition(":")
    if kind not in KINDS:
        kinds = ", ".join(meaning.partition(" - ")[0] for _, meaning in KINDS.values())
        raise ValueError(f'"{kind}" in data source "{text}" is not a kind of source; there are {kinds}')
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
