"""CBZ, ZIP, CBR, RAR and tar files as volumes, read member by member without unpacking to disk.

Archives come from anywhere, so nothing that they declare is trusted: names, sizes and checksums are all checked.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any

from mangagan.images.archive_names import decode_names
from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits
from mangagan.images.names import natural_key
from mangagan.images.nested_archives import open_nested
from mangagan.images.packed_files import PackedFile, packed_volume
from mangagan.images.volume import Volume
from mangagan.images.zip_directory import check_directory, without_wrong_flags

# Bits of the flags of a ZIP member.
_ENCRYPTED, _UTF8 = 0x1, 0x800


@contextmanager
def zip_volume(file: Path, limits: Limits) -> Iterator[Volume]:
    """Open a ZIP file as a volume, its members in their own order.

    Raises:
        UnusableFile: The file cannot be read, or holds more than `limits` allow.
    """
    with open_zip(file, limits) as archive:
        yield _nested(zip_members(archive, limits), file, limits)


def open_zip(file: Path, limits: Limits) -> zipfile.ZipFile:
    """Open a ZIP file.

    Raises:
        UnusableFile: The file cannot be read, or has more members than `limits` allow.
    """
    try:
        with file.open("rb") as opened:
            check_directory(opened, limits)
        try:
            return zipfile.ZipFile(file)
        except UnicodeDecodeError:
            return zipfile.ZipFile(without_wrong_flags(file))
    except UnusableFile:
        raise
    except Exception as error:  # a damaged directory raises errors that have no common class
        raise UnusableFile(f"is not a readable ZIP file: {error}") from error


def zip_members(archive: zipfile.ZipFile, limits: Limits) -> Volume:
    """Return the members of an open ZIP file, which can be loaded while it stays open.

    Raises:
        UnusableFile: The archive holds more than `limits` allow.
    """
    infos = archive.infolist()
    size = archive.fp.seek(0, 2) if archive.fp else 0
    files = [_zip_file(archive, *pair) for pair in zip(infos, zip_names(infos), strict=True)]
    return packed_volume(files, size, limits)


def zip_names(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """Return the names of the members of a ZIP file, in the encoding in which they were written."""
    # zipfile decodes names without the UTF-8 flag as cp437, in which every byte is a letter: the bytes come back.
    raw = [b"" if info.flag_bits & _UTF8 else info.orig_filename.encode("cp437") for info in infos]
    return [name or info.orig_filename for name, info in zip(decode_names(raw), infos, strict=True)]


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
        packed = [_rar_file(archive, info) for info in infos]
        yield _nested(packed_volume(packed, file.stat().st_size, limits), file, limits)


@contextmanager
def tar_volume(file: Path, limits: Limits) -> Iterator[Volume]:
    """Open an uncompressed tar file (CBT) as a volume, its members in their own order.

    Raises:
        UnusableFile: The file cannot be read, or holds more than `limits` allow.
    """
    try:
        archive = tarfile.open(file, "r:")
        infos = [info for info, _ in zip(archive, range(limits.members + 1), strict=False) if not info.isdir()]
    except Exception as error:
        raise UnusableFile(f"is not a readable tar file: {error}") from error
    with archive:
        files = [_tar_file(file, info) for info in infos]
        yield _nested(packed_volume(files, file.stat().st_size, limits), file, limits)


def _nested(volume: Volume, file: Path, limits: Limits) -> Volume:
    return open_nested(volume, file.stat().st_size, limits, zip_members)


def _zip_file(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> PackedFile:
    encrypted = bool(info.flag_bits & _ENCRYPTED)
    return PackedFile(name, info.file_size, info.compress_size, encrypted, partial(archive.open, info))


def _rar_file(archive: Any, info: Any) -> PackedFile:
    encrypted = info.needs_password()
    return PackedFile(info.filename, info.file_size, info.compress_size, encrypted, partial(archive.open, info))


def _tar_file(file: Path, info: tarfile.TarInfo) -> PackedFile:
    return PackedFile(info.name, info.size, info.size, False, partial(_open_tar_member, file, info))


def _open_tar_member(file: Path, info: tarfile.TarInfo) -> IO[bytes]:
    # A link would read another member, and a sparse file holds what takes no room in the archive.
    if not info.isreg() or info.issparse():
        raise UnusableFile("is no regular file")
    # Opened anew: threads would move each other's place in one file.
    with file.open("rb") as opened:
        opened.seek(info.offset_data)
        return io.BytesIO(opened.read(info.size))
