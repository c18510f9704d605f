"""Draw lettering: speech balloons with tails, captions and sound effects."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import as_file, files
from typing import Literal, TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mangagan.data.comics.canvas import FINE, PROP, Canvas, Point

SOUND_COLORS = ("#ffd83d", "#ff6f4a", "#ff9f2e", "#7fd4f2", "#f4f06a", "#ff86a8")

Shape: TypeAlias = Literal["round", "shout", "thought"]


LETTERS = 21  # line height in pixels


def balloon(page: Canvas, text: str, center: Point, mouth: Point | None, shape: Shape, width: int) -> None:
    """Draw a white balloon with black lettering in lines of at most `width` pixels and a tail towards `mouth`."""
    rx, ry = balloon_size(text, width)
    at = inside(page, center, rx + 4, ry + 4)
    shapes = [_outline(shape, at, rx, ry)]
    if mouth is not None and shape == "thought":
        shapes += _bubbles(at, mouth, rx, ry)
    elif mouth is not None:
        shapes.append(_tail(at, mouth, rx, ry))
    _box(page, shapes)
    _letters(page, _wrapped(text, width), at)


def balloon_size(text: str, width: int) -> tuple[float, float]:
    """Return half the width and half the height of the balloon of a text."""
    lines = _wrapped(text, width)
    rx = max(_lettering().getlength(line) for line in lines) / 2 * (1.12 if len(lines) == 1 else 1.25) + 14
    return rx, LETTERS * len(lines) * 0.65 + 13


def caption(page: Canvas, text: str, corner: Point, width: int) -> None:
    """Draw a caption box with its top left corner at `corner`, in lines of at most `width` pixels."""
    wide, high = caption_size(text, width)
    x, y = inside(page, (corner[0] + wide / 2, corner[1] + high / 2), wide / 2, high / 2)
    x0, y0, x1, y1 = x - wide / 2, y - high / 2, x + wide / 2, y + high / 2
    _box(page, [[(x0, y0), (x1, y0), (x1, y1), (x0, y1)]], "#fff6d6")
    _letters(page, _wrapped(text, width), (x, y))


def caption_size(text: str, width: int) -> tuple[float, float]:
    """Return the width and height of the box of a text."""
    lines = _wrapped(text, width)
    return max(_lettering().getlength(line) for line in lines) + 20, LETTERS * len(lines) + 12


def sound_size(text: str, size: int) -> tuple[float, float]:
    """Return the width and height of a sound effect in letters of `size` pixels."""
    return _font("font_fredoka_one", "FredokaOne-Regular.ttf", size).getlength(text) * 1.08, size * 1.25


def sound(page: Canvas, text: str, center: Point, size: int, angle: float, color: str) -> None:
    """Draw a sound effect: heavy coloured letters with an ink outline and a white outline around it."""
    font = _font("font_fredoka_one", "FredokaOne-Regular.ttf", size)
    edge = max(size // 16, 3)
    wide, high = int(font.getlength(text)) + 6 * edge, int(size * 1.4) + 6 * edge
    masks = []
    for stroke in (edge * 2, edge, 0):
        mask = Image.new("L", (wide, high), 0)
        ImageDraw.Draw(mask).text((wide / 2, high / 2), text, 255, font, anchor="mm", stroke_width=stroke)
        masks.append(mask.rotate(angle, Image.Resampling.BICUBIC, expand=True))
    at = (round(center[0] - masks[0].width / 2), round(center[1] - masks[0].height / 2))
    page.fill(masks[0], at, "#ffffff", PROP)
    page.draw_ink(masks[1], at)
    page.fill(masks[2], at, color, PROP)


@lru_cache(maxsize=32)
def _font(package: str, name: str, size: int) -> ImageFont.FreeTypeFont:
    with as_file(files(package) / "files" / name) as path:
        return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def _lettering() -> ImageFont.FreeTypeFont:
    return _font("font_intuitive", "Intuitive.ttf", 21)


def _wrapped(text: str, width: int) -> list[str]:
    font, lines = _lettering(), [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def inside(page: Canvas, center: Point, half_wide: float, half_high: float) -> Point:
    """Move a centre so that a box with these half sides stays on the page."""
    x = float(np.clip(center[0], half_wide + 6, page.size[0] - half_wide - 6))
    return x, float(np.clip(center[1], half_high + 6, page.size[1] - half_high - 6))


def _outline(shape: Shape, at: Point, rx: float, ry: float) -> list[Point]:
    turn = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    if shape == "shout":
        spikes = np.where(np.arange(120) % 6 < 3, 1.16 + 0.08 * np.cos(turn * 7), 0.98)
        return [
            (at[0] + rx * s * np.cos(t), at[1] + ry * s * np.sin(t))
            for t, s in zip(turn[::3], spikes[::3], strict=True)
        ]
    puff = 1 + (0.06 * np.abs(np.sin(turn * 5)) if shape == "thought" else 0 * turn)
    power = 2 / 2.4  # between an ellipse and a rounded box: room for the corners of the text
    x = np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** power * rx * puff
    y = np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** power * ry * puff
    return list(zip((at[0] + x).tolist(), (at[1] + y).tolist(), strict=True))


def _tail(at: Point, mouth: Point, rx: float, ry: float) -> list[Point]:
    delta = np.array(mouth) - np.array(at)
    length = float(np.hypot(*delta)) or 1.0
    way = delta / length
    reach = 1 / np.hypot(way[0] / rx, way[1] / ry)
    tip = np.array(at) + way * float(np.clip(length, reach + 12, reach + 90))
    side = np.array([-way[1], way[0]]) * min(11.0, ry * 0.4)
    root = np.array(at) + way * reach * 0.8
    return [tuple(root + side), tuple(tip), tuple(root - side)]


def _bubbles(at: Point, mouth: Point, rx: float, ry: float) -> list[list[Point]]:
    delta = np.array(mouth) - np.array(at)
    way = delta / (float(np.hypot(*delta)) or 1.0)
    reach = 1 / np.hypot(way[0] / rx, way[1] / ry)
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    spots = [(np.array(at) + way * (reach + away), radius) for away, radius in ((12, 7), (27, 4.5))]
    return [[(s[0] + r * np.cos(t), s[1] + r * np.sin(t)) for t in turn] for s, r in spots]


def _box(page: Canvas, shapes: list[list[Point]], color: str = "#ffffff") -> None:
    """Fill the union of shapes and ink its outline."""
    every = np.array([point for shape in shapes for point in shape])
    left, top = (int(v) for v in np.floor(every.min(0)) - 5)
    wide, high = (int(v) for v in np.ceil(every.max(0)) + 5 - (left, top))
    union = Image.new("L", (wide * FINE, high * FINE), 0)
    rim = Image.new("L", union.size, 0)
    for shape in shapes:
        points = [((x - left) * FINE, (y - top) * FINE) for x, y in shape]
        ImageDraw.Draw(union).polygon(points, fill=255)
        ImageDraw.Draw(rim).line([*points, points[0], points[1]], fill=255, width=3 * FINE - 1, joint="curve")
    inner = Image.new("L", union.size, 0)
    for shape in shapes:
        _inner(inner, [((x - left) * FINE, (y - top) * FINE) for x, y in shape])
    page.draw_ink(_either(union, rim).reduce(FINE), (left, top))
    page.fill(inner.reduce(FINE), (left, top), color, PROP)


def _inner(mask: Image.Image, points: list[Point]) -> None:
    # The inside of the union is the union of the insides, each a shape without its own rim.
    own = Image.new("L", mask.size, 0)
    draw = ImageDraw.Draw(own)
    draw.polygon(points, fill=255)
    draw.line([*points, points[0], points[1]], fill=0, width=3 * FINE - 1, joint="curve")
    mask.paste(255, (0, 0), own)


def _either(one: Image.Image, other: Image.Image) -> Image.Image:
    both = one.copy()
    both.paste(255, (0, 0), other)
    return both


def _letters(page: Canvas, lines: list[str], center: Point) -> None:
    font = _lettering()
    wide = int(max(font.getlength(line) for line in lines)) + 8
    mask = Image.new("L", (wide, LETTERS * len(lines) + 8), 0)
    for i, line in enumerate(lines):
        ImageDraw.Draw(mask).text((wide / 2, 4 + LETTERS * (i + 0.5)), line, 255, font, anchor="mm")
    page.draw_ink(mask, (round(center[0] - mask.width / 2), round(center[1] - mask.height / 2)))
