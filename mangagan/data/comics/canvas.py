"""The canvas of a page: colour, ink and the kind of each pixel, drawn together so that they agree to the pixel."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from mangagan.data.comics.sprite import Sprite
from mangagan.data.comics.tone_patterns import Screen, screen_page

GROUND, FIGURE, PROP = 0, 1, 2
FINE = 2  # supersampling of shapes, for smooth edges

Box = tuple[int, int, int, int]
Point = tuple[float, float]


class Canvas:
    """Three planes of one size: `picture` (RGB with ink), `ink` (L, ink alone), `kind` (L, GROUND, FIGURE or PROP)."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.picture = Image.new("RGB", size, (255, 255, 255))
        self.ink = Image.new("L", size, 0)
        self.kind = Image.new("L", size, GROUND)

    def paste(self, sprite: Sprite, at: Point, kind: int) -> None:
        """Paste a sprite with its top left corner at `at`; it covers the ink below it."""
        corner = (round(at[0]), round(at[1]))
        alpha = sprite.picture.getchannel("A")
        self.picture.paste(sprite.picture, corner, alpha)
        self.ink.paste(0, corner, alpha)
        self.ink.paste(255, corner, sprite.ink)
        self.kind.paste(kind, corner, alpha.point(lambda value: 255 * (value > 127)))

    def fill(self, mask: Image.Image, at: tuple[int, int], color: str, kind: int = GROUND) -> None:
        """Fill a mask with one colour; it covers the ink below it.

        Args:
            mask: L, 255 inside.
            at: top left corner of the mask.
            color: as Pillow reads it, such as "#ff0000".
            kind: GROUND, FIGURE or PROP.
        """
        self.picture.paste(color, (*at, at[0] + mask.width, at[1] + mask.height), mask)
        self.ink.paste(0, (*at, at[0] + mask.width, at[1] + mask.height), mask)
        self.kind.paste(kind, at, mask.point(lambda value: 255 * (value > 127)))

    def draw_ink(self, mask: Image.Image, at: tuple[int, int]) -> None:
        """Draw black ink.

        Args:
            mask: L, the coverage of the ink, 255 for all of a pixel.
            at: top left corner of the mask.
        """
        box = (*at, at[0] + mask.width, at[1] + mask.height)
        self.picture.paste("#000000", box, mask)
        self.ink.paste(255, box, mask)

    def scale_colors(self, channels: tuple[float, float, float]) -> None:
        """Multiply red, green and blue of everything drawn so far, for the light of an hour; ink stays black."""
        if channels != (1.0, 1.0, 1.0):
            self.picture = self.picture.point([round(value * share) for share in channels for value in range(256)])

    def insert(self, other: Canvas, at: tuple[int, int], mask: Image.Image) -> None:
        """Paste another canvas through a mask.

        Args:
            other: the canvas of a panel.
            at: its top left corner.
            mask: L, of the size of `other`, 255 where it is pasted.
        """
        self.picture.paste(other.picture, at, mask)
        self.ink.paste(other.ink, at, mask)
        self.kind.paste(other.kind, at, mask.point(lambda value: 255 * (value > 127)))

    def finish(self, kits: tuple[tuple[int, int, int], ...], screens: tuple[Screen, ...]) -> UInt8[np.ndarray, "h w"]:
        """Return the page in ink and screentone, 0 for ink and 255 for paper.

        Args:
            kits: `kits[kind][band]` is the index of the screen over dark, middle and light values.
            screens: of the work.
        """
        ink = np.asarray(self.ink).astype(np.uint16)
        inked = np.asarray(self.picture.convert("L")).astype(np.uint16)
        # The picture has its ink already; the tone follows the luminance below the ink.
        luminance = np.minimum(inked * 255 // np.maximum(255 - ink, 1), 255).astype(np.uint8)
        # Bands of 64 levels: dark, middle, and light with the rest.
        band = np.clip(luminance // 64, 0, 2).astype(np.uint8)
        which = np.array(kits, np.uint8)[np.asarray(self.kind), band]
        tone = screen_page(luminance, which, screens)
        return np.minimum(tone, (255 - ink).astype(np.uint8))


def polygon_mask(size: tuple[int, int], corners: list[Point]) -> Image.Image:
    """Return the mask (L) of a polygon with smooth edges."""
    mask = Image.new("L", (size[0] * FINE, size[1] * FINE), 0)
    ImageDraw.Draw(mask).polygon([(x * FINE, y * FINE) for x, y in corners], fill=255)
    return mask.reduce(FINE)
