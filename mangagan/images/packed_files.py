"""The members of an archive of any format, with the checks of their names and sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import IO

from mangagan.images.archive_names import safe_name
from mangagan.images.errors import UnusableFile
from mangagan.images.file_kinds import HEAD_BYTES, picture_format
from mangagan.images.limits import Limits, check_declared_size, check_volume_size, read_bounded
from mangagan.images.names import is_page, is_visible
from mangagan.images.volume import Member, Volume


@dataclass(frozen=True)
class PackedFile:
    """A member as its archive declares it; sizes in bytes."""

    name: str
    size: int
    packed_size: int
    encrypted: bool
    open: Callable[[], IO[bytes]]


def packed_volume(files: Sequence[PackedFile], archive_size: int, limits: Limits) -> Volume:
    """Return the members of an archive as a volume.

    Args:
        files: The members, in their order.
        archive_size: Bytes of the archive's own file.
        limits: The largest members and volumes that are accepted.

    Raises:
        UnusableFile: The archive holds more than `limits` allow.
    """
    if len(files) > limits.members:
        raise UnusableFile(f"has {len(files)} members, more than the limit of {limits.members}")
    size = sum(file.size for file in files)
    check_volume_size(size, archive_size, limits)
    members: dict[str, Member] = {}
    left_out = []
    for file in files:
        if file.name.endswith(("/", "\\")):
            continue
        try:
            name = safe_name(file.name)
        except UnusableFile as reason:
            left_out.append((file.name, str(reason)))
            continue
        # Of equal names the last one counts, as for programs that unpack one member after the other.
        if members.pop(name, None):
            left_out.append((name, "another member of the same name follows"))
        page = is_page(name) or _is_picture(name, file, limits)
        members[name] = Member(name, partial(_unpack, file, limits), page)
    return Volume(tuple(members.values()), tuple(left_out), size=size)


def _is_picture(name: str, file: PackedFile, limits: Limits) -> bool:
    """Return whether a member whose suffix says nothing has the first bytes of a picture."""
    if not is_visible(name.split("/")) or file.encrypted or file.size > limits.member_bytes:
        return False
    try:
        with file.open() as opened:
            return picture_format(opened.read(HEAD_BYTES)) is not None
    except Exception:  # reported when the member is loaded
        return False


def _unpack(file: PackedFile, limits: Limits) -> bytes:
    if file.encrypted:
        raise UnusableFile("is encrypted and cannot be unpacked: unpack it with its password and give the folder")
    check_declared_size(file.size, file.packed_size, limits)
    try:
        with file.open() as opened:
            return read_bounded(opened, file.size)
    except UnusableFile:
        raise
    except Exception as error:  # damaged, or packed by an unknown method: there is no common class
        raise UnusableFile(f"cannot be unpacked: {error}") from error
