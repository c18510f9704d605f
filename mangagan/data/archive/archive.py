"""The archive: pages of any source as random-access records with a manifest, built once into the cache folder."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import platformdirs
from filelock import FileLock, Timeout
from jaxtyping import Int

from mangagan.data.archive.build import FORMAT, build
from mangagan.data.archive.splits import patterns
from mangagan.data.sources.entries import Source, Split
from mangagan.data.sources.open_source import open_source

Domain = Literal["color", "bw", "both"]


@dataclass(frozen=True)
class Record:
    """One page: PNG or JPEG bytes, b"" for the form that it lacks; both forms agree to the pixel."""

    name: str
    work: str
    color: bytes
    bw: bytes


@dataclass(frozen=True)
class Records:
    """The pages of one split in the manifest's order. Opened where it is used, so that worker processes can have it."""

    directory: Path
    split: Split
    length: int

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Record:
        if not -self.length <= index < self.length:
            raise IndexError(f"{self.split} has {self.length} pages: there is no page {index}")
        example = self._source[int(index) % self.length]
        label = {key: example[key].decode() for key in ("name", "work")}
        return Record(**label, color=example["color"], bw=example["bw"])

    def __reduce__(self) -> tuple[Any, ...]:
        return Records, (self.directory, self.split, self.length)

    @cached_property
    def _source(self) -> Any:
        import tensorflow_datasets as tfds  # takes a second

        return tfds.builder_from_directory(self.directory).as_data_source(self.split)


@dataclass(frozen=True)
class Archive:
    """Pages on disk in the splits "train" and "validation", which have no work in common (see the manifest's notes)."""

    directory: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Source, licences, notes, and for each page name, work, split, size [h w] and the SHA-256 of its pictures."""
        return json.loads((self.directory / "manifest.json").read_text())

    @cached_property
    def report(self) -> dict[str, Any]:
        """How many pictures were used, and those skipped, each with name and reason."""
        return json.loads((self.directory / "report.json").read_text())

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the manifest's pages: equal for equal pages and splits, wherever the pages lay."""
        return sha256(json.dumps(self.manifest["pages"], sort_keys=True).encode()).hexdigest()

    def pages(self, split: Split) -> list[dict[str, Any]]:
        """The manifest's pages of a split, in the order of its records."""
        return [page for page in self.manifest["pages"] if page["split"] == split]

    def split(self, name: Split) -> Records:
        """The records of a split. Raises ValueError for an unknown one."""
        if name not in get_args(Split):
            raise ValueError(f'"{name}" is no split of an archive; there are {", ".join(get_args(Split))}')
        return Records(self.directory, name, len(self.pages(name)))

    @cached_property
    def domains(self) -> dict[Split, dict[Domain, Int[np.ndarray, " n"]]]:
        """For each split, the numbers of the records that are in color, in black and white, and in both."""
        return {split: _domains(self.pages(split)) for split in get_args(Split)}


def open_archive(data_source: str, *, held_out: str = "", cache: Path | None = None, progress: bool = True) -> Archive:
    """The archive of a source such as "folder:DIR", built into the cache folder first if it is not there yet.

    The cache is `cache`, else $MANGAGAN_CACHE, else the user's cache folder. A source whose files changed is a
    new archive, and so is one of which other works are held out: those that `held_out` lists (see
    `mangagan.data.archive.splits.demanded`), or "" a tenth of them.
    Raises ValueError for an unknown source, one without any usable picture, and one without the works listed.
    """
    source = open_source(data_source)
    directory = _directory(data_source, source, held_out, cache)
    if not directory.exists():
        directory.parent.mkdir(parents=True, exist_ok=True)
        with _locked(directory):
            if not directory.exists():
                build(source, data_source, directory, held_out=held_out, progress=progress)
    return Archive(directory)


def find_archive(data_source: str, *, held_out: str = "", cache: Path | None = None) -> Archive | None:
    """What `open_archive` opens, where it has been built; None where it has not, and where the source is gone."""
    try:
        directory = _directory(data_source, open_source(data_source), held_out, cache)
    except (ValueError, OSError):
        return None
    return Archive(directory) if directory.exists() else None


def cache_folder() -> Path:
    """$MANGAGAN_CACHE, else the operating system's cache folder of this user."""
    chosen = os.environ.get("MANGAGAN_CACHE")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("mangagan"))


def _directory(data_source: str, source: Source, held_out: str, cache: Path | None) -> Path:
    kind = data_source.partition(":")[0]
    slug = re.sub(r"[^a-z0-9]+", "-", f"{kind}-{source.title}".lower()).strip("-")[:48]
    content = "\n".join([str(FORMAT), kind, source.identity, *patterns(held_out)])
    return (cache or cache_folder()) / f"{slug}-{sha256(content.encode()).hexdigest()[:10]}"


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Holds the lock on the building of an archive; the system frees it when its holder dies."""
    lock = FileLock(f"{directory}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(f"another process is building {directory}: waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _domains(pages: Sequence[dict[str, Any]]) -> dict[Domain, Int[np.ndarray, " n"]]:
    color, bw = (np.array([page[kind] is not None for page in pages], bool) for kind in ("color", "bw"))
    return {"color": np.flatnonzero(color), "bw": np.flatnonzero(bw), "both": np.flatnonzero(color & bw)}
