"""SVG to pixels: the picture in color, and the exact share of each pixel that is ink."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

from PIL import Image

_COLORED = re.compile(r'\b(fill|stroke|stop-color)="(?!none"|url|black"|#000000"|#000")[^"]*"')


@dataclass(frozen=True)
class Sprite:
    """A cut-out drawing: `picture` RGBA in color with its ink, `ink` L the coverage of black ink alone."""

    picture: Image.Image
    ink: Image.Image

    @property
    def size(self) -> tuple[int, int]:
        return self.picture.size


@dataclass(frozen=True)
class Plate:
    """A rendered drawing as PNG files: some ten kilobytes, so that a process can keep thousands of them."""

    picture: bytes
    ink: bytes

    def print(self) -> Sprite:
        """The sprite of this plate."""
        return Sprite(_opened(self.picture).convert("RGBA"), _opened(self.ink))


def engrave(svg: str, width: int) -> Plate:
    """Plate of an SVG document, `width` pixels wide.

    Ink is what stays black when every other color of the document is made white, so its edges are as exact as
    the renderer's own.
    """
    blank = _opened(_rasterized(_COLORED.sub(r'\1="#ffffff"', svg), width)).convert("RGBA")
    # Over white, the white version shows nothing but its ink.
    paper = Image.new("RGBA", blank.size, (255, 255, 255, 255))
    ink = Image.alpha_composite(paper, blank).convert("L").point(range(255, -1, -1))
    file = io.BytesIO()
    ink.save(file, "PNG", compress_level=1)
    return Plate(_rasterized(svg, width), file.getvalue())


def resized(sprite: Sprite, size: tuple[int, int], box: tuple[float, float, float, float] | None = None) -> Sprite:
    """The sprite, or the `box` cut out of it, scaled to `size` = (width, height) pixels."""
    if size == sprite.size and box is None:
        return sprite
    method = Image.Resampling.BILINEAR
    return Sprite(sprite.picture.resize(size, method, box), sprite.ink.resize(size, method, box))


def silhouette(sprite: Sprite) -> Sprite:
    """The sprite as one solid shape of ink."""
    alpha = sprite.picture.getchannel("A")
    picture = Image.new("RGBA", sprite.size, (0, 0, 0, 0))
    picture.putalpha(alpha)
    return Sprite(picture, alpha)


def mirrored(sprite: Sprite) -> Sprite:
    """The sprite as seen in a mirror."""
    flip = Image.Transpose.FLIP_LEFT_RIGHT
    return Sprite(sprite.picture.transpose(flip), sprite.ink.transpose(flip))


def rotated(sprite: Sprite, degrees: float) -> Sprite:
    """The sprite turned counter-clockwise; its box grows to hold the corners."""
    method = Image.Resampling.BICUBIC
    return Sprite(sprite.picture.rotate(degrees, method, expand=True), sprite.ink.rotate(degrees, method, expand=True))


def _rasterized(svg: str, width: int) -> bytes:
    import resvg_py

    return resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True)


def _opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))
