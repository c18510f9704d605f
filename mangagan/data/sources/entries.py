"""What a source of pages consists of: entries that are read one by one, and the works that they belong to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image

from mangagan.images.decode import SUFFIXES, Unusable, encode_png, is_gray, read_picture

Split = Literal["train", "validation"]

# A mark of a page or volume stands apart from the letters of a title ("comp12" has none).
_PAGE_MARK = re.compile(r"[\s_.-]*(?<![^\W\d_])p(?:g|age)?[\s_.-]*\d+$", re.IGNORECASE)
_NUMBER = re.compile(
    r"[\s_.-]*(?:(?<![^\W\d_])(?:volume|vol|v|chapter|ch|c)[\s_.-]*)?\d+$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Label:
    """A page's unique name, the work it belongs to, and its split where that does not follow from the work."""

    name: str
    work: str
    split: Split | None = None


@dataclass(frozen=True)
class Pictures:
    """One page's PNG or JPEG bytes, b"" for what it lacks; color and bw of one page agree to the pixel."""

    size: tuple[int, int]  # height, width
    color: bytes = b""
    bw: bytes = b""
    label: Label | None = None  # where only the page itself tells its label


@dataclass(frozen=True)
class Entry:
    """One page of a source before it is read; `load` raises Unusable, and is pickled into worker processes."""

    label: Label
    load: Callable[[], Pictures]


@dataclass(frozen=True)
class Source:
    """Pages, listed on demand. Equal identities mean equal pages, so that an archive of them can be found again."""

    title: str  # for a folder's name
    identity: str
    licences: tuple[str, ...]
    entries: Callable[[], list[Entry]]


def color_page(data: bytes) -> Pictures:
    """A page that should be colored; a grey one is kept as black and white only. Raises Unusable."""
    picture, data = read_picture(data)
    return _bw_only(picture, data) if is_gray(picture) else Pictures(_size(picture), color=data)


def bw_page(data: bytes) -> Pictures:
    """A black-and-white page, whatever tint its file has. Raises Unusable."""
    return _bw_only(*read_picture(data))


def paired_page(bw: bytes, color: bytes) -> Pictures:
    """One page in both forms; a scaled copy is brought to the size of the colored one. Raises Unusable."""
    (inked, bw), (painted, color) = read_picture(bw), read_picture(color)
    if is_gray(painted):
        return _bw_only(inked, bw)
    if inked.size != painted.size:
        inked, bw = _scaled_like(inked, painted), b""
    return Pictures(_size(painted), color, _as_gray(inked, bw))


def missing(reason: str) -> Pictures:
    """The load of an entry that is known to be unusable when it is listed: raises Unusable."""
    raise Unusable(reason)


def picture_files(folder: Path) -> list[str]:
    """Relative paths of all pictures under a folder in natural order. Raises ValueError where there is no folder."""
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    return sorted((path.as_posix() for path in found if is_shown(path.parts)), key=natural)


def is_shown(parts: Iterable[str]) -> bool:
    """Whether no part of a path is hidden or a Mac's resource fork."""
    return not any(part.startswith(".") or part == "__MACOSX" for part in parts)


def natural(name: str) -> tuple[list[str | int], str]:
    """Sorting key under which page2 comes before page10."""
    parts = re.split(r"(\d+)", name.lower())
    return [int(part) if part.isdigit() and part.isascii() else part for part in parts], name


def works(names: Iterable[str]) -> dict[str, str]:
    """The work of each file: its top folder, or for files that lie in none, the title that begins their names.

    `E07P03.jpg` and its cover `E07.jpg` are the work `E07`, `Kite v01.cbz` is of the work `Kite`, and bare
    numbers are of the work "".
    """
    names = list(names)
    stems = {name: name.rsplit(".", 1)[0] for name in names}
    loose = [stem for stem in stems.values() if "/" not in stem]
    # Where pages are marked with P03, other numbers count episodes.
    mark = _PAGE_MARK if any(_PAGE_MARK.search(stem) for stem in loose) else _NUMBER
    return {name: stem.split("/")[0] if "/" in stem else mark.sub("", stem) for name, stem in stems.items()}


def _bw_only(picture: Image.Image, data: bytes) -> Pictures:
    return Pictures(_size(picture), bw=_as_gray(picture, data))


def _as_gray(picture: Image.Image, data: bytes) -> bytes:
    return data if picture.mode == "L" and data else encode_png(picture.convert("L"))


def _scaled_like(picture: Image.Image, other: Image.Image) -> Image.Image:
    across, down = other.width / picture.width, other.height / picture.height
    if abs(across / down - 1) > 0.01:
        sizes = f"{picture.width} x {picture.height} and {other.width} x {other.height}"
        raise Unusable(f"the two pictures of the pair differ in shape: {sizes}")
    return picture.convert("L").resize(other.size, Image.Resampling.LANCZOS)


def _size(picture: Image.Image) -> tuple[int, int]:
    return picture.height, picture.width
