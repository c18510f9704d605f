"""Sources that are CBZ or ZIP files, read member by member without unpacking anything to disk."""

from __future__ import annotations

import zipfile
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath

from mangagan.data.sources.entries import (
    Entry,
    Label,
    Pictures,
    Source,
    color_page,
    is_shown,
    missing,
    natural,
    works,
)
from mangagan.data.sources.folders import OWN, listing
from mangagan.images.decode import SUFFIXES, Unusable

MAX_MEMBER_BYTES = 256 * 2**20
# Pictures hardly shrink; only what is larger than a page and packs better than this is a bomb.
MAX_RATIO, _MIN_BOMB_BYTES = 200, 8 * 2**20


def zipped(argument: str) -> Source:
    """The pictures in a CBZ or ZIP file, or in all such files under a folder. Raises ValueError for no such file."""
    root = Path(argument).expanduser().resolve()
    folder, names = (root.parent, [root.name]) if root.is_file() else (root, _zip_files(root))
    if not names:
        raise ValueError(f"there is no CBZ or ZIP file at {root}")

    def entries() -> list[Entry]:
        work = works(names)
        return [entry for name in names for entry in _members(folder / name, name, work[name])]

    return Source(root.stem, listing(folder, names), OWN, entries)


def _zip_files(root: Path) -> list[str]:
    found = (path for path in root.rglob("*") if path.suffix.lower() in (".cbz", ".zip"))
    names = (path.relative_to(root) for path in found)
    return sorted((name.as_posix() for name in names if is_shown(name.parts)), key=natural)


def _members(path: Path, name: str, work: str) -> list[Entry]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info.filename for info in archive.infolist() if not info.is_dir()]
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
        return [Entry(Label(name, work), partial(missing, f"is no readable ZIP file: {error}"))]
    pages = dict.fromkeys(sorted(filter(_is_page, members), key=natural))
    return [Entry(Label(f"{name}/{page}", work), partial(_load_member, path, page)) for page in pages]


def _is_page(member: str) -> bool:
    path = PurePosixPath(member)
    return path.suffix.lower() in SUFFIXES and is_shown(path.parts)


def _load_member(path: Path, member: str) -> Pictures:
    try:
        archive = _open(path)
        info = archive.getinfo(member)
        check_declared(info.file_size, info.compress_size, MAX_MEMBER_BYTES, MAX_RATIO)
        with archive.open(info) as file:
            data = file.read(MAX_MEMBER_BYTES + 1)
    except Unusable:
        raise
    except Exception as error:  # encrypted, damaged or packed with an unknown method: zipfile has no common error
        raise Unusable(f"cannot be unpacked: {error}") from error
    return color_page(data)


def check_declared(size: int, packed: int, most: int, ratio: int) -> None:
    """Raises Unusable for a member that says it unpacks to too many bytes, by itself or for its packed size."""
    # zipfile never unpacks more than the size that is declared.
    if size > most:
        raise Unusable(f"unpacks to {size} bytes, more than the limit of {most}")
    if size > max(_MIN_BOMB_BYTES, ratio * packed):
        raise Unusable(f"unpacks to {size} bytes from {packed}: an archive bomb")


@lru_cache(maxsize=4)
def _open(path: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)
