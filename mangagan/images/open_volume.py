"""Open folders, lists of files, archives and PDFs as volumes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from mangagan.images.archives import rar_volume, tar_volume, zip_volume
from mangagan.images.errors import UnusableFile
from mangagan.images.file_kinds import archive_format
from mangagan.images.files import is_page_file, list_files, read_file, read_head
from mangagan.images.limits import Limits
from mangagan.images.names import VOLUME_SUFFIXES
from mangagan.images.pdf import pdf_volume
from mangagan.images.sevenzip import sevenzip_volume
from mangagan.images.volume import Member, OpenVolume, Volume


def folder_volume(folder: Path, apart: Sequence[Path] = ()) -> OpenVolume:
    """Return the opener of a folder: all visible files under it but archives, in natural order.

    Args:
        folder: Any folder.
        apart: Files and folders inside it that are no part of the volume.
    """
    return partial(_folder_volume, folder, tuple(apart))


def files_volume(files: dict[str, Path]) -> OpenVolume:
    """Return the opener of single image files, keyed by their names in the volume."""
    return partial(_files_volume, files)


def open_volume(file: Path) -> OpenVolume:
    """Return the opener of an archive or PDF.

    The format is recognised by the first bytes, because many CBR files are ZIP files. The opener raises `UnusableFile`
    for a file that cannot be read.
    """
    return partial(_archive_volume, file)


@contextmanager
def _folder_volume(folder: Path, apart: Sequence[Path], limits: Limits) -> Iterator[Volume]:
    found = list_files(folder, apart)
    # Archives and PDFs are volumes of their own.
    names = [name for name in found.names if Path(name).suffix.lower() not in VOLUME_SUFFIXES]
    yield Volume(_members({name: folder / name for name in names}, limits), found.faults)


@contextmanager
def _files_volume(files: dict[str, Path], limits: Limits) -> Iterator[Volume]:
    yield Volume(_members(files, limits))


def _members(files: dict[str, Path], limits: Limits) -> tuple[Member, ...]:
    load = partial(read_file, max_bytes=limits.member_bytes)
    return tuple(
        Member(name, partial(load, path), is_page_file(path), path.stat().st_mtime) for name, path in files.items()
    )


@contextmanager
def _archive_volume(file: Path, limits: Limits) -> Iterator[Volume]:
    try:
        kind = archive_format(read_head(file))
    except OSError as error:
        raise UnusableFile(f"cannot be read: {error.strerror}") from error
    openers = {
        "ZIP": zip_volume,
        "RAR": rar_volume,
        "7-Zip": sevenzip_volume,
        "tar": tar_volume,
        "PDF": pdf_volume,
    }
    if kind is None:
        raise UnusableFile("it is no archive or PDF that can be read, or its beginning is damaged")
    with openers[kind](file, limits) as volume:
        yield volume
