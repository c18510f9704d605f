"""Names of image files and volumes: suffixes, order, hidden files, and the names of results."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from hashlib import sha256
from itertools import product
from pathlib import PurePosixPath
from typing import Any

# The formats that pages can be converted to, as Pillow names them, with their suffixes, the usual one first.
WRITABLE_SUFFIXES = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "WEBP": (".webp",),
    "AVIF": (".avif",),
    "TIFF": (".tif", ".tiff"),
    "BMP": (".bmp",),
    "JPEG2000": (".jp2",),
}
# Pictures for which there is no decoder: they are named in the report, whatever their bytes are.
UNREADABLE_SUFFIXES = frozenset(".jxl .heic .heif .svg .psd .jxr .wdp".split())
IMAGE_SUFFIXES = frozenset(suffix for suffixes in WRITABLE_SUFFIXES.values() for suffix in suffixes) | {".gif"}
ARCHIVE_SUFFIXES = frozenset(".cbz .zip .cbr .rar .cbt .tar .cb7 .7z .epub".split())
VOLUME_SUFFIXES = ARCHIVE_SUFFIXES | {".pdf"}
COMIC_INFO = "ComicInfo.xml"
# Of one part of a path, on all common file systems.
MAX_NAME_BYTES = 255

_SHOWN = 200  # letters of a name in a message
# Unicode categories: controls, formats (which reorder text), surrogates, and separators of lines and paragraphs.
_UNPRINTABLE = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
_JOINERS = "\u200c\u200d"  # of Indic and Persian letters and of emoji: formats, but harmless
_WORK_PREFIX, _WORK_SUFFIX = ".", ".coloring"
_GIF_SUFFIXES = tuple("." + "".join(letters) for letters in product("gG", "iI", "fF"))


def natural_key(name: str) -> tuple[list[Any], str]:
    """Return a sorting key that puts page2 before page10."""
    # ASCII digits alone: int() refuses digits such as "²", and \d matches those of other scripts.
    parts: list[Any] = re.split("([0-9]+)", name.lower())
    # By length and digits, which is the order of the numbers: int() refuses numbers of thousands of digits.
    parts[1::2] = [(len(number), number) for number in (digits.lstrip("0") for digits in parts[1::2])]
    return parts, name


def is_visible(parts: Iterable[str]) -> bool:
    """Return whether no part of a path is hidden or a macOS resource fork."""
    return not any(part.startswith(".") or part == "__MACOSX" for part in parts)


def is_page(name: str) -> bool:
    """Return whether a path inside a volume names a visible picture, also of a format that cannot be read."""
    path = PurePosixPath(name)
    return path.suffix.lower() in IMAGE_SUFFIXES | UNREADABLE_SUFFIXES and is_visible(name.split("/"))


def is_comic_info(name: str) -> bool:
    """Return whether a path inside a volume names a ComicInfo.xml, which some programs put beside the pages."""
    return name.rsplit("/", 1)[-1].lower() == COMIC_INFO.lower()


def work_name(name: str) -> str:
    """Return the name of the working folder for an output file or folder of this name."""
    whole = f"{_WORK_PREFIX}{name}{_WORK_SUFFIX}"
    if len(os.fsencode(whole)) <= MAX_NAME_BYTES:
        return whole
    return f"{_WORK_PREFIX}{sha256(os.fsencode(name)).hexdigest()[:32]}{_WORK_SUFFIX}"


def with_ending(stem: str, ending: str) -> str:
    """Return a file name of a stem and an ending, the stem cut where the name would be too long for a file system.

    >>> len(with_ending(100 * "漫", "-color.cbz").encode())
    253
    """
    raw = os.fsencode(stem)[: MAX_NAME_BYTES - len(os.fsencode(ending))]
    # A letter of several bytes that is cut in two is left out.
    return f"{raw.decode('utf-8', 'ignore')}{ending}" if len(raw) < len(os.fsencode(stem)) else f"{stem}{ending}"


def is_work_name(part: str) -> bool:
    """Return whether a part of a path could be opened as a working folder (see `work_name`)."""
    # Some file systems ignore case, and Windows drops dots and spaces at the end of a name.
    return part.startswith(_WORK_PREFIX) and part.rstrip(". ").lower().endswith(_WORK_SUFFIX)


def format_of(name: str) -> str | None:
    """Return the format, as Pillow names it, that pages are converted to for a file of this name; None for others."""
    suffix = PurePosixPath(name).suffix.lower()
    return next((format for format, suffixes in WRITABLE_SUFFIXES.items() if suffix in suffixes), None)


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Return whether a page is meant by one of some patterns: of its path, its file name, or that without suffix.

    >>> matches("ch1/cover.jpg", ["cover"]), matches("ch1/002.jpg", ["00[13]*"]), matches("ch1/002.jpg", ["*"])
    (True, False, True)
    """
    path = PurePosixPath(name)
    return any(fnmatchcase(text, pattern) for text in (name, path.name, path.stem) for pattern in patterns)


