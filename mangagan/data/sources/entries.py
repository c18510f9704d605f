"""What a source of pages consists of: entries that are read one by one, and the works that they belong to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from PIL import Image

from mangagan.images.decode import read_picture
from mangagan.images.encode import encode_png
from mangagan.images.errors import UnusableFile
from mangagan.images.gray_pages import is_gray

Split = Literal["train", "validation"]

# The mark of a page or volume stands apart from the letters of a title ("comp12" has none).
_PAGE_MARK = re.compile(r"[\s_.-]*(?<![^\W\d_])p(?:g|age)?[\s_.-]*\d+$", re.IGNORECASE)
_NUMBER = re.compile(
    r"[\s_.-]*(?:(?<![^\W\d_])(?:volume|vol|v|chapter|ch|c)[\s_.-]*)?\d+$",
    re.IGNORECASE,
)
# The largest relative difference in shape of the two pictures of a pair: rounding when one of them was scaled.
_SHAPE_TOLERANCE = 0.01
# The same where pairs are scaled to fit: a scan that lost a rim of its page differs by a few per cent.
SCALED_TOLERANCE = 0.05


@dataclass(frozen=True)
class PageLabel:
    """The identity of a page in its source."""

    name: str  # unique in the source
    work: str  # pages of one work are never divided between training and validation set
    split: Split | None = None  # None where it follows from the work


@dataclass(frozen=True)
class PageImages:
    """The PNG or JPEG bytes of one page in colour and in black and white, b"" for a missing one.

    Where both are there, they have the same size and show the same picture, pixel by pixel.
    """

    size: tuple[int, int]  # height, width
    color: bytes = b""
    bw: bytes = b""
    label: PageLabel | None = None  # where only the page itself tells its label


@dataclass(frozen=True)
class Entry:
    """One page of a source before it is read."""

    label: PageLabel
    load: Callable[[], PageImages]  # raises UnusableFile; pickled into worker processes


@dataclass(frozen=True)
class Source:
    """Pages, listed on demand."""

    title: str  # for the name of a folder
    identity: str  # equal for equal pages, so that an archive of them is found again
    licences: tuple[str, ...]
    entries: Callable[[], list[Entry]]
    others: Callable[[], list[tuple[str, str]]] = list  # name and reason of files that are no pages
    pairs: int = 0  # pairs that there are, whether they fit or not; 0 for a source of single pages


def color_page(data: bytes) -> PageImages:
    """Return the images of a file that should be in colour; a grey one is kept as black and white only.

    Raises:
        UnusableFile: The file cannot be decoded.
    """
    picture, data = read_picture(data)
    return _bw_only(picture, data) if is_gray(picture) else PageImages(_size(picture), color=data)


def bw_page(data: bytes) -> PageImages:
    """Return the images of a black-and-white file, whatever the tint of its paper.

    Raises:
        UnusableFile: The file cannot be decoded.
    """
    return _bw_only(*read_picture(data))


def paired_page(bw: bytes, color: bytes, tolerance: float = _SHAPE_TOLERANCE, remedy: str = "") -> PageImages:
    """Return the images of a page in both forms; the black-and-white one is scaled to the size of the other.

    Args:
        bw: The file in black and white.
        color: The file in colour.
        tolerance: The largest relative difference in shape of the two.
        remedy: What the error says of two that differ by more, but by no more than `SCALED_TOLERANCE`.

    Raises:
        UnusableFile: A file cannot be decoded, or the two differ in shape.
    """
    (bw_picture, bw), (color_picture, color) = read_picture(bw), read_picture(color)
    if is_gray(color_picture):
        return _bw_only(bw_picture, bw)
    if bw_picture.size != color_picture.size:
        bw_picture, bw = _scaled_to(bw_picture, color_picture, tolerance, remedy), b""
    return PageImages(_size(color_picture), color, _gray_bytes(bw_picture, bw))


def missing(reason: str) -> PageImages:
    """Refuse an entry that was known to be unusable when it was listed.

    Raises:
        UnusableFile: Always, with the reason.
    """
    raise UnusableFile(reason)


def works(names: Iterable[str]) -> dict[str, str]:
    """Return the work of each file: its top folder, or for a file in no folder the title that begins its name.

    `E07P03.jpg` and its cover `E07.jpg` belong to the work `E07`, `Kite v01.cbz` to the work `Kite`, and bare numbers
    to the work "".
    """
    names = list(names)
    stems = {name: name.rsplit(".", 1)[0] for name in names}
    loose = [stem for stem in stems.values() if "/" not in stem]
    # Where pages are marked as in P03, other numbers count episodes.
    mark = _PAGE_MARK if any(_PAGE_MARK.search(stem) for stem in loose) else _NUMBER
    return {name: stem.split("/")[0] if "/" in stem else mark.sub("", stem) for name, stem in stems.items()}


def _bw_only(picture: Image.Image, data: bytes) -> PageImages:
    return PageImages(_size(picture), bw=_gray_bytes(picture, data))


def _gray_bytes(picture: Image.Image, data: bytes) -> bytes:
    """Return the bytes of a file if it is grey already, otherwise a grey PNG."""
    return data if picture.mode == "L" and data else encode_png(picture.convert("L"))


def _scaled_to(picture: Image.Image, other: Image.Image, tolerance: float, remedy: str) -> Image.Image:
    across, down = other.width / picture.width, other.height / picture.height
    difference = abs(across / down - 1)
    if difference > tolerance:
        sizes = f"{picture.width} x {picture.height} and {other.width} x {other.height}"
        what_to_do = f"; {remedy}" if remedy and difference <= SCALED_TOLERANCE else ""
        raise UnusableFile(f"the two pictures of the pair differ in shape: {sizes}{what_to_do}")
    return picture.convert("L").resize(other.size, Image.Resampling.LANCZOS)


def _size(picture: Image.Image) -> tuple[int, int]:
    return picture.height, picture.width
