"""The directory of a ZIP file is counted before it is parsed, whatever its end record says."""

from __future__ import annotations

import io
import struct

import pytest

from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits
from mangagan.images.zip_directory import check_directory

LIMITS = Limits(members=100)


def directory(count: int) -> bytes:
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, *[0] * 7, 5, *[0] * 6) + b"1.png"
    return entry * count


def end(members: int, size: int, offset: int = 0, comment: int = 0) -> bytes:
    return struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, members, members, size, offset, comment)


def end64(members: int, size: int) -> bytes:
    return struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, members, members, size, 0)


def locator(place: int) -> bytes:
    return struct.pack("<4sLQL", b"PK\6\7", 0, place, 1)


MANY, FEW = directory(101), directory(100)
# The mark of an end record, where the end record has the offset of the directory.
MARK = int.from_bytes(b"PK\5\6", "little")


@pytest.mark.parametrize(
    "content",
    [
        MANY + end(101, len(MANY)),
        MANY + end(3, len(MANY)),
        MANY + end(3, len(MANY), comment=9) + b"a comment",
        MANY + end(3, len(MANY), offset=MARK),
        MANY + end64(101, len(MANY)) + locator(len(MANY)) + end(65535, 2**32 - 1),
        MANY + end64(3, len(MANY)) + locator(len(MANY)) + end(65535, 2**32 - 1),
        # The locator shows one record, and another lies where `zipfile` looks.
        end64(3, 9) + MANY + end64(3, len(MANY)) + locator(0) + end(65535, 2**32 - 1),
        bytes(200_000) + end(3, 200_000),
    ],
    ids=range(8),
)
def test_too_many_members_are_refused(content):
    with pytest.raises(UnusableFile, match="more (members )?than the limit of 100|too many for 100 members"):
        check_directory(io.BytesIO(content), LIMITS)


@pytest.mark.parametrize(
    "content",
    [
        FEW + end(100, len(FEW)),
        FEW + end(100, len(FEW), comment=9) + b"a comment",
        FEW + end64(100, len(FEW)) + locator(len(FEW)) + end(65535, 2**32 - 1),
        b"",
        b"PK\5\6",
        b"no archive",
    ],
    ids=range(6),
)
def test_others_are_left_to_zipfile(content):
    check_directory(io.BytesIO(content), LIMITS)
