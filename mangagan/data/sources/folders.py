"""Sources that are folders of picture files: one folder, halves side by side, pairs, and two unrelated folders."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from mangagan.data.sources.entries import (
    Entry,
    Label,
    Pictures,
    Source,
    bw_page,
    color_page,
    missing,
    paired_page,
    picture_files,
    works,
)
from mangagan.images.decode import Unusable, encode_png, read_picture

OWN = ("Your own pictures; nothing is known of their licence.",)


def folder(argument: str) -> Source:
    """All pictures under a folder, colored ones and grey ones. Raises ValueError where there is no folder."""
    root = _folder(argument)
    names = picture_files(root)
    return _source(root.name, [root], lambda: _entries(root, names, load_color))


def halves(argument: str, *, color_first: bool = False) -> Source:
    """Files that hold two pictures side by side, the pix2pix layout (Isola et al. 2017): input left, colour right."""
    root = _folder(argument)
    names = picture_files(root)
    load = partial(_load_halves, color_first=color_first)
    return _source(root.name, [root], lambda: _entries(root, names, load))


def pairs(argument: str) -> Source:
    """Two folders whose files have the same names (suffixes may differ): black and white, then colour."""
    inked, painted = _two_folders(argument)
    bw, color = (_by_stem(root) for root in (inked, painted))

    def entries() -> list[Entry]:
        work = works(color.values()) | works(bw.values())
        stems = list(dict.fromkeys([*color, *bw]))
        loads = {stem: _pair_load(stem, inked, painted, bw, color) for stem in stems}
        return [Entry(Label(stem, work[color.get(stem) or bw[stem]]), loads[stem]) for stem in stems]

    return _source(painted.name, [inked, painted], entries)


def unpaired(argument: str) -> Source:
    """Two folders that have nothing to do with each other: black-and-white pages, and colored ones."""
    inked, painted = _two_folders(argument)

    def entries() -> list[Entry]:
        return [
            *_entries(inked, picture_files(inked), _load_bw, "bw/"),
            *_entries(painted, picture_files(painted), load_color, "color/"),
        ]

    return _source(painted.name, [inked, painted], entries)


def listing(root: Path, names: list[str]) -> str:
    """A folder's files with their sizes and times, for the identity of a source."""
    stats = [(name, (root / name).stat()) for name in names]
    return "\n".join([str(root), *(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats)])


def _source(title: str, roots: list[Path], entries: Callable[[], list[Entry]]) -> Source:
    return Source(title, "\n".join(listing(root, picture_files(root)) for root in roots), OWN, entries)


def _folder(argument: str) -> Path:
    return Path(argument).expanduser().resolve()


def _two_folders(argument: str) -> tuple[Path, Path]:
    inked, comma, painted = argument.partition(",")
    if not comma or not inked or not painted:
        raise ValueError(f'"{argument}" must name two folders, as in pairs:BW_FOLDER,COLOR_FOLDER')
    return _folder(inked), _folder(painted)


def _entries(root: Path, names: list[str], load: Callable[[Path], Pictures], prefix: str = "") -> list[Entry]:
    work = works(names)
    return [Entry(Label(prefix + name, work[name]), partial(load, root / name)) for name in names]


def _by_stem(root: Path) -> dict[str, str]:
    return {name.rsplit(".", 1)[0]: name for name in picture_files(root)}


def _pair_load(
    stem: str, inked: Path, painted: Path, bw: dict[str, str], color: dict[str, str]
) -> Callable[[], Pictures]:
    for names, root in ((bw, inked), (color, painted)):
        if stem not in names:
            return partial(missing, f"there is no picture of this name in {root}")
    return partial(_load_pair, inked / bw[stem], painted / color[stem])


def read_bytes(path: Path) -> bytes:
    """A file's bytes. Raises Unusable where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror}") from error


def load_color(path: Path) -> Pictures:
    """The page of a color file; a grey one comes as black and white. Raises Unusable for a file that cannot be used."""
    return color_page(read_bytes(path))


def _load_bw(path: Path) -> Pictures:
    return bw_page(read_bytes(path))


def _load_pair(bw: Path, color: Path) -> Pictures:
    return paired_page(read_bytes(bw), read_bytes(color))


def _load_halves(path: Path, color_first: bool) -> Pictures:
    picture, _ = read_picture(read_bytes(path))
    half = picture.width // 2
    pixels = np.asarray(picture)
    left, right = (encode_png(Image.fromarray(side)) for side in (pixels[:, :half], pixels[:, -half:]))
    return paired_page(right, left) if color_first else paired_page(left, right)
