"""Archives inside archives: their pages are members of the outer volume, one level deep."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePosixPath

from mangagan.images.errors import UnusableFile
from mangagan.images.file_kinds import HEAD_BYTES, archive_format
from mangagan.images.limits import Limits, check_volume_size
from mangagan.images.names import VOLUME_SUFFIXES, is_visible
from mangagan.images.volume import Member, Volume
from mangagan.images.zip_directory import check_directory

# Returns the members of an open ZIP file.
ZipMembers = Callable[[zipfile.ZipFile, Limits], Volume]


def open_nested(volume: Volume, archive_size: int, limits: Limits, zip_members: ZipMembers) -> Volume:
    """Return a volume in which ZIP files are replaced by their members, named ARCHIVE/MEMBER.

    Archives of other formats and those that are two levels deep stay as they are, with a remark.

    Args:
        volume: The members of the outer archive.
        archive_size: Bytes of the outer archive's own file.
        limits: The largest members and volumes that are accepted.
        zip_members: Lists an inner archive.

    Raises:
        UnusableFile: All archives together hold more than `limits` allow.
    """
    opener = _Opener(limits, zip_members)
    members: list[Member] = []
    left_out, remarks, size = list(volume.left_out), list(volume.remarks), volume.size
    for member in volume.members:
        inner = opener.listed(member) if _is_volume(member) else None
        if isinstance(inner, str):
            remarks.append((member.name, inner))
        if not isinstance(inner, Volume):
            members.append(member)
            continue
        size += inner.size
        check_volume_size(size, archive_size, limits)
        members += [opener.outside(member, page) for page in inner.members]
        left_out += [(f"{member.name}/{name}", reason) for name, reason in inner.left_out]
        deep = [page.name for page in inner.members if _is_volume(page)]
        remarks += [(f"{member.name}/{name}", "lies in an archive in an archive: unpack that first") for name in deep]
    if len(members) > limits.members:
        raise UnusableFile(f"has {len(members)} members, more than the limit of {limits.members}")
    return Volume(tuple(members), tuple(left_out), tuple(remarks), size)


@dataclass
class _Opener:
    """Opens inner archives for several threads; the last one stays open, because pages are read in their order."""

    limits: Limits
    zip_members: ZipMembers
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _name: str = ""
    _members: dict[str, Member] = field(default_factory=dict)

    def listed(self, archive: Member) -> Volume | str | None:
        """Return the members of an inner archive, the reason why it has none, or None if it has no page."""
        try:
            data = archive.load()
            kind = archive_format(data[:HEAD_BYTES])
            if kind != "ZIP":
                return f"is a {kind} file in an archive: unpack the archive first" if kind else None
            inner = self._volume(data)
        except UnusableFile as reason:
            return f"is an archive that cannot be read: {reason}"
        return inner if any(page.is_page for page in inner.members) else None

    def outside(self, archive: Member, page: Member) -> Member:
        """Return a member of an inner archive as one of the outer volume."""
        name = f"{archive.name}/{page.name}"
        return replace(page, name=name, archive=archive.name, load=partial(self._load, archive, page.name))

    def _load(self, archive: Member, name: str) -> bytes:
        with self._lock:
            if self._name != archive.name:
                self._members = {page.name: page for page in self._volume(archive.load()).members}
                self._name = archive.name
            return self._members[name].load()

    def _volume(self, data: bytes) -> Volume:
        try:
            check_directory(io.BytesIO(data), self.limits)
            archive = zipfile.ZipFile(io.BytesIO(data))
        except UnusableFile:
            raise
        except Exception as error:  # a damaged directory raises errors that have no common class
            raise UnusableFile(f"is not a readable ZIP file: {error}") from error
        return self.zip_members(archive, self.limits)


def _is_volume(member: Member) -> bool:
    path = PurePosixPath(member.name)
    return not member.is_page and path.suffix.lower() in VOLUME_SUFFIXES and is_visible(path.parts)
