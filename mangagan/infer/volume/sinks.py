"""Where coloured pages go, one by one and whole: a folder or a packed file, with a work folder to resume from."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path, PurePosixPath
from typing import Protocol

from mangagan.images.errors import UnusableFile
from mangagan.images.names import unicode_name
from mangagan.infer.volume.journal import Note, note_of, put, put_note, space

_LOOSELY_PACKED = frozenset(".bmp .tif .tiff .xml .txt .json .html .svg .nfo".split())


@dataclass(frozen=True)
class Content:
    """A file of the finished volume: a page that was kept under a key, or what `load` returns."""

    name: str
    key: str
    load: Callable[[], bytes]


class Sink(Protocol):
    """Takes pages from several threads; a page that it has taken stays there whatever happens next."""

    def has(self, name: str) -> bool:
        """Whether there is a file of this name that must stay."""

    def finished(self, key: str) -> Note | None:
        """The note of a page that was kept before."""

    def keep(self, key: str, data: bytes, note: Note) -> None:
        """Keeps a finished page. Raises OutOfSpace, and OSError for a name that cannot be written."""

    def finish(self, contents: Iterable[Content]) -> list[tuple[str, str]]:
        """Completes the volume; gives names and reasons of what had to be left out. Raises OutOfSpace."""


@dataclass(frozen=True)
class FolderSink:
    """Pages are put into the folder as they are finished.

    What an unfinished run has put there is known by marks in the work folder, and replaced where it is of other
    options or pages than what is asked for now.
    """

    folder: Path
    work: Path
    overwrite: bool
    inputs: tuple[Path, ...]  # which stay as they are
    rename: str | None = None  # what the volume's only page is to be called

    def has(self, name: str) -> bool:
        file = self._file(name)
        if not os.path.lexists(file):
            return False
        return _is_one_of(file, self.inputs) or not (self.overwrite or self._is_ours(file))

    def finished(self, key: str) -> Note | None:
        note = note_of(self.work, key)
        if note is None or not (file := self._file(note.name)).is_file():
            return None
        return note if _digest(file) == note.digest else None

    def keep(self, key: str, data: bytes, note: Note) -> None:
        self._put(note.name, data)
        put_note(self.work, key, note)

    def finish(self, contents: Iterable[Content]) -> list[tuple[str, str]]:
        left_out = []
        for content in contents:
            if content.key or self.has(content.name):
                continue
            try:
                self._put(content.name, content.load())
            except (UnusableFile, OSError) as reason:
                left_out.append((content.name, str(reason)))
        return left_out

    def _put(self, name: str, data: bytes) -> None:
        file = self._file(name)
        # The mark comes first: whenever the run is killed, what it has put there is known.
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
        # A GIF is one only as long as it is copied.
        is_gif = name.lower().endswith(".gif")
        return self.folder / (PurePosixPath(self.rename).with_suffix(".gif") if is_gif else self.rename)


@dataclass(frozen=True)
class PackedSink:
    """Finished pages wait in the work folder until all are packed into one CBZ or ZIP file at once."""

    file: Path
    work: Path

    def has(self, name: str) -> bool:
        return False

    def finished(self, key: str) -> Note | None:
        note = note_of(self.work, key)
        return note if note and (self.work / key).is_file() else None

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
        left_out = []
        with zipfile.ZipFile(file, "w") as archive:
            for content in contents:
                try:
                    data = (self.work / content.key).read_bytes() if content.key else content.load()
                except UnusableFile as reason:
                    left_out.append((content.name, str(reason)))
                else:
                    archive.writestr(_zip_info(content.name), data)
        return left_out


def _zip_info(name: str) -> zipfile.ZipInfo:
    """The same for every run: the time in it is the first that ZIP knows."""
    info = zipfile.ZipInfo(unicode_name(name))
    info.create_system, info.external_attr = 3, 0o644 << 16
    loose = PurePosixPath(name).suffix.lower() in _LOOSELY_PACKED
    info.compress_type = zipfile.ZIP_DEFLATED if loose else zipfile.ZIP_STORED
    return info


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()


def _is_one_of(file: Path, inputs: Sequence[Path]) -> bool:
    return file.exists() and any(path.exists() and file.samefile(path) for path in inputs)
