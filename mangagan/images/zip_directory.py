"""The end of a ZIP file, read before its directory: how many members it declares, and in how many bytes."""

from __future__ import annotations

import struct
from pathlib import Path

from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits

# The end record (APPNOTE.TXT 4.3.16) lies before a comment of at most 65,535 bytes.
_END_MARK, _END = b"PK\x05\x06", struct.Struct("<4s4H2LH")
_END64_MARK, _END64 = b"PK\x06\x06", struct.Struct("<4sQ2H2L4Q")
_LOCATOR_MARK, _LOCATOR = b"PK\x06\x07", struct.Struct("<4sLQL")
_COMMENT_BYTES = 65_535
# An entry has 46 bytes, a name and extra fields. Longer ones on average are no comic; parsing them takes minutes.
_ENTRY_BYTES = 1024


def check_directory(file: Path, limits: Limits) -> None:
    """Check how large the directory of a ZIP file is, which `zipfile` reads and parses as a whole.

    A file without a readable end is left to `zipfile`, which refuses it.

    Raises:
        UnusableFile: It has more members than `limits` allow, or more bytes than so many members need.
        OSError: The file cannot be read.
    """
    members, size = _declared(file)
    if members > limits.members:
        raise UnusableFile(f"has {members} members, more than the limit of {limits.members}")
    if size > _ENTRY_BYTES * limits.members:
        raise UnusableFile(f"has a directory of {size} bytes, too many for {limits.members} members")


def _declared(file: Path) -> tuple[int, int]:
    """Return the number of members and the bytes of the directory, (0, 0) if there is no end record."""
    with file.open("rb") as opened:
        start = max(0, opened.seek(0, 2) - _END.size - _COMMENT_BYTES - _LOCATOR.size)
        opened.seek(start)
        tail = opened.read()
        place = tail.rfind(_END_MARK)
        if place < 0 or place + _END.size > len(tail):
            return 0, 0
        end = _END.unpack_from(tail, place)
        members, size = end[4], end[5]
        locator = tail[max(0, place - _LOCATOR.size) : place]
        if locator.startswith(_LOCATOR_MARK) and len(locator) == _LOCATOR.size:
            opened.seek(min(_LOCATOR.unpack(locator)[2], start + len(tail)))
            record = opened.read(_END64.size)
            if record.startswith(_END64_MARK) and len(record) == _END64.size:
                members, size = _END64.unpack(record)[7:9]
    return members, size
