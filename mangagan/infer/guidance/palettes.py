"""Which palette each page of a volume is painted under: one for all, the volume's own, or those of a folder."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from mangagan.images.names import page_places, titles
from mangagan.images.open_volume import Volume
from mangagan.infer.guidance.palette_file import PALETTE_SUFFIXES, read_palette
from mangagan.infer.guidance.volume_palette import own_palette
from mangagan.palette import Palette, merged
from mangagan.palette_bins import BINS

NO_PALETTE: Palette = np.zeros(BINS, np.float32)
# Of a page's name: its palette.
PaletteOf = Callable[[str], Palette]


class Palettes(Protocol):
    """Chooses the palettes of all volumes of a run."""

    @property
    def asked(self) -> bool:
        """Whether somebody wants just these."""

    def of(self, title: str, volume: Volume) -> PaletteOf:
        """The palettes of an open volume's pages, by any thread; the same for every run over the same files."""

    @property
    def unused(self) -> Sequence[Path]:
        """Files with palettes that no volume or page has asked for so far."""


@dataclass(frozen=True)
class OnePalette:
    """The same palette for all pages of all volumes."""

    palette: Palette
    asked: bool = True
    unused: tuple[Path, ...] = ()

    def of(self, title: str, volume: Volume) -> PaletteOf:
        return lambda page: self.palette


NONE = OnePalette(NO_PALETTE, asked=False)


@dataclass(frozen=True)
class OwnPalettes:
    """For each volume the one that it tells of itself (see `own_palette`)."""

    asked: bool = False
    unused: tuple[Path, ...] = ()

    def of(self, title: str, volume: Volume) -> PaletteOf:
        palette = own_palette(volume)
        return lambda page: palette


@dataclass(frozen=True)
class PalettesFolder:
    """Finds VOLUME/PAGE.json or a picture of that name, then VOLUME.json or such a picture; else the volume's own.

    VOLUME and PAGE are names with or without their suffix; PAGE.json outside of a volume's folder is for a page of any
    volume. Where there is a JSON file and a picture, the JSON file counts. Raises ValueError for a folder that holds
    neither.
    """

    folder: Path
    asked: bool = True
    _used: set[Path] = field(default_factory=set, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self._files:
            raise ValueError(f"there are no palettes, which are pictures in colour or JSON files, in {self.folder}")

    def of(self, title: str, volume: Volume) -> PaletteOf:
        """Raises ValueError for a volume's file that holds no palette; so does what is returned for a page's."""
        file = self._found(titles(title))
        whole = read_palette(file) if file else own_palette(volume)

        # Asked once for what is written on a page and once for its colours, with the same answer.
        @functools.cache
        def palette(page: str) -> Palette:
            its_own = self._found(page_places(title, page))
            return read_palette(its_own) if its_own else whole

        return palette

    @property
    def unused(self) -> list[Path]:
        return [file for file in self._files.values() if file not in self._used]

    @functools.cached_property
    def _files(self) -> dict[str, Path]:
        """By their paths in the folder without suffix."""
        found = (file for file in self.folder.rglob("*") if file.suffix.lower() in PALETTE_SUFFIXES and file.is_file())
        ordered = sorted(found, key=lambda file: (file.suffix.lower() != ".json", file))
        # Of equal names the first one counts.
        return {file.relative_to(self.folder).with_suffix("").as_posix(): file for file in reversed(ordered)}

    def _found(self, places: Sequence[str]) -> Path | None:
        file = next((self._files[place] for place in places if place in self._files), None)
        if file:
            self._used.add(file)
        return file


def palettes(choice: str) -> Palettes:
    """What `--palette` asks for: auto, none, a folder, or one or more files with commas between them.

    Raises ValueError for what is none of these, and for files that hold no palette.
    """
    if choice == "auto":
        return OwnPalettes()
    if choice == "none":
        return NONE
    # Unlike those of Path, these say no to a list that is too long for a name.
    whole = Path(choice).expanduser()
    if choice and os.path.isdir(whole):
        return PalettesFolder(whole)
    files = [whole] if os.path.exists(whole) else [Path(part).expanduser() for part in choice.split(",")]
    return OnePalette(merged([read_palette(file) for file in files]))
