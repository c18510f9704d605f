"""Names of files in archives: in which encoding they were written, and which of them are safe to write again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from itertools import product
from pathlib import PurePosixPath, PureWindowsPath

from mangagan.images.decode import SUFFIXES, Unusable
from mangagan.images.open_volume import VOLUME_SUFFIXES

_MAX_BYTES = 1024
_WORK = ".{}.coloring"
_GIF = tuple("." + "".join(letters) for letters in product("gG", "iI", "fF"))


def work_name(name: str) -> str:
    """The name of the folder in which work on something is kept that is called by a name."""
    return _WORK.format(name)


def safe_name(name: str) -> str:
    """A member's name as a relative path with "/" between its parts. Raises Unusable for one that leads elsewhere."""
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
        raise Unusable("its name has letters in it that cannot be written")
    if len(name.encode()) > _MAX_BYTES:
        raise Unusable(f"its name is longer than {_MAX_BYTES} bytes")
    # Windows programs write backslashes.
    windows, path = PureWindowsPath(name), PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or windows.drive or windows.root or ".." in path.parts:
        raise Unusable("its name leads out of the archive")
    if not path.parts:
        raise Unusable("it has no name")
    if any(_is_work(part) for part in path.parts):
        raise Unusable("its name is that of a folder of work under way")
    return str(path)


def _is_work(part: str) -> bool:
    # Some file systems take capital letters for small ones, and Windows leaves out what is at the end.
    start, end = _WORK.split("{}")
    return part.startswith(start) and part.rstrip(". ").lower().endswith(end)


def decode_names(raw: Sequence[bytes]) -> list[str]:
    """The names of one archive that does not say how they are encoded: UTF-8, Shift-JIS or, by the ZIP format, cp437.

    One encoding must fit all names. Shift-JIS must also give a Japanese letter of which no byte is ASCII: European
    names in cp437 often are valid Shift-JIS, with every accented letter eating the plain one that follows.
    """
    for encoding in ("utf-8", "cp932"):
        try:
            names = [name.decode(encoding) for name in raw]
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or any(_is_japanese(letter) for name in names for letter in name):
            return names
    return [name.decode("cp437") for name in raw]


def _is_japanese(letter: str) -> bool:
    # Hiragana, katakana, and ideographs.
    known = "\u3040" <= letter <= "\u30ff" or "\u4e00" <= letter <= "\u9fff"
    return known and all(byte >= 0x80 for byte in letter.encode("cp932"))


def picture_name(name: str, taken: Collection[str]) -> str:
    """The name of a coloured page: that of its source, but PNG for GIF, whose 256 colours are too few.

    `taken` are the names of all pages; no two of them get the same one.
    """
    path = PurePosixPath(name)
    if path.suffix.lower() != ".gif":
        return name
    stem = str(path.with_suffix(""))
    if f"{stem}.png" not in taken and sum(stem + suffix in taken for suffix in _GIF) < 2:
        return f"{stem}.png"
    while name in taken:
        name = f"{name}.png"
    return name


def titles(name: str) -> tuple[str, str]:
    """What a volume or a page may be called: its name, and the same without the suffix, if that is one of a format."""
    path = PurePosixPath(name)
    known = path.suffix.lower() in SUFFIXES | VOLUME_SUFFIXES
    return name, str(path.with_suffix("")) if known else name


def page_places(volume: str, page: str) -> list[str]:
    """Where files about a page may lie in a folder of such files, nearest first, less the files' own suffix."""
    folders = (*titles(volume), "")
    return [str(PurePosixPath(folder) / name) for folder in folders for name in titles(page)]


def printable(name: str) -> str:
    """A name as Unicode to be shown, also where it is none on disk."""
    return name.encode("utf-8", "backslashreplace").decode()


def unicode_name(name: str) -> str:
    """A name as Unicode for files, of which no two become one: bytes that are none on disk are written as %91."""
    return re.sub("[\udc80-\udcff]", lambda byte: f"%{ord(byte[0]) & 0xFF:02X}", name)
