"""Sources that are folders of image files: one folder, halves side by side, pairs, and two unrelated folders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from mangagan.data.sources.entries import (
    SCALED_TOLERANCE,
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
from mangagan.data.sources.source_files import SourceFiles, picture_files, source_path
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
    files = picture_files(source_path(argument))
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
    files = picture_files(source_path(argument))
    return _source([files], lambda: _entries(files, partial(_load_halves, color_first=color_first)))


def pairs(argument: str, scaled: bool = False) -> Source:
    """Return two folders whose files have the same names (suffixes may differ) as a source of pairs.

    Args:
        argument: The path of the black-and-white folder, a comma, and that of the folder in colour.
        scaled: Whether pictures whose shapes differ by a few per cent are scaled to fit, and not refused.

    Raises:
        ValueError: The argument does not name two folders, or one of them does not exist.
    """
    files = [picture_files(root) for root in _two_folders(argument)]
    bw, color = (_by_stem(one) for one in files)

    def entries() -> list[Entry]:
        work = works(color.values()) | works(bw.values())
        stems = list(dict.fromkeys([*color, *bw]))
        loads = {stem: _pair_load(stem, bw, color, files[0], files[1], scaled) for stem in stems}
        found = [Entry(PageLabel(stem, work[color.get(stem) or bw[stem]]), loads[stem]) for stem in stems]
        unused = [_unused(one, kept) for one, kept in zip(files, (bw, color), strict=True)]
        return [*found, *unused[0], *unused[1]]

    source = replace(_source(files, entries), pairs=max(len(bw), len(color)))
    return replace(source, identity=f"{source.identity}\nscaled") if scaled else source


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
    return color_page(_read(path))


def _source(files: list[SourceFiles], entries: Callable[[], list[Entry]]) -> Source:
    prefixes = [f"{one.root.name}/" if len(files) > 1 else "" for one in files]
    others = [other for one, prefix in zip(files, prefixes, strict=True) for other in one.other_files(prefix)]
    return Source(files[-1].root.name, "\n".join(one.listing for one in files), OWN, entries, lambda: others)


def _two_folders(argument: str) -> tuple[Path, Path]:
    bw_root, comma, color_root = argument.partition(",")
    if not comma or not bw_root or not color_root:
        raise ValueError(f'"{argument}" must name two folders, as in pairs:BW_FOLDER,COLOR_FOLDER')
    return source_path(bw_root), source_path(color_root)


def _entries(files: SourceFiles, load: Callable[[Path], PageImages], prefix: str = "") -> list[Entry]:
    work = works(files.names)
    found = [Entry(PageLabel(prefix + name, work[name]), partial(load, files.root / name)) for name in files.names]
    return [*found, *files.fault_entries(prefix)]


def _by_stem(files: SourceFiles) -> dict[str, str]:
    return {name.rsplit(".", 1)[0]: name for name in files.names}


def _pair_load(
    stem: str, bw: dict[str, str], color: dict[str, str], bw_files: SourceFiles, color_files: SourceFiles, scaled: bool
) -> Callable[[], PageImages]:
    for names, files in ((bw, bw_files), (color, color_files)):
        if stem not in names:
            return partial(missing, f"there is no picture of this name in {files.root}")
    return partial(_load_pair, bw_files.root / bw[stem], color_files.root / color[stem], scaled)


def _unused(files: SourceFiles, by_stem: dict[str, str]) -> list[Entry]:
    """Return entries for what cannot be paired: faults, and pictures whose names differ in their suffixes alone."""
    prefix = f"{files.root.name}/"
    twins = [
        Entry(PageLabel(prefix + name, ""), partial(missing, f"{by_stem[stem]} has the same name and is used instead"))
        for name in files.names
        if by_stem[stem := name.rsplit(".", 1)[0]] != name
    ]
    return [*twins, *files.fault_entries(prefix)]


def _load_bw(path: Path) -> PageImages:
    return bw_page(_read(path))


def _load_pair(bw: Path, color: Path, scaled: bool) -> PageImages:
    if scaled:
        return paired_page(_read(bw), _read(color), SCALED_TOLERANCE)
    return paired_page(_read(bw), _read(color), remedy="a source pairs-scaled: takes them")


def _read(path: Path) -> bytes:
    return read_file(path, MAX_MEMBER_BYTES)


def _load_halves(path: Path, color_first: bool) -> PageImages:
    picture, _ = read_picture(_read(path))
    # Of an odd width the middle column belongs to neither half.
    half = picture.width // 2
    pixels = np.asarray(picture)
    left, right = (encode_png(Image.fromarray(side)) for side in (pixels[:, :half], pixels[:, -half:]))
    return paired_page(right, left) if color_first else paired_page(left, right)
