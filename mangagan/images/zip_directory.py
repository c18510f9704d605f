"""The directory of a ZIP file: its size, checked before it is parsed, and its mistakes, mended before it is."""

from __future__ import annotations

import io
import struct
from bisect import bisect_left
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits

# The end record (APPNOTE.TXT 4.3.16) lies before a comment of at most 65,535 bytes.
_END_MARK, _END = b"PK\x05\x06", struct.Struct("<4s4H2LH")
_END64_MARK, _END64 = b"PK\x06\x06", struct.Struct("<4sQ2H2L4Q")
_LOCATOR_MARK, _LOCATOR = b"PK\x06\x07", struct.Struct("<4sLQL")
_COMMENT_BYTES = 65_535
_ENTRY_MARK, _ENTRY_HEAD, _UTF8_HIGH = b"PK\x01\x02", 46, 0x08
_CHUNK_BYTES = 2**20
# An entry has 46 bytes, a name and extra fields. Longer ones on average are no comic; parsing them takes minutes.
_ENTRY_BYTES = 1024


def check_directory(file: IO[bytes], limits: Limits) -> None:
    """Check how large the directory of a ZIP file is, which `zipfile` reads and parses as a whole.

    A file without a readable end is left to `zipfile`, which refuses it.

    Args:
        file: The open file; its place is moved.
        limits: The most members.

    Raises:
        UnusableFile: It has more members than `limits` allow, or more bytes than so many members need.
        OSError: The file cannot be read.
    """
    members, size, end = _declared(file)
    if members > limits.members:
        raise UnusableFile(f"has {members} members, more than the limit of {limits.members}")
    if size > _ENTRY_BYTES * limits.members:
        raise UnusableFile(f"has a directory of {size} bytes, too many for {limits.members} members")
    # The number may be a lie: `zipfile` parses as many entries as the bytes hold.
    if size > _ENTRY_HEAD * limits.members and _entries(file, size, end) > limits.members:
        raise UnusableFile(f"has more members than the limit of {limits.members}")


def _entries(file: IO[bytes], size: int, end: int) -> int:
    """Return how often the mark of an entry occurs in the bytes of a directory that ends at a place of the file."""
    found, tail = 0, b""
    # A large end record and its locator may lie between.
    file.seek(max(0, end - size - _END64.size - _LOCATOR.size))
    while (left := end - file.tell()) > 0 and (chunk := file.read(min(left, _CHUNK_BYTES))):
        found += (tail + chunk).count(_ENTRY_MARK)
        tail = chunk[1 - len(_ENTRY_MARK) :]
    return found


def _declared(file: IO[bytes]) -> tuple[int, int, int]:
    """Return the number of members, the bytes of the directory and where its end record begins; 0 if there is none."""
    start = max(0, file.seek(0, 2) - _END.size - _COMMENT_BYTES - _LOCATOR.size)
    file.seek(start)
    tail = file.read()
    place = _end_place(tail)
    if place < 0 or place + _END.size > len(tail):
        return 0, 0, 0
    end = _END.unpack_from(tail, place)
    members, size = end[4], end[5]
    locator = tail[max(0, place - _LOCATOR.size) : place]
    if locator.startswith(_LOCATOR_MARK) and len(locator) == _LOCATOR.size:
        # Where the locator says, and right before it, where some versions of `zipfile` look.
        before = start + place - _LOCATOR.size - _END64.size
        places = (min(_LOCATOR.unpack(locator)[2], start + len(tail)), max(0, before))
        if records := [record for one in places if (record := _end64(file, one))]:
            members, size = (max(values) for values in zip(*records, strict=True))
    return members, size, start + place


def _end_place(tail: bytes) -> int:
    """Return where the end record begins, as `zipfile` finds it: at the very end, or else before a comment."""
    last = tail[-_END.size :]
    return len(tail) - _END.size if last[:4] == _END_MARK and last[-2:] == b"\0\0" else tail.rfind(_END_MARK)


def _end64(file: IO[bytes], place: int) -> tuple[int, int] | None:
    """Return the members and the bytes that the large end record at a place declares, None if there is none."""
    file.seek(place)
    record = file.read(_END64.size)
    if not record.startswith(_END64_MARK) or len(record) != _END64.size:
        return None
    members, size = _END64.unpack(record)[7:9]
    return members, size


def without_wrong_flags(file: Path) -> IO[bytes]:
    """Open a ZIP file as it would be if names that are no UTF-8 did not claim to be.

    `zipfile` refuses an archive that has one such name. Only what is read of the flags differs from the file.

    Args:
        file: A ZIP file whose directory is of a size that was checked.

    Raises:
        OSError: The file cannot be read.
    """
    size = file.stat().st_size
    with file.open("rb") as opened:
        _, length, _ = _declared(opened)
        # The end record follows the directory.
        start = max(0, size - length - _END.size - _COMMENT_BYTES - _END64.size - _LOCATOR.size)
        opened.seek(start)
        tail = opened.read()
    bytes_at: dict[int, int] = {}
    place = tail.find(_ENTRY_MARK)
    while 0 <= place and place + _ENTRY_HEAD <= len(tail):
        lengths = struct.unpack_from("<3H", tail, place + 28)
        name = tail[place + _ENTRY_HEAD : place + _ENTRY_HEAD + lengths[0]]
        # The flag is in the high byte of the flags, here and before the member itself.
        if tail[place + 9] & _UTF8_HIGH and not _is_utf8(name):
            flags = tail[place + 9] & ~_UTF8_HIGH
            member = int.from_bytes(tail[place + 42 : place + 46], "little")
            bytes_at |= {start + place + 9: flags, member + 7: flags}
        place = tail.find(_ENTRY_MARK, place + _ENTRY_HEAD + sum(lengths))
    return io.BufferedReader(_Overlaid(file, bytes_at))


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


class _Overlaid(io.RawIOBase):
    """A file in which some bytes are read as others."""

    def __init__(self, file: Path, bytes_at: Mapping[int, int]) -> None:
        self._file, self._bytes_at, self._places = file.open("rb"), bytes_at, sorted(bytes_at)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        start = self._file.tell()
        count = self._file.readinto(buffer)
        for place in self._places[bisect_left(self._places, start) : bisect_left(self._places, start + count)]:
            buffer[place - start] = self._bytes_at[place]
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
