"""Sinks take finished pages: a folder or a packed file, with a work folder to resume from."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Protocol

from mangagan.images.errors import UnusableFile
from mangagan.images.links import check_no_links, make_folder
from mangagan.images.names import unicode_name
from mangagan.infer.volume.journal import Note, is_intact, note_of, notes, put, put_note, space

_LOOSELY_PACKED = frozenset(".bmp .tif .tiff .xml .txt .json .html .svg .nfo".split())


@dataclass(frozen=True)
class Content:
    """A file of the finished volume: a page that was kept under a key, or what `load` returns."""

    name: str
    key: str
    load: Callable[[], bytes]
    archive: str = ""  # the archive inside the volume that it lies in


class Sink(Protocol):
    """Takes pages from several threads; a page that was taken is kept whatever happens next."""

    def has(self, name: str) -> bool:
        """Return whether there is a file of this name that must stay."""

    def is_older(self, name: str, than: float) -> bool:
        """Return whether the file of this name was written before a time, in seconds since 1970."""

    def finished(self, key: str) -> Note | None:
        """Return the note of a page that was kept under a key before, or None."""

    def keep(self, key: str, data: bytes, note: Note) -> None:
        """Keep a finished page under a key. Raises OutOfSpace, and OSError for a name that cannot be written."""

    def finish(self, contents: Iterable[Content]) -> list[tuple[str, str]]:
        """Complete the volume, and return names and reasons of what was left out. Raises OutOfSpace."""


@dataclass(frozen=True)
class FolderSink(Sink):
    """Writes pages into a folder as soon as they are finished.

    Marks in the work folder tell the files of an unfinished run from all others; they are replaced if they are of other
    options or pages than the present ones.
    """

    folder: Path
    work: Path
    overwrite: bool
    inputs: tuple[Path, ...]  # files that are never replaced
    rename: str | None = None  # the file name of the volume's only page

    def has(self, name: str) -> bool:
        file = self._file(name)
        if not os.path.lexists(file):
            return False
        return _is_one_of(file, self.inputs) or not (self.overwrite or self._is_ours(file))

    def is_older(self, name: str, than: float) -> bool:
        file = self._file(name)
        return file.exists() and file.stat().st_mtime < than

    def finished(self, key: str) -> Note | None:
        note = note_of(self.work, key)
        return note if note and is_intact(self._file(note.name), note) else None

    def keep(self, key: str, data: bytes, note: Note) -> None:
        self._put(note.name, data)
        put_note(self.work, key, note)

    def finish(self, contents: Iterable[Content]) -> list[tuple[str, str]]:
        left_out, names = [], set()
        for content in contents:
            names.add(content.name)
            if content.key or self.has(content.name):
                continue
            try:
                self._put(content.name, content.load())
            except (UnusableFile, OSError) as reason:
                left_out.append((content.name, str(reason)))
        self._remove_stale(names)
        return left_out

    def _remove_stale(self, names: set[str]) -> None:
        """Remove the pages of the unfinished run whose sources are gone by now."""
        for note in notes(self.work):
            file = self._file(note.name)
            if note.name not in names and is_intact(file, note) and self._is_ours(file):
                check_no_links(file, self.folder)
                file.unlink()

    def _put(self, name: str, data: bytes) -> None:
        file = self._file(name)
        make_folder(file.parent, self.folder)
        # The mark comes first: whenever the run is killed, its files are known.
        put(self.work, self._mark(file, sha256(data).hexdigest()), b"")
        put(self.work, file, data)

    def _is_ours(self, file: Path) -> bool:
        try:
            return self._mark(file, _digest(file)).exists()
        except OSError:  # a folder, or what may not be read
            return False

    def _mark(self, file: Path, digest: str) -> Path:
        return self.work / sha256(os.fsencode(file.relative_to(self.folder)) + digest.encode()).hexdigest()

    def _file(self, name: str) -> Path:
        if self.rename is None:
            return self.folder / name
        # A page is written as GIF only if it is copied.
        is_gif = name.lower().endswith(".gif")
        return self.folder / (PurePosixPath(self.rename).with_suffix(".gif") if is_gif else self.rename)


@dataclass(frozen=True)
class PackedSink(Sink):
    """Keeps pages in the work folder until all are packed into one CBZ or ZIP file at once."""

    file: Path
    work: Path

    def has(self, name: str) -> bool:
        return False

    def is_older(self, name: str, than: float) -> bool:
        return False

    def finished(self, key: str) -> Note | None:
        note = note_of(self.work, key)
        return note if note and is_intact(self.work / key, note) else None

    def keep(self, key: str, data: bytes, note: Note) -> None:
        put(self.work, self.work / key, data)
        put_note(self.work, key, note)

    def finish(self, contents: Iterable[Content]) -> list[tuple[str, str]]:
        aside = self.work / "volume"
        with space(self.file):
            try:
                left_out = self._pack(aside, contents)
                os.replace(aside, self.file)
            finally:
                aside.unlink(missing_ok=True)
        return left_out

    def _pack(self, file: Path, contents: Iterable[Content]) -> list[tuple[str, str]]:
        left_out: list[tuple[str, str]] = []
        with zipfile.ZipFile(file, "w") as archive:
            # The files of an archive inside the volume follow each other.
            for inner, files in groupby(contents, key=lambda content: content.archive):
                if inner:
                    left_out += self._pack_inner(archive, inner, files)
                else:
                    left_out += self._add(archive, files)
        return left_out

    def _pack_inner(self, outer: zipfile.ZipFile, name: str, contents: Iterable[Content]) -> list[tuple[str, str]]:
        """Pack the files of an archive inside the volume as an archive again."""
        aside = self.work / "inner"
        with zipfile.ZipFile(aside, "w") as archive:
            left_out = self._add(archive, contents, prefix=f"{name}/")
        with aside.open("rb") as packed, outer.open(_zip_info(unicode_name(name)), "w", force_zip64=True) as member:
            shutil.copyfileobj(packed, member)
        aside.unlink()
        return left_out

    def _add(self, archive: zipfile.ZipFile, contents: Iterable[Content], prefix: str = "") -> list[tuple[str, str]]:
        left_out = []
        for content in contents:
            try:
                data = (self.work / content.key).read_bytes() if content.key else content.load()
            except UnusableFile as reason:
                left_out.append((content.name, str(reason)))
            else:
                name = unicode_name(content.name.removeprefix(prefix))
                # Names that differ in bytes that are no Unicode may be equal as text.
                while name in archive.NameToInfo:
                    name = f"{PurePosixPath(name).with_suffix('')}_{PurePosixPath(name).suffix}"
                archive.writestr(_zip_info(name), data)
        return left_out


def _zip_info(name: str) -> zipfile.ZipInfo:
    """The entry of a file, equal for every run: its time is the first that ZIP can store."""
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, 0o644 << 16
    loose = PurePosixPath(name).suffix.lower() in _LOOSELY_PACKED
    info.compress_type = zipfile.ZIP_DEFLATED if loose else zipfile.ZIP_STORED
    return info


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()


def _is_one_of(file: Path, inputs: Sequence[Path]) -> bool:
    return file.exists() and any(path.exists() and file.samefile(path) for path in inputs)
