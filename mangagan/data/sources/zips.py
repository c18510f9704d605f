"""Sources that are CBZ or ZIP files, read member by member without unpacking anything to disk."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath

from mangagan.data.sources.entries import Entry, PageImages, PageLabel, Source, color_page, missing, works
from mangagan.data.sources.folders import OWN
from mangagan.data.sources.source_files import NO_PICTURE, SourceFiles, Unused, source_files, source_path
from mangagan.images.archives import zip_volume
from mangagan.images.errors import UnusableFile
from mangagan.images.file_kinds import archive_format
from mangagan.images.files import read_head
from mangagan.images.limits import Limits
from mangagan.images.names import ARCHIVE_SUFFIXES, is_comic_info, is_page, is_visible, natural_key, unicode_name
from mangagan.images.volume import Member, Volume

_SUFFIXES = frozenset((".cbz", ".zip"))
# A training set may be larger than a book; each of its pages is limited as everywhere. Listing so many members takes
# 8 s and 0.4 GB.
_LIMITS = Limits(members=200_000, volume_bytes=sys.maxsize)


def zipped(argument: str) -> Source:
    """Return the images in a CBZ or ZIP file, or in all such files under a folder, as a source.

    Raises:
        ValueError: There is no such file.
    """
    root = source_path(argument)
    files = SourceFiles(root.parent, (root.name,)) if root.is_file() else source_files(root, _is_zip, "is no ZIP file")
    if not files.names and not files.faults:
        raise ValueError(f"there is no CBZ or ZIP file at {root}")

    def entries() -> list[Entry]:
        paths = {unicode_name(name): files.root / name for name in files.names}
        work = works(paths)
        found = [entry for name, path in paths.items() for entry in _archive_entries(path, name, work[name])]
        return [*found, *files.fault_entries()]

    return Source(root.stem, files.listing, OWN, entries, lambda: _other_files(files))


def _is_zip(file: Path) -> bool:
    suffix = file.suffix.lower()
    if suffix in _SUFFIXES:
        return True
    kind = archive_format(read_head(file))
    if kind == "ZIP" and suffix in ARCHIVE_SUFFIXES:  # other ZIP files are documents and programs
        return True
    if kind or suffix in ARCHIVE_SUFFIXES:
        raise UnusableFile(f"is no ZIP file{f' but {kind}' if kind else ''}: pack its pages as CBZ or ZIP")
    return False


def _archive_entries(path: Path, name: str, work: str) -> list[Entry]:
    try:
        volume = _listed(path)
    except UnusableFile as reason:
        return [Entry(PageLabel(name, work), partial(missing, str(reason)))]
    # Pages with unsafe names are listed as well, so that the reason for each missing page is reported.
    refused = [(page, partial(missing, reason)) for page, reason in _refused(volume)]
    pages = [(page.name, partial(_load_page, path, page.name, _LIMITS)) for page in volume.members if page.is_page]
    loads = sorted([*refused, *pages], key=lambda load: natural_key(load[0]))
    return [Entry(PageLabel(f"{name}/{unicode_name(page)}", work), load) for page, load in loads]


def _refused(volume: Volume) -> list[Unused]:
    """Return the names and reasons of members that are pages, or may be or hold some, and cannot be used."""
    unknown = [(name, reason) for name, reason in volume.left_out if is_page(name) or not PurePosixPath(name).suffix]
    return [*unknown, *volume.remarks]


def _other_files(files: SourceFiles) -> list[Unused]:
    others = files.other_files()
    for name in files.names:
        try:
            volume = _listed(files.root / name)
        except UnusableFile:  # reported by its entry
            continue
        refused = set(_refused(volume))
        unsafe = [unused for unused in volume.left_out if unused not in refused]
        remarked = {member for member, _ in volume.remarks}
        plain = [(member.name, NO_PICTURE) for member in volume.members if _is_other(member, remarked)]
        others += [(unicode_name(f"{name}/{member}"), reason) for member, reason in [*plain, *unsafe]]
    return others


def _is_other(member: Member, remarked: set[str]) -> bool:
    known = member.is_page or member.name in remarked or is_comic_info(member.name)
    return not known and is_visible(member.name.split("/"))


def _listed(path: Path) -> Volume:
    with zip_volume(path, _LIMITS) as volume:
        return volume


def _load_page(path: Path, page: str, limits: Limits) -> PageImages:
    _, members = _opened(path, limits)
    if page not in members:
        raise UnusableFile("is no longer in the archive, which has changed")
    return color_page(members[page].load())


# Entries are read in worker processes, many of one archive in a row: each process keeps a few archives open.
@lru_cache(maxsize=4)
def _opened(path: Path, limits: Limits) -> tuple[ExitStack, dict[str, Member]]:
    stack = ExitStack()
    volume = stack.enter_context(zip_volume(path, limits))
    return stack, {member.name: member for member in volume.members}
