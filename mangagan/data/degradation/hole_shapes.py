"""Random shapes of holes, bool [h w], for pictures of any size: areas, strokes, and defects of old paper.

Sizes in pixels in the docstrings are those of a picture of 256 x 256 pixels at `scale` 1; they grow with `scale` and
with the picture.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image, ImageDraw

Shape = Bool[np.ndarray, "h w"]
Points = Float[np.ndarray, "n 2"]  # across, down
Corners = list[tuple[float, float]]


def rectangle(height: int, width: int, rng: np.random.Generator, scale: float = 1.0) -> Shape:
    """Draw a rectangle of half the sides of the picture, minus 0 to 16 pixels at each end (DeepFillv2)."""
    shape = np.zeros((height, width), bool)
    rows, columns = (_span(side, rng, scale) for side in (height, width))
    shape[rows, columns] = True
    return shape


def strokes(height: int, width: int, rng: np.random.Generator, scale: float = 1.0) -> Shape:
    """Draw one to three round brush strokes: zigzags of 4 to 11 corners, 12 to 40 pixels wide (DeepFillv2)."""
    image, draw = _canvas(height, width)
    for _ in range(rng.integers(1, 4)):
        thickness = max(1, int(rng.uniform(12, 40) * scale * _side(height, width) / 256))
        corners = _zigzag(height, width, rng, scale)
        draw.line(corners, fill=1, width=thickness)
        for across, down in corners:
            draw.circle((across, down), thickness // 2, fill=1)
    return np.asarray(image, bool)


def balloon(height: int, width: int, rng: np.random.Generator, scale: float = 1.0) -> Shape:
    """Draw a speech balloon, 80 to 150 pixels wide: an ellipse or a box with round corners, and a tail."""
    image, draw = _canvas(height, width)
    reach = rng.uniform(40, 75) * scale * _side(height, width) / 256
    radii = reach * np.array([1, rng.uniform(0.55, 1.0)])
    middle = rng.uniform(0, 1, 2) * (width, height)
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    roundness = rng.choice([1.0, rng.uniform(0.3, 0.6)])
    draw.polygon(_pairs(middle + radii * _outline(angles, roundness)), fill=1)
    draw.polygon(_pairs(middle + radii * _tail(rng, roundness)), fill=1)
    return np.asarray(image, bool)


def scratches(height: int, width: int, rng: np.random.Generator, scale: float = 1.0) -> Shape:
    """Draw two to six thin long vertical scratches (more with `scale`), slightly curved, 1 to 3 pixels wide."""
    image, draw = _canvas(height, width)
    count = max(1, round(rng.uniform(2, 6) * scale))
    along = np.linspace(0, 1, 13)
    length = rng.uniform(0.3, 1.2, (count, 1)) * height
    down = rng.uniform(-0.2, 1.0, (count, 1)) * height + length * (along - 0.2)
    bend = rng.normal(0, 0.015, (count, 1)) * np.sin(np.pi * along) + rng.normal(0, 0.0015, (count, 13)).cumsum(1)
    lean = rng.normal(rng.normal(0, 0.04), 0.02, (count, 1)) * along
    across = rng.uniform(0, width, (count, 1)) + length * (lean + bend)
    half = rng.uniform(0.3, 1.3, (count, 1)) * scale * _side(height, width) / 256 * np.sin(np.pi * along) ** 0.3
    left, right = np.stack([across - half, down], -1), np.stack([across + half, down], -1)
    for corners in np.concatenate([left, right[:, ::-1]], 1).reshape(count, -1).tolist():
        draw.polygon(corners, fill=1)
    return np.asarray(image, bool)


def dust(height: int, width: int, rng: np.random.Generator, scale: float = 1.0) -> Shape:
    """Draw two hundred specks (more with `scale`), mostly one or two pixels wide, and some hairs."""
    image, draw = _canvas(height, width)
    count, unit = max(1, round(200 * scale)), np.sqrt(scale) * _side(height, width) / 256
    centers = rng.uniform(0, 1, (count, 2)) * (width, height)
    radii = unit * rng.lognormal(-0.1, 0.6, (count, 1)) * rng.uniform(0.6, 1.2, (count, 2))
    for box in np.concatenate([centers - radii, centers + radii], 1).tolist():
        draw.ellipse(box, fill=1)
    for _ in range(rng.integers(0, 5)):
        hair = rng.uniform(0, 1, 2) * (width, height) + unit * _hair(rng)
        draw.line(_pairs(hair), fill=1, width=max(1, round(unit)))
    return np.asarray(image, bool)


def _span(side: int, rng: np.random.Generator, scale: float) -> slice:
    length = max(1, min(side, round(side / 2 * scale)))
    start = int(rng.integers(side - length, endpoint=True))
    less = min(int(rng.integers(round(length / 8), endpoint=True)), (length - 1) // 2)
    return slice(start + less, start + length - less)


def _zigzag(height: int, width: int, rng: np.random.Generator, scale: float) -> Corners:
    """Return the corners of a stroke: alternating steps to the lower and the upper right, clipped to the picture."""
    step = scale * np.hypot(height, width) / 8
    low, high = 2 * np.pi / 5 + np.array([-1, 1]) * rng.uniform(0, 2 * np.pi / 15, 2)
    count = int(rng.integers(4, 12))
    # The alternating sign makes the zigzag of the reference.
    angles = rng.uniform(low, high, count) * np.resize([-1, 1], count)
    lengths = np.clip(rng.normal(step, step // 2, count), 0, 2 * step)
    corners = [(rng.uniform(0, width), rng.uniform(0, height))]
    for right, lower in (lengths * np.array([np.cos(angles), np.sin(angles)])).T.tolist():
        across, down = corners[-1]
        corners.append((min(max(across + right, 0.0), width), min(max(down + lower, 0.0), height)))
    return corners


def _outline(angles: np.ndarray, roundness: float) -> Points:
    """Return points of the superellipse with exponent 2 / roundness: 1 is a circle, near 0 is a square."""
    points = np.stack([np.cos(angles), np.sin(angles)], -1)
    return np.sign(points) * np.abs(points) ** roundness


def _tail(rng: np.random.Generator, roundness: float) -> Points:
    """Return a curved tail on the outline; it points down more often than up."""
    angle = rng.normal(np.pi / 2, 0.9) * rng.choice([1, 1, 1, -1])
    half = rng.uniform(0.1, 0.25)
    first, middle, last = _outline(angle + np.array([-half, 0, half]), roundness)
    tip = rng.uniform(1.35, 1.9) * middle
    bend = rng.normal(0, 0.15, 2)
    along = np.linspace(0, 1, 9)[:, None]
    sides = [(1 - along) * base + along * tip + 4 * along * (1 - along) * bend / 2 for base in (first, last)]
    return np.concatenate([first[None] * 0.8, sides[0], sides[1][::-1], last[None] * 0.8])


def _hair(rng: np.random.Generator) -> Points:
    turns = rng.uniform(0, 2 * np.pi) + rng.normal(0, 0.35, 12).cumsum()
    return 3 * np.stack([np.cos(turns), np.sin(turns)], -1).cumsum(0)


def _canvas(height: int, width: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("L", (width, height))
    return image, ImageDraw.Draw(image)


def _pairs(points: Points) -> Corners:
    return [(across, down) for across, down in points.tolist()]


def _side(height: int, width: int) -> float:
    return np.sqrt(height * width)
