"""Archives: the pages of a source as random-access records with a manifest, built once into the cache folder."""

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
from mangagan.data.archive.manifest import damaged, read_manifest, read_report
from mangagan.data.archive.splits import parse_patterns
from mangagan.data.sources.entries import Source, Split
from mangagan.data.sources.open_source import open_source
from mangagan.data.sources.source_files import first_line

# Which forms a page has.
PageForms = Literal["color", "bw", "both"]


@dataclass(frozen=True)
class Record:
    """One page: PNG or JPEG bytes, b"" for a missing form; both forms are aligned to the pixel."""

    name: str
    work: str
    color: bytes
    bw: bytes


@dataclass(frozen=True)
class Records:
    """The pages of one split in the order of the manifest; opened lazily, so that worker processes can receive it."""

    directory: Path
    split: Split
    length: int

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Record:
        if not -self.length <= index < self.length:
            raise IndexError(f"{self.split} has {self.length} pages; there is no page {index}")
        try:
            example = self._source[int(index) % self.length]
            label = {key: example[key].decode() for key in ("name", "work")}
            return Record(**label, color=example["color"], bw=example["bw"])
        except Exception as error:  # the readers of records have no common class for damage
            raise damaged(self.directory, f"record {index} of {self.split}: {first_line(error)}") from error

    def __reduce__(self) -> tuple[Any, ...]:
        # Without the open data source, which cannot be pickled.
        return Records, (self.directory, self.split, self.length)

    @cached_property
    def _source(self) -> Any:
        import tensorflow_datasets as tfds  # the import takes a second

        return tfds.builder_from_directory(self.directory).as_data_source(self.split)


@dataclass(frozen=True)
class Archive:
    """Pages on disk in the splits "train" and "validation", which share no work (exceptions are in the notes)."""

    directory: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Source, licences, notes; for each page its name, work, split, size [h w] and the SHA-256 of its pictures."""
        return read_manifest(self.directory / "manifest.json")

    @cached_property
    def report(self) -> dict[str, Any]:
        """The number of pictures used, and the skipped pictures and the other files with name and reason.

        There is also the number of "pairs" of a source of pairs.
        """
        return read_report(self.directory / "report.json")

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of the pages of the manifest: equal for equal pages and splits, wherever the files are."""
        return sha256(json.dumps(self.manifest["pages"], sort_keys=True).encode()).hexdigest()

    def pages(self, split: Split) -> list[dict[str, Any]]:
        """Return the entries of a split in the manifest, in the order of its records."""
        return [page for page in self.manifest["pages"] if page["split"] == split]

    def split(self, name: Split) -> Records:
        """Return the records of a split.

        Raises:
            ValueError: for an unknown split.
        """
        if name not in get_args(Split):
            raise ValueError(f'"{name}" is no split of an archive; choose one of {", ".join(get_args(Split))}')
        return Records(self.directory, name, len(self.pages(name)))

    @cached_property
    def domains(self) -> dict[Split, dict[PageForms, Int[np.ndarray, " n"]]]:
        """For each split, the indices of the records in colour, in black and white, and in both."""
        return {split: _domains(self.pages(split)) for split in get_args(Split)}


def open_archive(data_source: str, *, held_out: str = "", cache: Path | None = None, progress: bool = True) -> Archive:
    """Open the archive of a source such as "folder:DIR"; build it first if it is not in the cache folder yet.

    A source whose files have changed is another archive, and so is one with another `held_out`. Raises ValueError for
    an unknown source, a source without a usable picture, and works that it does not have.

    Args:
        data_source: see `mangagan.data.sources.open_source`.
        held_out: works or pages for validation (see `mangagan.data.archive.splits.requested_splits`); "" is a tenth of
            the works.
        cache: the cache folder; None is that of `cache_folder`.
        progress: whether a build shows a progress bar.
    """
    source = open_source(data_source)
    directory = _directory(data_source, source, held_out, cache)
    if not directory.exists():
        directory.parent.mkdir(parents=True, exist_ok=True)
        with _locked(directory):
            # Another process may have built it while this one waited for the lock.
            if not directory.exists():
                build(source, data_source, directory, held_out=held_out, progress=progress)
    return Archive(directory)


def find_archive(data_source: str, *, held_out: str = "", cache: Path | None = None) -> Archive | None:
    """Return the archive that `open_archive` opens if it has been built; else, and for a missing source, None."""
    try:
        directory = _directory(data_source, open_source(data_source), held_out, cache)
    except (ValueError, OSError):
        return None
    return Archive(directory) if directory.exists() else None


def cache_folder() -> Path:
    """Return $MANGAGAN_CACHE, or else the cache folder that the operating system has for the user.

    Raises:
        ValueError: The user has no home folder, as in a container that runs under an unknown number.
    """
    try:
        # Older versions of platformdirs return "~/.cache" where there is no home folder.
        return Path(os.environ.get("MANGAGAN_CACHE") or platformdirs.user_cache_dir("mangagan")).expanduser()
    except RuntimeError as error:
        raise ValueError("there is no home folder for caches: set MANGAGAN_CACHE to a folder, or HOME") from error


def _directory(data_source: str, source: Source, held_out: str, cache: Path | None) -> Path:
    kind = data_source.partition(":")[0]
    # The title makes the name readable, the hash makes it unique.
    slug = re.sub(r"[^a-z0-9]+", "-", f"{kind}-{source.title}".lower()).strip("-")[:48]
    content = "\n".join([str(FORMAT), kind, source.identity, *parse_patterns(held_out)])
    # Paths may have bytes that are no text, which Python holds as surrogates.
    digest = sha256(content.encode(errors="surrogateescape")).hexdigest()
    return (cache or cache_folder()) / f"{slug}-{digest[:10]}"


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Hold the lock for building an archive; the system releases it when the process dies."""
    lock = FileLock(f"{directory}.lock")
    try:
        # Without waiting first, so that the user is told why nothing happens.
        lock.acquire(timeout=0)
    except Timeout:
        print(f"another process is building {directory}: waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _domains(pages: Sequence[dict[str, Any]]) -> dict[PageForms, Int[np.ndarray, " n"]]:
    color, bw = (np.array([page[kind] is not None for page in pages], bool) for kind in ("color", "bw"))
    return {"color": np.flatnonzero(color), "bw": np.flatnonzero(bw), "both": np.flatnonzero(color & bw)}
