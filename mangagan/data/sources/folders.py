"""Sources that are folders of image files: one folder, halves side by side, pairs, and two unrelated folders."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from mangagan.data.sources.entries import (
    Entry,
    PageImages,
    PageLabel,
    Source,
    bw_page,
    color_page,
    missing,
    paired_page,
    works,
)
from mangagan.data.sources.source_files import SourceFiles, picture_files
from mangagan.images.decode import read_picture
from mangagan.images.encode import encode_png
from mangagan.images.files import read_file
from mangagan.images.limits import MAX_MEMBER_BYTES

OWN = ("Your own pictures; nothing is known of their licence.",)


def folder(argument: str) -> Source:
    """Return all images under a folder, in colour and grey, as a source.

    Raises:
        ValueError: There is no such folder.
    """
    files = picture_files(_folder(argument))
    return _source([files], lambda: _entries(files, load_color))


def halves(argument: str, *, color_first: bool = False) -> Source:
    """Return files that hold two pictures side by side as a source: input left, colour right.

    This is the layout of the data sets of pix2pix (Isola et al. 2017).

    Args:
        argument: The path of the folder.
        color_first: Whether colour is left instead.

    Raises:
        ValueError: There is no such folder.
    """
    files = picture_files(_folder(argument))
    return _source([files], lambda: _entries(files, partial(_load_halves, color_first=color_first)))


def pairs(argument: str) -> Source:
    """Return two folders whose files have the same names (suffixes may differ) as a source of pairs.

    Args:
        argument: The path of the black-and-white folder, a comma, and that of the folder in colour.

    Raises:
        ValueError: The argument does not name two folders, or one of them does not exist.
    """
    files = [picture_files(root) for root in _two_folders(argument)]
    bw, color = (_by_stem(one) for one in files)

    def entries() -> list[Entry]:
        work = works(color.values()) | works(bw.values())
        stems = list(dict.fromkeys([*color, *bw]))
        loads = {stem: _pair_load(stem, bw, color, *files) for stem in stems}
        found = [Entry(PageLabel(stem, work[color.get(stem) or bw[stem]]), loads[stem]) for stem in stems]
        unused = [_unused(one, kept) for one, kept in zip(files, (bw, color), strict=True)]
        return [*found, *unused[0], *unused[1]]

    return replace(_source(files, entries), pairs=max(len(bw), len(color)))


def unpaired(argument: str) -> Source:
    """Return two unrelated folders, black-and-white pages and pages in colour, as a source.

    Args:
        argument: The path of the black-and-white folder, a comma, and that of the folder in colour.

    Raises:
        ValueError: The argument does not name two folders, or one of them does not exist.
    """
    bw, color = (picture_files(root) for root in _two_folders(argument))
    return _source([bw, color], lambda: [*_entries(bw, _load_bw, "bw/"), *_entries(color, load_color, "color/")])


def load_color(path: Path) -> PageImages:
    """Return the images of a file that should be in colour; a grey one is kept as black and white only.

    Raises:
        UnusableFile: The file cannot be read or decoded.
    """
    return color_page(read_file(path))


def _source(title: str, roots: list[Path], entries: Callable[[], list[Entry]]) -> Source:
    return Source(title, "\n".join(listing(root, image_files(root)) for root in roots), OWN, entries)


def _folder(argument: str) -> Path:
    return Path(argument).expanduser().resolve()


def _two_folders(argument: str) -> tuple[Path, Path]:
    bw_root, comma, color_root = argument.partition(",")
    if not comma or not bw_root or not color_root:
        raise ValueError(f'"{argument}" must name two folders, as in pairs:BW_FOLDER,COLOR_FOLDER')
    return _folder(bw_root), _folder(color_root)


def _entries(root: Path, names: list[str], load: Callable[[Path], PageImages], prefix: str = "") -> list[Entry]:
    work = works(names)
    return [Entry(PageLabel(prefix + name, work[name]), partial(load, root / name)) for name in names]


def _by_stem(root: Path) -> dict[str, str]:
    return {name.rsplit(".", 1)[0]: name for name in image_files(root)}


def _pair_load(
    stem: str, bw_root: Path, color_root: Path, bw: dict[str, str], color: dict[str, str]
) -> Callable[[], PageImages]:
    for names, root in ((bw, bw_root), (color, color_root)):
        if stem not in names:
            return partial(missing, f"there is no picture of this name in {root}")
    return partial(_load_pair, bw_root / bw[stem], color_root / color[stem])


def _load_bw(path: Path) -> PageImages:
    return bw_page(read_file(path))


def _load_pair(bw: Path, color: Path) -> PageImages:
    return paired_page(read_file(bw), read_file(color))


def _load_halves(path: Path, color_first: bool) -> PageImages:
    picture, _ = read_picture(read_file(path))
    # Of an odd width the middle column belongs to neither half.
    half = picture.width // 2
    pixels = np.asarray(picture)
    left, right = (encode_png(Image.fromarray(side)) for side in (pixels[:, :half], pixels[:, -half:]))
    return paired_page(right, left) if color_first else paired_page(left, right)