def picture_name(name: str, taken: Collection[str], format: str | None = None) -> str:
    """Return the file name for a coloured page: the name of its source, with PNG in place of GIF.

    GIF holds 256 colours, too few for a coloured page.

    Args:
        name: Path of the source page inside its volume.
        taken: Paths of all pages of the volume. No two of them get the same result.
        format: The format that all pages are converted to, as Pillow names it; None: each keeps its own.
    """
    path = PurePosixPath(name)
    if format:
        return name if format_of(name) == format else _converted_name(name, taken, WRITABLE_SUFFIXES[format][0])
    if path.suffix.lower() != ".gif":
        return name
    stem = str(path.with_suffix(""))
    if f"{stem}.png" not in taken and sum(stem + suffix in taken for suffix in _GIF_SUFFIXES) < 2:
        return f"{stem}.png"
    while name in taken:
        name = f"{name}.png"
    return name


def _converted_name(name: str, taken: Collection[str], suffix: str) -> str:
    stem = str(PurePosixPath(name).with_suffix(""))
    alike = [stem + ending for known in IMAGE_SUFFIXES for ending in (known, known.upper()) if stem + ending in taken]
    converted = stem + suffix if len(alike) <= 1 else name + suffix
    while converted in taken:
        converted += suffix
    return converted


def titles(name: str) -> tuple[str, str]:
    """Return the two titles of a volume or page: its file name, and the same without the suffix of a known format."""
    path = PurePosixPath(name)
    known = path.suffix.lower() in IMAGE_SUFFIXES | VOLUME_SUFFIXES
    return name, str(path.with_suffix("")) if known else name


def page_places(volume: str, page: str) -> list[str]:
    """Return the paths, without suffix, at which a folder may hold a file about a page; the most specific first."""
    folders = (*titles(volume), "")
    return [str(PurePosixPath(folder) / name) for folder in folders for name in titles(page)]


def printable(name: str) -> str:
    """Return a name as one line of text that any terminal can show.

    Control and format characters, line ends and undecodable bytes are escaped: raw ones would move the cursor, set the
    title of the terminal, or look like a line of their own.

    >>> printable("page\x1b[2J\n1.png")
    'page\\x1b[2J\\n1.png'
    """
    return "".join(letter if _is_printable(letter) else _escaped(letter) for letter in name)


def shown(text: str) -> str:
    """Return what a message shows of a name or an argument: its beginning, in case somebody gave a book.

    >>> shown("page.png"), len(shown(5000 * "9"))
    ('page.png', 203)
    """
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _is_printable(letter: str) -> bool:
    return letter in _JOINERS or unicodedata.category(letter) not in _UNPRINTABLE


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


def unicode_name(name: str) -> str:
    """Return a name as valid Unicode for a file inside an archive; undecodable bytes become %91 and the like.

    Different names stay different.
    """
    # Python decodes such bytes of a file name to lone surrogates (PEP 383).
    return re.sub("[\udc80-\udcff]", lambda byte: f"%{ord(byte[0]) & 0xFF:02X}", name)
