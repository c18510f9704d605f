"""Find the hole of a picture: in a mask, by its colour, or where it is transparent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import ImageOps

from mangagan.images.decode import check_size_and_depth, opened_image
from mangagan.images.errors import UnusableFile
from mangagan.images.files import read_file
from mangagan.images.names import IMAGE_SUFFIXES, titles
from mangagan.images.picture import Picture

Hole = Bool[np.ndarray, "h w"]
COLORS = {"black": 0, "white": 255}
# JPEG and soft brushes spread one colour over so many levels.
_ONE_COLOR = 64


@dataclass(frozen=True)
class HoleSource:
    """Where the holes of pages are.

    Attributes:
        masks: One mask for all pages, or a folder of masks by the names of pages, or of volumes and pages.
        color: "black" or "white": the hole is every pixel of exactly this colour. Without either, the hole is where a
            picture is fully transparent.
    """

    masks: Path | None = None
    color: str | None = None

    @property
    def is_transparency(self) -> bool:
        """Whether holes are where pictures are transparent."""
        return self.masks is None and self.color is None

    def of_page(self, picture: Picture, title: str, name: str) -> Hole:
        """Return the hole of a page.

        Args:
            picture: The decoded page.
            title: What its volume is called.
            name: The page's path in the volume.

        Raises:
            UnusableFile: There is no mask for it, or the mask does not fit.
        """
        mask = self.mask_bytes(title, name)
        return self.in_picture(picture) if mask is None else self.in_mask(picture, mask)

    def in_picture(self, picture: Picture) -> Hole:
        """Return the hole that a picture shows by itself. Raises UnusableFile if it has no transparency."""
        return colored_hole(picture, self.color) if self.color else transparent_hole(picture)

    def in_mask(self, picture: Picture, mask: bytes) -> Hole:
        """Return the hole in the file of a mask. Raises UnusableFile for one that does not fit."""
        return masked_hole(picture, mask)

    def mask_bytes(self, title: str, name: str) -> bytes | None:
        """Return the file of a page's mask, None without masks. Raises UnusableFile if it is missing."""
        if self.masks is None:
            return None
        if not self.masks.is_dir():
            return read_file(self.masks)
        folders = [self.masks / folder for folder in titles(title) if (self.masks / folder).is_dir()]
        return read_file(mask_of(name, folders[0] if folders else self.masks))


def mask_of(name: str, masks: Path) -> Path:
    """Return the mask of a page's name in a folder of masks; suffixes may differ.

    Args:
        name: The page's path, with "/" between the parts.
        masks: One mask for all pages, or a folder.

    Raises:
        UnusableFile: There is not exactly one such mask.
    """
    if not masks.is_dir():
        return masks
    wanted = PurePosixPath(name)
    same = masks / wanted
    if same.is_file():
        return same
    like = same.parent.glob("*") if same.parent.is_dir() else ()
    fitting = sorted(file for file in like if file.stem == wanted.stem and file.suffix.lower() in IMAGE_SUFFIXES)
    if len(fitting) != 1:
        raise UnusableFile(f"{len(fitting) or 'no'} masks named {wanted.with_suffix('.*')} in {masks}; one is needed")
    return fitting[0]


def colored_hole(picture: Picture, color: str) -> Hole:
    """Return the pixels of exactly one colour of `COLORS`."""
    return (picture.pixels == COLORS[color]).all(-1)


def transparent_hole(picture: Picture) -> Hole:
    """Return the pixels that are fully transparent.

    Raises:
        UnusableFile: The file has no transparency.
    """
    if picture.alpha is None:
        raise UnusableFile("it says no hole: give --mask or --hole, or a picture with transparent pixels")
    return picture.alpha == 0


def masked_hole(picture: Picture, mask: bytes) -> Hole:
    """Return the hole that a mask marks (see `marked_hole`).

    Args:
        picture: The picture that the mask belongs to.
        mask: The bytes of the mask's file.

    Raises:
        UnusableFile: The mask has another size, marks nothing, is huge or deep, or cannot be decoded.
    """
    try:
        with opened_image(mask) as file:
            check_size_and_depth(file, mask)
            layer = ImageOps.exif_transpose(file).convert("RGBA")
    except UnusableFile as error:
        raise UnusableFile(f"its mask: {error}") from error
    height, width = picture.pixels.shape[:2]
    if layer.size != (width, height):
        raise UnusableFile(f"its mask is {layer.width} x {layer.height}, the picture {width} x {height}")
    hole = marked_hole(np.asarray(layer))
    if not hole.any():
        raise UnusableFile("its mask marks nothing: white is the hole")
    return hole


def marked_hole(mask: UInt8[np.ndarray, "h w 4"]) -> Hole:
    """Return the hole that a mask marks.

    In general this is what is white, or of any other bright colour, on black. Two kinds of masks that painting programs
    write mean something else: strokes of one colour, also black, on transparency, and strokes in colour on white.

    Args:
        mask: RGBA, 8 bits.
    """
    colors, opaque = mask[..., :3], mask[..., 3] >= 128
    if not opaque.all() and opaque.any() and np.ptp(colors[opaque], axis=0).max() < _ONE_COLOR:
        return opaque
    brightest = colors.max(axis=-1)
    bright = opaque & (brightest >= 128)
    vivid = opaque & (brightest - colors.min(axis=-1) >= 128)
    return vivid if bright.all() and vivid.any() else bright
