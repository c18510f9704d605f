"""Choose the palette of each page: one for all pages, the volume's own, or those of a folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from mangagan.images.names import page_places, titles
from mangagan.images.volume import Volume
from mangagan.infer.guidance.palette_file import PALETTE_SUFFIXES, parse_colors, picture_palette, read_palette
from mangagan.infer.guidance.volume_palette import volume_palette
from mangagan.palette import Palette, merge_palettes
from mangagan.palette_bins import BINS

NO_PALETTE: Palette = np.zeros(BINS, np.float32)


class VolumePalettes(Protocol):
    """The palettes of one volume's pages; used from several threads."""

    def of_page(self, name: str) -> Palette:
        """Return the palette of a page, the same for every call. Raises ValueError for a file without a palette."""


class Palettes(Protocol):
    """Chooses the palettes of all volumes of a run."""

    @property
    def requested(self) -> bool:
        """Whether the user asked for these palettes."""

    @property
    def unused(self) -> Sequence[Path]:
        """The palette files that no volume or page has used so far."""

    def in_volume(self, title: str, volume: Volume) -> VolumePalettes:
        """Return the palettes of an open volume, the same for every run over the same files."""


@dataclass(frozen=True)
class SamePalette:
    """One palette for all pages of one volume, or of all volumes."""

    palette: Palette
    requested: bool = True
    unused: tuple[Path, ...] = ()

    def in_volume(self, title: str, volume: Volume) -> SamePalette:
        """Return the same palette for every volume."""
        return self

    def of_page(self, name: str) -> Palette:
        """Return the palette."""
        return self.palette


WITHOUT_PALETTE = SamePalette(NO_PALETTE, requested=False)


@dataclass(frozen=True)
class AutoPalettes:
    """For each volume the palette of its own pages in colour (see `volume_palette`)."""

    requested: bool = False
    unused: tuple[Path, ...] = ()

    def in_volume(self, title: str, volume: Volume) -> SamePalette:
        """Return the volume's own palette."""
        return SamePalette(volume_palette(volume))


@dataclass(frozen=True)
class PaletteFolder:
    """Finds VOLUME/PAGE.json or a picture of that name, then VOLUME.json or such a picture; else the volume's own.

    VOLUME and PAGE are names with or without their suffix. PAGE.json outside of a volume's folder applies to pages of
    that name in any volume. A JSON file takes precedence over a picture.

    Raises:
        ValueError: The folder holds neither pictures nor JSON files.
    """

    folder: Path
    requested: bool = True
    _used: set[Path] = field(default_factory=set, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self._files:
            raise ValueError(f"there are no palettes, which are pictures in colour or JSON files, in {self.folder}")

    @property
    def unused(self) -> list[Path]:
        """The files that no volume or page has used so far."""
        return [file for file in self._files.values() if file not in self._used]

    def in_volume(self, title: str, volume: Volume) -> _FolderVolume:
        """Return the palettes of a volume's pages.

        Raises:
            ValueError: The volume's file holds no palette.
        """
        file = self.find(titles(title))
        return _FolderVolume(self, title, read_palette(file) if file else volume_palette(volume))

    def find(self, places: Sequence[str]) -> Path | None:
        """Return the first file among these paths without suffix, and note that it was used."""
        file = next((self._files[place] for place in places if place in self._files), None)
        if file:
            self._used.add(file)
        return file

    @cached_property
    def _files(self) -> dict[str, Path]:
        """The files by their paths in the folder without suffix."""
        found = (file for file in self.folder.rglob("*") if file.suffix.lower() in PALETTE_SUFFIXES and file.is_file())
        ordered = sorted(found, key=lambda file: (file.suffix.lower() != ".json", file))
        # Of equal names the first one counts.
        return {file.relative_to(self.folder).with_suffix("").as_posix(): file for file in reversed(ordered)}


@dataclass(frozen=True)
class _FolderVolume:
    folder: PaletteFolder
    title: str
    default: Palette
    _pages: dict[str, Palette] = field(default_factory=dict, repr=False, compare=False)

    def of_page(self, name: str) -> Palette:
        # Needed for a page's identity and again for its colours: the file is read once, so both agree.
        if name not in self._pages:
            file = self.folder.find(page_places(self.title, name))
            self._pages[name] = read_palette(file) if file else self.default
        return self._pages[name]


def choose_palettes(choice: Any) -> Palettes:
    """Return the palettes that a user's choice stands for.

    Args:
        choice: "auto"; "none" or None; a path of a picture, a JSON file or a folder, or several paths in a list or with
            commas between them; a PIL image or an array of 8-bit sRGB, whose colours are taken; a list of colours such
            as "#d8453e"; or palettes that were chosen before.

    Raises:
        ValueError: The choice is none of these, or holds no palette.
    """
    if isinstance(choice, (SamePalette, AutoPalettes, PaletteFolder)):
        return choice
    if choice is None or (isinstance(choice, str) and choice == "none"):
        return WITHOUT_PALETTE
    if isinstance(choice, (Image.Image, np.ndarray)):
        return SamePalette(
            picture_palette(np.asarray(choice.convert("RGB") if isinstance(choice, Image.Image) else choice))
        )
    if isinstance(choice, (list, tuple)):
        return SamePalette(_of_list(choice))
    return _of_text(str(choice))


def _of_text(choice: str) -> Palettes:
    if choice == "auto":
        return AutoPalettes()
    # Unlike those of Path, these functions answer no for a list that is too long for a name.
    whole = Path(choice).expanduser()
    if choice and os.path.isdir(whole):
        return PaletteFolder(whole)
    files = [whole] if os.path.exists(whole) else [Path(part).expanduser() for part in choice.split(",")]
    return SamePalette(merge_palettes([read_palette(file) for file in files]))


def _of_list(choices: Sequence[Any]) -> Palette:
    if choices and all(isinstance(choice, str) and choice.startswith("#") for choice in choices):
        return parse_colors(choices)
    if not choices:
        raise ValueError("the list of palettes is empty: give paths, or colours such as '#d8453e'")
    return merge_palettes([read_palette(Path(choice).expanduser()) for choice in choices])
