"""Sources that are CBZ or ZIP files, read member by member without unpacking anything to disk."""

from __future__ import annotations

import sys
from functools import lru_cache, partial
from pathlib import Path

from mangagan.data.sources.entries import Entry, PageImages, PageLabel, Source, color_page, missing, works
from mangagan.data.sources.folders import OWN, listing
from mangagan.images.archives import open_zip, zip_members, zip_volume
from mangagan.images.errors import UnusableFile
from mangagan.images.files import files_with_suffixes
from mangagan.images.limits import Limits
from mangagan.images.names import is_page, natural_key
from mangagan.images.volume import Member

_SUFFIXES = frozenset((".cbz", ".zip"))
# A training set may have any number of pages; each of them is limited as everywhere.
_LIMITS = Limits(members=sys.maxsize, volume_bytes=sys.maxsize)


def zipped(argument: str) -> Source:
    """Return the images in a CBZ or ZIP file, or in all such files under a folder, as a source.

    Raises:
        ValueError: There is no such file.
    """
    root = Path(argument).expanduser().resolve()
    folder, names = (root.parent, [root.name]) if root.is_file() else (root, files_with_suffixes(root, _SUFFIXES))
    if not names:
        raise ValueError(f"there is no CBZ or ZIP file at {root}")

    def entries() -> list[Entry]:
        work = works(names)
        return [entry for name in names for entry in _archive_entries(folder / name, name, work[name])]

    return Source(root.stem, listing(folder, names), OWN, entries)


def _archive_entries(path: Path, name: str, work: str) -> list[Entry]:
    try:
        with zip_volume(path, _LIMITS) as volume:
            pages = [member.name for member in volume.members if member.is_page]
    except UnusableFile as reason:
        return [Entry(PageLabel(name, work), partial(missing, str(reason)))]
    # Pages with unsafe names are listed as well, so that the reason for each missing page is reported.
    refused = {page: partial(missing, reason) for page, reason in volume.left_out if is_page(page)}
    loads = refused | {page: partial(_load_page, path, page, _LIMITS) for page in pages}
    return [Entry(PageLabel(f"{name}/{page}", work), loads[page]) for page in sorted(loads, key=natural_key)]


def _load_page(path: Path, page: str, limits: Limits) -> PageImages:
    return color_page(_members(path, limits)[page].load())


# Entries are read in worker processes, many of one archive in a row: each process keeps a few archives open.
@lru_cache(maxsize=4)
def _members(path: Path, limits: Limits) -> dict[str, Member]:
    return {member.name: member for member in zip_members(open_zip(path, limits), limits).members}
