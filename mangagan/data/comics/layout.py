"""Page layouts: rows of panels of unequal widths, with straight or slanted gutters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from mangagan.data.comics.work import Work


@dataclass(frozen=True)
class Panel:
    """One panel: its corners [4 2] clockwise from the top left, in page pixels (x, y)."""

    corners: Float[np.ndarray, "4 2"]

    @property
    def box(self) -> tuple[int, int, int, int]:
        """The bounding box in whole pixels: (left, top, right, bottom)."""
        low, high = np.floor(self.corners.min(0)).astype(int), np.ceil(self.corners.max(0)).astype(int)
        return int(low[0]), int(low[1]), int(high[0]), int(high[1])

    @property
    def upright(self) -> tuple[float, float, float, float]:
        """An axis-aligned rectangle inside the panel: (left, top, right, bottom)."""
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = self.corners
        return max(ax, dx), max(ay, by), min(bx, cx), min(cy, dy)


def panels(work: Work, size: tuple[int, int], rng: np.random.Generator) -> tuple[Panel, ...]:
    """Return the panels of a page in reading order, left to right in rows; in 5 % of pages one splash panel."""
    width, height = size
    margin = 0.0 if rng.random() < work.bleed else float(rng.integers(26, 40))
    if rng.random() < 0.05:
        return (_quad((margin, margin), (margin, margin), (height - margin,) * 2, (width - margin,) * 2),)
    heights = _shares(int(rng.choice(work.rows)), 0.36, rng)
    edges = margin + np.concatenate([[0.0], np.cumsum(heights)]) * (height - 2 * margin)
    # The first and the last edge of a page are never slanted.
    tilts = [0.0, *(_tilt(work, 46, rng) for _ in heights[1:]), 0.0]
    result: list[Panel] = []
    for row, share in enumerate(heights):
        top = (edges[row] - tilts[row], edges[row] + tilts[row])
        bottom = (edges[row + 1] - tilts[row + 1], edges[row + 1] + tilts[row + 1])
        result += _row(work, top, bottom, (margin, width - margin), share, rng)
    return tuple(_shrunk(panel, work.gutter, margin, size) for panel in result)


def _row(
    work: Work,
    top: tuple[float, float],
    bottom: tuple[float, float],
    sides: tuple[float, float],
    share: float,
    rng: np.random.Generator,
) -> list[Panel]:
    # A high row has few columns, or its panels would be too narrow.
    count = int(rng.choice((1, 2, 2) if share > 0.42 else (1, 2, 2, 3, 3) if share > 0.2 else (1, 2, 3)))
    shares = _shares(count, 0.55, rng)
    edges = sides[0] + np.concatenate([[0.0], np.cumsum(shares)]) * (sides[1] - sides[0])
    tilts = [0.0, *(_tilt(work, 30, rng) for _ in shares[1:]), 0.0]

    def level(line: tuple[float, float], x: float) -> float:
        return line[0] + (line[1] - line[0]) * (x - sides[0]) / (sides[1] - sides[0])

    row = []
    for i in range(count):
        xs = (
            edges[i] + tilts[i],
            edges[i + 1] + tilts[i + 1],
            edges[i + 1] - tilts[i + 1],
            edges[i] - tilts[i],
        )
        lines = (top, top, bottom, bottom)
        row.append(Panel(np.array([(x, level(line, x)) for x, line in zip(xs, lines, strict=True)])))
    return row


def _shrunk(panel: Panel, gutter: int, margin: float, size: tuple[int, int]) -> Panel:
    """Shrink a panel by half a gutter on sides next to other panels; sides that bleed extend beyond the page."""
    corners = panel.corners.copy()
    inward = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)]) * gutter / 2
    limit = np.array(size) - margin
    edge = (corners <= margin + 0.5) | (corners >= limit - 0.5)
    outward = 8.0 if margin == 0 else 0.0
    return Panel(corners + np.where(edge, -np.sign(inward) * outward, inward))


def _quad(
    left: tuple[float, float],
    top: tuple[float, float],
    bottom: tuple[float, float],
    right: tuple[float, float],
) -> Panel:
    return Panel(np.array([(left[0], top[0]), (right[0], top[1]), (right[1], bottom[1]), (left[1], bottom[0])], float))


def _shares(count: int, unevenness: float, rng: np.random.Generator) -> Float[np.ndarray, count]:
    weights = 1.0 + unevenness * rng.uniform(-1, 1, count)
    return weights / weights.sum()


def _tilt(work: Work, reach: float, rng: np.random.Generator) -> float:
    return float(rng.uniform(-reach, reach)) if rng.random() < work.slant else 0.0
