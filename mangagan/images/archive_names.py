"""Names of the members of archives: in which encoding they were written, and which are safe to write to disk."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath, PureWindowsPath

from mangagan.images.errors import UnusableFile
from mangagan.images.names import is_work_name

_MAX_NAME_BYTES = 1024


def safe_name(name: str) -> str:
    """Return the name of a member as a relative path with "/" between its parts.

    Raises:
        UnusableFile: The name is empty, too long or not printable, leads out of the archive, or is that of a working
            folder.
    """
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in name):
        raise UnusableFile("its name has control characters or broken Unicode in it")
    if len(name.encode()) > _MAX_NAME_BYTES:
        raise UnusableFile(f"its name is longer than {_MAX_NAME_BYTES} bytes")
    # Programs on Windows write backslashes.
    windows, path = PureWindowsPath(name), PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or windows.drive or windows.root or ".." in path.parts:
        raise UnusableFile("its name leads out of the archive")
    if not path.parts:
        raise UnusableFile("it has no name")
    # A hostile archive must not plant files among those of a run that is under way.
    if any(is_work_name(part) for part in path.parts):
        raise UnusableFile("its name is reserved for folders of unfinished work")
    return str(path)


def decode_names(raw: Sequence[bytes]) -> list[str]:
    """Return the names of the members of one archive that does not state their encoding.

    The encoding is UTF-8, Shift-JIS or, by the ZIP format, cp437. One encoding must fit all names. Shift-JIS must also
    yield a Japanese letter without an ASCII byte: European names in cp437 are often valid Shift-JIS, in which every
    accented letter swallows the plain one after it.
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
    # Hiragana, katakana and ideographs.
    known = "\u3040" <= letter <= "\u30ff" or "\u4e00" <= letter <= "\u9fff"
    return known and all(byte >= 0x80 for byte in letter.encode("cp932"))
