"""Names of the members of archives: in which encoding they were written, and which are safe to write to disk."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath, PureWindowsPath

from mangagan.images.errors import UnusableFile
from mangagan.images.names import is_work_name

_MAX_NAME_BYTES = 1024
# The first bytes of the common letters of each encoding: level 1 of JIS X 0208, of GB 2312 and of Big5, and the Hangul
# of KS X 1001. Of equal shares the first one counts: Shift-JIS is the likeliest among comics. The range of Hangul is a
# part of that of GB 2312: Korean names are told from Chinese ones by the syllables that every Korean text has.
_COMMON_LETTERS = {"cp932": (0x88, 0x98), "cp949": (0xB0, 0xC8), "gbk": (0xB0, 0xD7), "big5": (0xA4, 0xC6)}
_LEAST_SHARE = 0.5
_FREQUENT_HANGUL = frozenset(
    "이가의에는을를은고다하지기사로자리나인어아스라대시도해원한일그전정부수만장보여주과상소와제비국무공구신유서마방미음동화권편표"
)
_LEAST_FREQUENT = 0.2


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

    The encoding is UTF-8, one of East Asia (Shift-JIS, GBK, EUC-KR or Big5) or, by the ZIP format, cp437. One encoding
    must fit all names. Nearly any bytes are valid in several of East Asia: the one is taken in which most letters are
    common ones, those of the first level of its standard. European names in cp437, in which every accented letter would
    swallow the plain one after it, have hardly any such letter.
    """
    try:
        return [name.decode() for name in raw]
    except UnicodeDecodeError:
        pass
    decoded = {encoding: _decoded(raw, encoding) for encoding in _COMMON_LETTERS}
    shares = {encoding: _common_share(names, encoding) for encoding, names in decoded.items() if names}
    best = max(shares, key=lambda encoding: shares[encoding], default="")
    names = decoded.get(best)
    return names if names and shares[best] >= _LEAST_SHARE else [name.decode("cp437") for name in raw]


def _decoded(raw: Sequence[bytes], encoding: str) -> list[str] | None:
    try:
        return [name.decode(encoding) for name in raw]
    except UnicodeDecodeError:
        return None


def _common_share(names: Sequence[str], encoding: str) -> float:
    """Return the share of common letters among those that are no ASCII."""
    letters = [letter for name in names for letter in name if not letter.isascii()]
    frequent = sum(letter in _FREQUENT_HANGUL for letter in letters)
    if encoding == "cp949" and frequent < _LEAST_FREQUENT * len(letters):
        return 0.0
    return sum(_is_common(letter, encoding) for letter in letters) / max(1, len(letters))


def _is_common(letter: str, encoding: str) -> bool:
    code = letter.encode(encoding)
    # A second byte that is ASCII is the plain letter behind an accented one in cp437.
    if len(code) != 2 or code[1] < 0x80:
        return False
    # Signs such as the wide exclamation mark stand in names of all languages.
    if "\u3000" <= letter <= "\u301f" or "\uff01" <= letter <= "\uff5e":
        return True
    first, last = _COMMON_LETTERS[encoding]
    is_kana = "\u3040" <= letter <= "\u30ff"
    return encoding == "cp932" if is_kana else first <= code[0] <= last
