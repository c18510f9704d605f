"""What a volume consists of, read file by file: pages and what comes with them, from folders, archives and PDFs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mangagan.data.sources.entries import is_shown, natural, picture_files
from mangagan.data.sources.folders import read_bytes
from mangagan.images.decode import SUFFIXES, Unusable
from mangagan.images.limits import Limits

COMIC_INFO = "ComicInfo.xml"
ARCHIVE_SUFFIXES = frozenset((".cbz", ".zip", ".cbr", ".rar"))
VOLUME_SUFFIXES = ARCHIVE_SUFFIXES | {".pdf"}


@dataclass(frozen=True)
class Member:
    """A file of a volume: its path in there with "/" between the parts, and its bytes; `load` raises Unusable."""

    name: str
    load: Callable[[], bytes]
    is_page: bool


@dataclass(frozen=True)
class Volume:
    """Files in the order of their source, and (name, reason) of those that cannot be taken."""

    members: tuple[Member, ...]
    left_out: tuple[tuple[str, str], ...] = ()


OpenVolume = Callable[[Limits], AbstractContextManager[Volume]]


def is_page(name: str) -> bool:
    """Whether a path in a volume is that of a picture, and not of what a Mac puts beside one."""
    parts = name.split("/")
    return Path(parts[-1]).suffix.lower() in SUFFIXES and is_shown(parts)


def is_comic_info(name: str) -> bool:
    """Whether a path in a volume is that of a ComicInfo.xml, which some programs put into the pages' folder."""
    return name.rsplit("/", 1)[-1].lower() == COMIC_INFO.lower()


def folder_volume(folder: Path) -> OpenVolume:
    """The pictures and ComicInfo.xml files under a folder, in natural order; other files are no part of it."""

    def listed() -> dict[str, Path]:
        found = (path.relative_to(folder) for path in folder.rglob("*") if is_comic_info(path.name))
        infos = [path.as_posix() for path in found if is_shown(path.parts)]
        return {name: folder / name for name in sorted([*picture_files(folder), *infos], key=natural)}

    return partial(_files, listed)


def files_volume(files: dict[str, Path]) -> OpenVolume:
    """Single picture files under the names that they are to have in the volume."""
    return partial(_files, lambda: files)


def open_volume(file: Path) -> OpenVolume:
    """The files in an archive or PDF, told by its first bytes: many a CBR is a ZIP. Raises Unusable when opened."""
    return partial(_opened, file)


def volume_files(folder: Path) -> list[Path]:
    """The archives and PDFs under a folder, in natural order of their relative paths."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.suffix.lower() in VOLUME_SUFFIXES)
    names = sorted((path.as_posix() for path in found if is_shown(path.parts)), key=natural)
    return [folder / name for name in names if (folder / name).is_file()]


@contextmanager
def _files(listed: Callable[[], dict[str, Path]], limits: Limits) -> Iterator[Volume]:
    files = {name: path for name, path in listed().items() if path.is_file()}
    yield Volume(tuple(Member(name, partial(_load, path, limits), is_page(name)) for name, path in files.items()))


def _load(path: Path, limits: Limits) -> bytes:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror}") from error
    if size > limits.member_bytes:
        raise Unusable(f"has {size} bytes, more than the limit of {limits.member_bytes}")
    return read_bytes(path)


@contextmanager
def _opened(file: Path, limits: Limits) -> Iterator[Volume]:
    from mangagan.images.archives import rar_volume, zip_volume
    from mangagan.images.pdf import pdf_volume

    try:
        with file.open("rb") as opened:
            head = opened.read(1024)
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror}") from error
    if head.startswith(b"PK"):
        volume = zip_volume
    elif head.startswith(b"Rar!"):
        volume = rar_volume
    # Readers of PDF look for its mark in all of the first 1024 bytes.
    elif b"%PDF" in head:
        volume = pdf_volume
    else:
        raise Unusable("it is no ZIP, RAR or PDF file, or its beginning is damaged")
    with volume(file, limits) as members:
        yield members
