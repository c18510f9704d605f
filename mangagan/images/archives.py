"""CBZ, ZIP, CBR and RAR files as volumes, read member by member, however hostile they are."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from mangagan.data.sources.entries import natural
from mangagan.data.sources.zips import MAX_RATIO, check_declared
from mangagan.images.decode import Unusable
from mangagan.images.limits import Limits, read_bounded
from mangagan.images.names import decode_names, safe_name
from mangagan.images.open_volume import Member, Volume, is_page

_ENCRYPTED, _UTF8 = 0x1, 0x800


@dataclass(frozen=True)
class _Packed:
    name: str
    size: int
    packed: int
    encrypted: bool
    open: Callable[[], IO[bytes]]


@contextmanager
def zip_volume(file: Path, limits: Limits) -> Iterator[Volume]:
    """The files in a ZIP file in its own order. Raises Unusable where it cannot be read or has too much in it."""
    try:
        archive = zipfile.ZipFile(file)
    except Exception as error:  # what a damaged directory raises has no common class
        raise Unusable(f"is no readable ZIP file: {error}") from error
    with archive:
        infos = archive.infolist()
        yield _volume([_zipped(archive, *pair) for pair in zip(infos, _zip_names(infos), strict=True)], limits)


@contextmanager
def rar_volume(file: Path, limits: Limits) -> Iterator[Volume]:
    """The files in a RAR file in natural order. Raises Unusable as `zip_volume` does, and where nothing unpacks RAR."""
    try:
        import rarfile
    except ImportError as error:
        raise Unusable("reading RAR needs rarfile: pip install 'mangagan[rar]'") from error
    try:
        archive = rarfile.RarFile(file)
        infos = sorted(
            (info for info in archive.infolist() if not info.is_dir()), key=lambda info: natural(info.filename)
        )
        if any(info.compress_type != rarfile.RAR_M0 for info in infos):
            rarfile.tool_setup()
    except rarfile.RarCannotExec as error:
        raise Unusable("unpacking RAR needs one of unrar, unar, 7z and bsdtar on the PATH") from error
    except Exception as error:
        raise Unusable(f"is no readable RAR file: {error}") from error
    with archive:
        yield _volume([_rarred(archive, info) for info in infos], limits)


def _zip_names(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    # zipfile takes names without the mark of UTF-8 for cp437, in which every byte is a letter.
    raw = [b"" if info.flag_bits & _UTF8 else info.orig_filename.encode("cp437") for info in infos]
    return [name or info.orig_filename for name, info in zip(decode_names(raw), infos, strict=True)]


def _zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> _Packed:
    return _Packed(
        name, info.file_size, info.compress_size, bool(info.flag_bits & _ENCRYPTED), partial(archive.open, info)
    )


def _rarred(archive: Any, info: Any) -> _Packed:
    return _Packed(
        info.filename, info.file_size, info.compress_size, info.needs_password(), partial(archive.open, info)
    )


def _volume(files: Sequence[_Packed], limits: Limits) -> Volume:
    """Of files with the same name the last one counts, as it does for all who unpack them one after the other."""
    if len(files) > limits.members:
        raise Unusable(f"has {len(files)} members, more than the limit of {limits.members}")
    total = sum(file.size for file in files)
    if total > limits.volume_bytes:
        raise Unusable(f"unpacks to {total} bytes, more than the limit of {limits.volume_bytes}")
    members: dict[str, Member] = {}
    left_out = []
    for file in files:
        if file.name.endswith(("/", "\\")):
            continue
        try:
            name = safe_name(file.name)
        except Unusable as reason:
            left_out.append((file.name, str(reason)))
            continue
        if members.pop(name, None):
            left_out.append((name, "another member of the same name follows"))
        members[name] = Member(name, partial(_unpack, file, limits), is_page(name))
    return Volume(tuple(members.values()), tuple(left_out))


def _unpack(file: _Packed, limits: Limits) -> bytes:
    if file.encrypted:
        raise Unusable("is encrypted: unpack the archive with its password and give the folder")
    check_declared(file.size, file.packed, limits.member_bytes, MAX_RATIO)
    try:
        with file.open() as opened:
            return read_bounded(opened, file.size)
    except Unusable:
        raise
    except Exception as error:  # damaged, or packed in an unknown way: there is no common class
        raise Unusable(f"cannot be unpacked: {error}") from error
