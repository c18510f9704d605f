"""Panel grounds without scenery: flat and graded colour, bursts, speed lines and focus lines."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from mangagan.data.comics.canvas import FINE, Canvas, Point

# Pairs of a strong colour and a lighter one. A mood always has the same hue, as in print, so that a reader, and a
# colouriser, can infer the hue from the lines and the faces of a panel.
MOOD_COLORS = {
    "calm": (("#7cc4e8", "#d6eef8"), ("#8fcdea", "#e0f3fa")),
    "happy": (("#ffcf5c", "#fff0b8"), ("#ffdc7a", "#fff4cc")),
    "sad": (("#6f86b5", "#bccbe4"), ("#7a90ba", "#c6d3e8")),
    "shock": (("#ffd23f", "#fff2ae"), ("#ffc23a", "#ffe9a0")),
    "angry": (("#e0523f", "#ffb08f"), ("#d8483c", "#f5a58c")),
}


def fill_flat(canvas: Canvas, color: str) -> None:
    """Cover the canvas with one colour."""
    canvas.fill(Image.new("L", canvas.size, 255), (0, 0), color)


def fill_gradient(canvas: Canvas, colors: tuple[str, str], upright: bool) -> None:
    """Cover the canvas with a gradient between two colours, downwards or to the right."""
    ramp = Image.linear_gradient("L") if upright else Image.linear_gradient("L").transpose(Image.Transpose.ROTATE_90)
    fill_flat(canvas, colors[0])
    canvas.fill(ramp.resize(canvas.size), (0, 0), colors[1])


def fill_burst(canvas: Canvas, colors: tuple[str, str], center: Point, rng: np.random.Generator) -> None:
    """Cover the canvas with rays in two alternating colours."""
    fill_flat(canvas, colors[1])
    mask = Image.new("L", (canvas.size[0] * FINE, canvas.size[1] * FINE), 0)
    count, reach = int(rng.integers(9, 16)), 2.0 * max(mask.size)
    turns = np.linspace(0, 2 * np.pi, 2 * count + 1) + rng.uniform(0, 1)
    x, y = center[0] * FINE, center[1] * FINE
    for start, stop in zip(turns[:-1:2], turns[1::2], strict=True):
        ends = [(x + reach * np.cos(t), y + reach * np.sin(t)) for t in (start, stop)]
        ImageDraw.Draw(mask).polygon([(x, y), *ends], fill=255)
    canvas.fill(mask.reduce(FINE), (0, 0), colors[0])


def focus_lines(canvas: Canvas, center: Point, free: float, rng: np.random.Generator) -> None:
    """Draw ink wedges from the border towards `center`; a circle of about `free` pixels stays open."""
    mask = Image.new("L", (canvas.size[0] * FINE, canvas.size[1] * FINE), 0)
    draw, reach = ImageDraw.Draw(mask), float(np.hypot(*canvas.size))
    count = int(rng.integers(60, 110))
    for turn in np.sort(rng.uniform(0, 2 * np.pi, count)):
        start, half = free * rng.uniform(0.9, 1.5), rng.uniform(0.002, 0.011)
        points = [(start, 0.0), (reach, half), (reach, -half)]
        draw.polygon([_polar(center, radius, turn + off) for radius, off in points], fill=255)
    canvas.draw_ink(mask.reduce(FINE), (0, 0))


def speed_lines(canvas: Canvas, slope: float, rng: np.random.Generator) -> None:
    """Draw long thin ink wedges side by side, which rise by `slope` across the canvas."""
    width, height = canvas.size
    mask = Image.new("L", (width * FINE, height * FINE), 0)
    draw = ImageDraw.Draw(mask)
    for _ in range(int(height / 9)):
        y, length, left = rng.uniform(-0.2, 1.2) * height, rng.uniform(0.25, 0.8) * width, rng.random() < 0.5
        x0, x1 = (0.0, length) if left else (float(width), width - length)
        thick = rng.uniform(1.0, 3.4)
        rise = slope * height * (x1 - x0) / width
        points = [(x0, y - thick), (x1, y + rise), (x0, y + thick)]
        draw.polygon([(px * FINE, py * FINE) for px, py in points], fill=255)
    canvas.draw_ink(mask.reduce(FINE), (0, 0))


def _polar(center: Point, radius: float, turn: float) -> Point:
    return (center[0] + radius * np.cos(turn)) * FINE, (center[1] + radius * np.sin(turn)) * FINE
