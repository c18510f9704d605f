"""Sources of pages by name: "KIND:ARGUMENT"."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from mangagan.data.sources import coco, composed, folders, hugging_face, joined, zips
from mangagan.data.sources.entries import Source
from mangagan.images.names import shown

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
    "pairs-scaled": (
        partial(folders.pairs, scaled=True),
        "pairs-scaled:BW_DIR,COLOR_DIR - the same, scaled where shapes differ by up to 5 %",
    ),
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
    # A comma may also be part of a name.
    parts = dict.fromkeys([argument, *argument.split(",")])
    return [path for part in parts if part and (path := _path(part))]


def source_inputs(text: str) -> Iterator[Path]:
    """Yield the files of a source: those that a command which reads it must not write."""
    for path in source_paths(text):
        if os.path.isdir(path):
            yield from (Path(folder) / name for folder, _, names in os.walk(path) for name in names)
        elif os.path.exists(path):
            yield path


def open_source(text: str) -> Source:
    """Open the source that a string such as "folder:DIR" names.

    Raises:
        ValueError: There is no such kind of source, its argument is missing or wrong, or a folder does not exist.
    """
    kind, _, argument = text.partition(":")
    if kind not in KINDS:
        kinds = ", ".join(meaning.partition(" - ")[0] for _, meaning in KINDS.values())
        raise ValueError(f'"{shown(kind)}" in data source "{shown(text)}" is not a kind of source; there are {kinds}')
    open_kind, meaning = KINDS[kind]
    if not argument and kind not in _WITHOUT_ARGUMENT:
        raise ValueError(f'data source "{shown(text)}" lacks its argument: {meaning}')
    return open_kind(argument)


def _parts(argument: str) -> list[str]:
    return joined.parts_of(argument, KINDS)


def _resolved(text: str) -> tuple[Any, ...]:
    kind, _, argument = text.partition(":")
    if kind == "joined":
        return kind, *(_resolved(part) for part in _parts(argument))
    parts = [(part, _path(part) if part else None) for part in argument.split(",")]
    return kind, tuple(path.resolve() if path and os.path.exists(path) else part for part, path in parts)


def _path(text: str) -> Path | None:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # an unknown user after "~"
        return None
