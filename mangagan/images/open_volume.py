"""Open folders, lists of files, archives and PDFs as volumes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from mangagan.images.archives import rar_volume, zip_volume
from mangagan.images.errors import UnusableFile
from mangagan.images.files import image_files, read_file
from mangagan.images.limits import Limits
from mangagan.images.names import is_comic_info, is_page, is_visible, natural_key
from mangagan.images.pdf import pdf_volume
from mangagan.images.volume import Member, OpenVolume, Volume

# Readers of PDF accept its mark anywhere in so many bytes from the start.
_HEAD_BYTES = 1024


def folder_volume(folder: Path, apart: Sequence[Path] = ()) -> OpenVolume:
    """Return the opener of a folder: the images and ComicInfo.xml files under it, in natural order.

    Args:
        folder: Any folder.
        apart: Files and folders inside it that are no part of the volume.
    """

    def listed() -> dict[str, Path]:
        found = (path.relative_to(folder) for path in folder.rglob("*") if is_comic_info(path.name))
        infos = [path.as_posix() for path in found if is_visible(path.parts)]
        return {name: folder / name for name in sorted([*image_files(folder, apart), *infos], key=natural_key)}

    return partial(_files_volume, listed)


def files_volume(files: dict[str, Path]) -> OpenVolume:
    """Return the opener of single image files, keyed by their names in the volume."""
    return partial(_files_volume, lambda: files)


def open_volume(file: Path) -> OpenVolume:
    """Return the opener of an archive or PDF.

    The format is recognised by the first bytes, because many CBR files are ZIP files. The opener raises `UnusableFile`
    for a file that cannot be read.
    """
    return partial(_archive_volume, file)


@contextmanager
def _files_volume(listed: Callable[[], dict[str, Path]], limits: Limits) -> Iterator[Volume]:
    files = {name: path for name, path in listed().items() if path.is_file()}
    load = partial(read_file, max_bytes=limits.member_bytes)
    yield Volume(tuple(Member(name, partial(load, path), is_page(name)) for name, path in files.items()))


@contextmanager
def _archive_volume(file: Path, limits: Limits) -> Iterator[Volume]:
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD_BYTES)
    except OSError as error:
        raise UnusableFile(f"cannot be read: {error.strerror}") from error
    if head.startswith(b"PK"):
        volume = zip_volume
    elif head.startswith(b"Rar!"):
        volume = rar_volume
    elif b"%PDF" in head:
        volume = pdf_volume
    else:
        raise UnusableFile("it is not a ZIP, RAR or PDF file, or its beginning is damaged")
    with volume(file, limits) as members:
        yield members
