"""Long strips, as web comics are saved, whole or in slices: each part is coloured with rows around it.

Without them the network sees half a face on each side of a cut, and a balloon that is cut is white on one side alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from mangagan.images.encode import Quality
from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits
from mangagan.images.names import natural_key
from mangagan.images.page_file import read_page
from mangagan.images.picture import Pixels
from mangagan.images.volume import Member, Volume
from mangagan.infer.page.settings import PAGE

Row = UInt8[np.ndarray, "w 3"]
_SETTINGS = PAGE.strips


class Surroundings(NamedTuple):
    """The rows of a strip above and below a slice; none where the strip ends."""

    above: Pixels
    below: Pixels

    def around(self, pixels: Pixels) -> Pixels:
        """Return a slice with its surroundings.

        Args:
            pixels: The slice, in 8-bit sRGB.
        """
        return np.concatenate([self.above, pixels, self.below])

    def inside(self, pixels: Pixels) -> Pixels:
        """Return the slice in a picture of it with its surroundings.

        Args:
            pixels: The picture, in 8-bit sRGB.
        """
        return pixels[len(self.above) : len(pixels) - len(self.below)]


@dataclass(frozen=True)
class Strips:
    """The neighbours of the pages of a volume, by the names of the pages, in natural order."""

    neighbors: Mapping[str, tuple[Member | None, Member | None]]

    def surroundings(self, name: str, pixels: Pixels) -> Surroundings:
        """Return the rows of a page's neighbours that continue it, none if it is no slice of a strip.

        Args:
            name: Of the page.
            pixels: The page, in 8-bit sRGB.
        """
        before, after = self.neighbors.get(name, (None, None))
        none, rows = pixels[:0], _SETTINGS.context_rows
        above = _picture(before) if before and _is_cut(pixels[0]) else none
        below = _picture(after) if after and _is_cut(pixels[-1]) else none
        return Surroundings(
            above[-rows:] if len(above) and _continues(above[-1], pixels[0]) else none,
            below[:rows] if len(below) and _continues(pixels[-1], below[0]) else none,
        )

    def identity(self, name: str) -> str:
        """Return the hashes of a page's neighbours, which may decide its colours."""
        return " ".join(_digest(member) for member in self.neighbors.get(name, ()) if member)


NO_STRIPS = Strips({})


def strips_of(volume: Volume) -> Strips:
    """Return the neighbours of the pages of an open volume; none where a page takes long to load."""
    pages = sorted((member for member in volume.members if member.is_page), key=lambda member: natural_key(member.name))
    return Strips(dict(_neighbors(pages))) if volume.loads_fast else NO_STRIPS


def in_bands(pixels: Pixels, color: Callable[[Pixels], Pixels]) -> Pixels:
    """Return a page in colour, a long strip band by band: as a whole it would take memory without bound.

    Each band is coloured with rows of the page around it, and mixed with the next one where they overlap.

    Args:
        pixels: The page, in 8-bit sRGB.
        color: Returns a picture in colour.
    """
    height, width = pixels.shape[:2]
    if height <= max(_SETTINGS.long_ratio * width, _SETTINGS.band_rows):
        return color(pixels)
    rows, fade, context = _SETTINGS.band_rows, _SETTINGS.fade_rows, _SETTINGS.context_rows
    made = np.empty_like(pixels)
    for start in range(0, height - fade, rows - fade):
        end = min(start + rows, height)
        above, below = pixels[max(0, start - context) : start], pixels[end : end + context]
        surroundings = Surroundings(above, below)
        band = surroundings.inside(color(surroundings.around(pixels[start:end])))
        if start:
            share = np.linspace(0, 1, fade)[:, None, None]
            mixed = (1 - share) * made[start : start + fade] + share * band[:fade]
            band = np.concatenate([mixed.round().astype(np.uint8), band[fade:]])
        made[start:end] = band
    return made


def _neighbors(pages: list[Member]) -> Iterator[tuple[str, tuple[Member | None, Member | None]]]:
    for number, page in enumerate(pages):
        before = pages[number - 1] if number else None
        after = pages[number + 1] if number + 1 < len(pages) else None
        yield page.name, (before, after)


def _is_cut(row: Row) -> bool:
    """Return whether a row at the rim of a page goes through a drawing; the margin of a page is even."""
    return bool(row.std(axis=0).max() > _SETTINGS.least_deviation)


def _continues(upper: Row, lower: Row) -> bool:
    """Return whether two rows follow each other in one picture."""
    if upper.shape != lower.shape:
        return False
    difference = np.abs(upper.astype(int) - lower).mean()
    return bool(difference < _SETTINGS.largest_step and difference < _SETTINGS.step_share * upper.std(axis=0).max())


def _picture(member: Member) -> Pixels:
    try:
        return read_page(member.load(), Limits(), Quality())[0]
    except (UnusableFile, OSError):  # reported when the page itself is processed
        return np.zeros((0, 0, 3), np.uint8)


def _digest(member: Member) -> str:
    try:
        return sha256(member.load()).hexdigest()
    except (UnusableFile, OSError):
        return ""
