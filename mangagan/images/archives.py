"""CBZ, ZIP, CBR and RAR files as volumes, read member by member without unpacking to disk.

Archives come from anywhere, so nothing that they declare is trusted: names, sizes and checksums are all checked.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from mangagan.images.archive_names import decode_names, safe_name
from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits, check_declared_size, read_bounded
from mangagan.images.names import is_page, natural_key
from mangagan.images.volume import Member, Volume

# Bits of the flags of a ZIP member.
_ENCRYPTED, _UTF8 = 0x1, 0x800


@dataclass(frozen=True)
class _PackedFile:
    """A member as its archive declares it; sizes in bytes."""

    name: str
    size: int
    packed_size: int
    encrypted: bool
    open: Callable[[], IO[bytes]]


@contextmanager
def zip_volume(file: Path, limits: Limits) -> Iterator[Volume]:
    """Open a ZIP file as a volume, its members in their own order.

    Raises:
        UnusableFile: The file cannot be read, or holds more than `limits` allow.
    """
    with open_zip(file) as archive:
        yield zip_members(archive, limits)


def open_zip(file: Path) -> zipfile.ZipFile:
    """Open a ZIP file.

    Raises:
        UnusableFile: The file cannot be read.
    """
    try:
        return zipfile.ZipFile(file)
    except Exception as error:  # a damaged directory raises errors that have no common class
        raise UnusableFile(f"is not a readable ZIP file: {error}") from error


def zip_members(archive: zipfile.ZipFile, limits: Limits) -> Volume:
    """Return the members of an open ZIP file, which can be loaded while it stays open.

    Raises:
        UnusableFile: The archive holds more than `limits` allow.
    """
    infos = archive.infolist()
    return _volume([_zip_file(archive, *pair) for pair in zip(infos, _zip_names(infos), strict=True)], limits)


@contextmanager
def rar_volume(file: Path, limits: Limits) -> Iterator[Volume]:
    """Open a RAR file as a volume, its members in natural order.

    Raises:
        UnusableFile: The file cannot be read or holds more than `limits` allow, or no program that unpacks RAR is
            installed.
    """
    try:
        import rarfile
    except ImportError as error:
        raise UnusableFile("reading RAR needs rarfile: pip install 'mangagan[rar]'") from error
    try:
        archive = rarfile.RarFile(file)
        files = (info for info in archive.infolist() if not info.is_dir())
        infos = sorted(files, key=lambda info: natural_key(info.filename))
        # rarfile reads stored members itself; all others need a program.
        if any(info.compress_type != rarfile.RAR_M0 for info in infos):
            rarfile.tool_setup()
    except rarfile.RarCannotExec as error:
        raise UnusableFile("unpacking RAR needs one of unrar, unar, 7z and bsdtar on the PATH") from error
    except Exception as error:
        raise UnusableFile(f"is not a readable RAR file: {error}") from error
    with archive:
        yield _volume([_rar_file(archive, info) for info in infos], limits)


def _zip_names(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    # zipfile decodes names without the UTF-8 flag as cp437, in which every byte is a letter: the bytes come back.
    raw = [b"" if info.flag_bits & _UTF8 else info.orig_filename.encode("cp437") for info in infos]
    return [name or info.orig_filename for name, info in zip(decode_names(raw), infos, strict=True)]


def _zip_file(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> _PackedFile:
    encrypted = bool(info.flag_bits & _ENCRYPTED)
    return _PackedFile(name, info.file_size, info.compress_size, encrypted, partial(archive.open, info))


def _rar_file(archive: Any, info: Any) -> _PackedFile:
    encrypted = info.needs_password()
    return _PackedFile(info.filename, info.file_size, info.compress_size, encrypted, partial(archive.open, info))


def _volume(files: Sequence[_PackedFile], limits: Limits) -> Volume:
    if len(files) > limits.members:
        raise UnusableFile(f"has {len(files)} members, more than the limit of {limits.members}")
    total = sum(file.size for file in files)
    if total > limits.volume_bytes:
        raise UnusableFile(f"unpacks to {total} bytes, more than the limit of {limits.volume_bytes}")
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
        members[name] = Member(name, partial(_unpack, file, limits), is_page(name))
    return Volume(tuple(members.values()), tuple(left_out))


def _unpack(file: _PackedFile, limits: Limits) -> bytes:
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
