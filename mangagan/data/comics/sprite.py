"""Render SVG: the picture in colour, and the coverage of each pixel by black ink."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

from PIL import Image

_COLORED = re.compile(r'\b(fill|stroke|stop-color)="(?!none"|url|black"|#000000"|#000")[^"]*"')


@dataclass(frozen=True)
class Sprite:
    """A cut-out drawing: `picture` RGBA in colour with its ink, `ink` L, the coverage of black ink alone."""

    picture: Image.Image
    ink: Image.Image

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.picture.size


@dataclass(frozen=True)
class RenderedSprite:
    """A rendered drawing as PNG files of about ten kilobytes, so that a process can cache thousands of them."""

    picture: bytes
    ink: bytes

    def sprite(self) -> Sprite:
        """Return the decoded sprite."""
        return Sprite(_opened(self.picture).convert("RGBA"), _opened(self.ink))


def render_svg(svg: str, width: int) -> RenderedSprite:
    """Render an SVG document, `width` pixels wide.

    The ink is what stays black when every other colour of the document is replaced by white, so that its edges are
    antialiased as in the colour picture.
    """
    blank = _opened(_rasterized(_COLORED.sub(r'\1="#ffffff"', svg), width)).convert("RGBA")
    # Over white paper the white version shows its ink alone.
    paper = Image.new("RGBA", blank.size, (255, 255, 255, 255))
    ink = Image.alpha_composite(paper, blank).convert("L").point(range(255, -1, -1))
    file = io.BytesIO()
    ink.save(file, "PNG", compress_level=1)
    return RenderedSprite(_rasterized(svg, width), file.getvalue())


def resize(sprite: Sprite, size: tuple[int, int], box: tuple[float, float, float, float] | None = None) -> Sprite:
    """Scale a sprite, or the part of it inside `box`, to `size` = (width, height) pixels."""
    if size == sprite.size and box is None:
        return sprite
    method = Image.Resampling.BILINEAR
    return Sprite(sprite.picture.resize(size, method, box), sprite.ink.resize(size, method, box))


def silhouette(sprite: Sprite) -> Sprite:
    """Return the sprite as one solid shape of ink."""
    alpha = sprite.picture.getchannel("A")
    picture = Image.new("RGBA", sprite.size, (0, 0, 0, 0))
    picture.putalpha(alpha)
    return Sprite(picture, alpha)


def mirror(sprite: Sprite) -> Sprite:
    """Flip a sprite left to right."""
    flip = Image.Transpose.FLIP_LEFT_RIGHT
    return Sprite(sprite.picture.transpose(flip), sprite.ink.transpose(flip))


def rotate(sprite: Sprite, degrees: float) -> Sprite:
    """Rotate a sprite counter-clockwise; its box grows to hold the corners."""
    method = Image.Resampling.BICUBIC
    return Sprite(sprite.picture.rotate(degrees, method, expand=True), sprite.ink.rotate(degrees, method, expand=True))


def _rasterized(svg: str, width: int) -> bytes:
    # Imported here, because only rendering needs it.
    import resvg_py

    return resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True)


def _opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))
