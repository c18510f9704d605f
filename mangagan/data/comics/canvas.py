"""What a page is painted on: color, ink and tone, always in step."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from mangagan.data.comics.sprite import Sprite
from mangagan.data.comics.tone_patterns import Screen, screen_page

GROUND, FIGURE, PROP = 0, 1, 2
FINE = 2  # shapes are drawn this many times larger and reduced, for smooth edges

Box = tuple[int, int, int, int]
Point = tuple[float, float]


class Canvas:
    """Three planes of one size: `picture` RGB with its ink, `ink` L alone, `kind` L saying what is tonable."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.picture = Image.new("RGB", size, (255, 255, 255))
        self.ink = Image.new("L", size, 0)
        self.kind = Image.new("L", size, GROUND)

    def place(self, sprite: Sprite, at: Point, kind: int) -> None:
        """Lays a sprite over what is there, its top left corner at `at`."""
        corner = (round(at[0]), round(at[1]))
        alpha = sprite.picture.getchannel("A")
        self.picture.paste(sprite.picture, corner, alpha)
        self.ink.paste(0, corner, alpha)
        self.ink.paste(255, corner, sprite.ink)
        self.kind.paste(kind, corner, alpha.point(lambda value: 255 * (value > 127)))

    def paint(self, mask: Image.Image, at: tuple[int, int], color: str, kind: int = GROUND) -> None:
        """Fills a mask with one color, over the ink that was there."""
        self.picture.paste(color, (*at, at[0] + mask.width, at[1] + mask.height), mask)
        self.ink.paste(0, (*at, at[0] + mask.width, at[1] + mask.height), mask)
        self.kind.paste(kind, at, mask.point(lambda value: 255 * (value > 127)))

    def draw_ink(self, mask: Image.Image, at: tuple[int, int]) -> None:
        """Lays black ink where the mask is."""
        box = (*at, at[0] + mask.width, at[1] + mask.height)
        self.picture.paste("#000000", box, mask)
        self.ink.paste(255, box, mask)

    def light(self, channels: tuple[float, float, float]) -> None:
        """Scales red, green and blue of everything drawn so far; ink stays black."""
        if channels != (1.0, 1.0, 1.0):
            self.picture = self.picture.point([round(value * share) for share in channels for value in range(256)])

    def insert(self, other: Canvas, at: tuple[int, int], mask: Image.Image) -> None:
        """Lays another canvas into this one through a mask of its size."""
        self.picture.paste(other.picture, at, mask)
        self.ink.paste(other.ink, at, mask)
        self.kind.paste(other.kind, at, mask.point(lambda value: 255 * (value > 127)))

    def finish(self, kits: tuple[tuple[int, int, int], ...], screens: tuple[Screen, ...]) -> UInt8[np.ndarray, "h w"]:
        """The page [h w] in ink and tone: `kits[kind][band]` is the screen over dark, middle and light values."""
        ink = np.asarray(self.ink).astype(np.uint16)
        seen = np.asarray(self.picture.convert("L")).astype(np.uint16)
        # The picture holds its ink already; what the tone covers is the luminance beneath it.
        luminance = np.minimum(seen * 255 // np.maximum(255 - ink, 1), 255).astype(np.uint8)
        band = np.clip(luminance // 64, 0, 2).astype(np.uint8)
        which = np.array(kits, np.uint8)[np.asarray(self.kind), band]
        tone = screen_page(luminance, which, screens)
        return np.minimum(tone, (255 - ink).astype(np.uint8))


def polygon_mask(size: tuple[int, int], corners: list[Point]) -> Image.Image:
    """Mask [L] of a polygon with smooth edges."""
    mask = Image.new("L", (size[0] * FINE, size[1] * FINE), 0)
    ImageDraw.Draw(mask).polygon([(x * FINE, y * FINE) for x, y in corners], fill=255)
    return mask.reduce(FINE)
