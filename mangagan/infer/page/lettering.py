"""Where a page is lettered: small dark shapes in rows or columns, all on one stretch of white."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int
from scipy import ndimage, sparse, spatial
from scipy.sparse import csgraph

Mask = Bool[np.ndarray, "h w"]
Boxes = Int[np.ndarray, "n 4"]  # top, left, bottom, right

# Sides of a letter, as shares of the page's shorter side.
_SMALLEST, _LARGEST = 0.006, 0.06
_MARK = 0.002
# The standard deviation of the heights of letters over their mean: 0.04 to 0.26 in blocks of capitals and lower case,
# 0.33 and more in nearly all of what is drawn.
_UNEVEN = 0.32
# Two shapes alike, side by side on white, are the eyes of a face more often than a word.
_FEWEST = 3
# A stretch of white with more shapes on it is a pattern; a page full of text has some 5,000.
_MOST = 8000
# So many letters of a block tell whether all stand in rows or columns.
_TELLING = 400


@dataclass(frozen=True)
class Block:
    """Letters that hang together: the boxes of each, their ink in pixels, and the stretch of white they stand on."""

    boxes: Boxes
    ink: int
    white: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Top, left, bottom and right of the whole block."""
        (top, left), (bottom, right) = self.boxes[:, :2].min(0), self.boxes[:, 2:].max(0)
        return int(top), int(left), int(bottom), int(right)

    @property
    def height(self) -> float:
        """Height of the middle letter."""
        return float(np.median(self.boxes[:, 2] - self.boxes[:, 0]))


def blocks(dark: Mask, stretches: Int[np.ndarray, "h w"]) -> list[Block]:
    """Blocks of three letters or more, among the dark shapes of a page; in a balloon there may be several.

    `stretches` numbers the stretches of white from 1; 0 is not white. Hatching, screentone dots and dotted patterns,
    whose shapes are all thin or all alike, are no letters.
    """
    labels, count = ndimage.label(dark, np.ones((3, 3)))
    boxes = _boxes(labels)
    ink = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    sides = boxes[:, 2:] - boxes[:, :2]
    unit = min(dark.shape)
    shaped = (sides.max(1) >= _SMALLEST * unit) & (sides.max(1) <= _LARGEST * unit) & (ink >= 6)
    marks = (sides.max(1) < _SMALLEST * unit) & (sides.max(1) >= _MARK * unit)
    small = np.concatenate([[False], sides.max(1) <= _LARGEST * unit])[labels]
    chosen = np.flatnonzero(shaped)
    ground = np.array([_ground(box, stretches, small) for box in boxes[chosen]], int)
    found = []
    for white in np.unique(ground[ground > 0]):
        for members in _groups(chosen[ground == white], boxes):
            if len(members) >= _FEWEST and _written(boxes[members], ink[members]):
                near = _inside(boxes, boxes[members]) & (marks | shaped)
                found.append(Block(boxes[members], int(ink[near].sum()), int(white)))
    return found


def _boxes(labels: Int[np.ndarray, "h w"]) -> Boxes:
    found = ndimage.find_objects(labels)
    return np.array([(y.start, x.start, y.stop, x.stop) for y, x in found], int).reshape(-1, 4)


def _ground(box: np.ndarray, stretches: Int[np.ndarray, "h w"], small: Mask) -> int:
    """The stretch of white that surrounds a box; 0 where it touches something large, or two stretches."""
    height, width = stretches.shape
    top, left, bottom, right = box[0] - 3, box[1] - 3, box[2] + 2, box[3] + 2
    if top < 0 or left < 0 or bottom >= height or right >= width:
        return 0
    ring = (
        (np.r_[left : right + 1], top), (np.r_[left : right + 1], bottom), (left, np.r_[top : bottom + 1]),
        (right, np.r_[top : bottom + 1]),
    )  # fmt: skip
    around = np.concatenate([stretches[y, x] for x, y in ring])
    # Other letters may stand in the way.
    around = around[~np.concatenate([small[y, x] for x, y in ring])]
    if len(around) < 8:
        return 0
    counts = np.bincount(around)
    counts[0] = 0
    best = int(counts.argmax())
    return best if counts[best] >= 0.8 * len(around) else 0


def _groups(letters: Int[np.ndarray, " n"], boxes: Boxes) -> list[Int[np.ndarray, " m"]]:
    """The letters that follow one another in a row or a column, among those on one stretch of white."""
    if len(letters) > _MOST:
        return []
    low, high = boxes[letters, :2], boxes[letters, 2:]
    side = (high - low).astype(float)
    # No letter of a row is farther from the next one's middle than this.
    near = spatial.KDTree((low + high) / 2).query_pairs(1.9 * side.max(), p=np.inf, output_type="ndarray")
    one, other = near.T
    gap = np.maximum(low[one], low[other]) - np.minimum(high[one], high[other])
    alike = np.maximum(side[one], side[other]) <= 2.2 * np.minimum(side[one], side[other])
    length = np.maximum(side[one].max(1), side[other].max(1))
    overlap = -gap >= 0.5 * np.minimum(side[one], side[other])
    in_row = overlap[:, 0] & alike[:, 0] & (gap[:, 1] <= 0.9 * length)
    in_column = overlap[:, 1] & alike.any(-1) & (gap[:, 0] <= 0.9 * length)
    joined = near[in_row | in_column]
    graph = sparse.coo_array((np.ones(len(joined)), joined.T), (len(letters), len(letters)))
    count, group = csgraph.connected_components(graph, directed=False)
    return [letters[group == number] for number in range(count)]


def _written(boxes: Boxes, ink: Int[np.ndarray, " n"]) -> bool:
    """Whether shapes stand in rows or columns, and differ as letters do."""
    height, width = (boxes[:, 2:] - boxes[:, :2]).T
    slim = np.maximum(height, width) > 4 * np.minimum(height, width)
    thin = ink < 0.22 * height * width
    alike = len(boxes) > 8 and ink.std() < 0.2 * ink.mean()
    dots = (ink > 0.7 * height * width) & (np.abs(height - width) <= 0.25 * height)
    lined_up = max(_lined_up(boxes[:, 0::2]), _lined_up(boxes[:, 1::2]))
    # Letters of a hand are of about one height, or of one width in columns; leaves and folds are not.
    uneven = min(height.std() / height.mean(), width.std() / width.mean()) > _UNEVEN
    return bool((slim | thin | dots).mean() < 0.5 and not alike and not uneven and lined_up >= _FEWEST)


def _lined_up(spans: Int[np.ndarray, "n 2"]) -> int:
    """How many of the spans (from, to) lie on one line at most: their ends within a quarter of their length."""
    telling = spans[:_TELLING]
    away = np.abs(telling[:, None] - spans).max(-1)
    length = telling[:, 1] - telling[:, 0]
    return int((away <= np.maximum(0.25 * length, 1)[:, None]).sum(1).max())


def _inside(boxes: Boxes, letters: Boxes) -> Bool[np.ndarray, " n"]:
    """Which boxes lie about the letters: points, accents, marks."""
    room = int(np.median(letters[:, 2] - letters[:, 0]))
    return ((boxes[:, :2] >= letters[:, :2].min(0) - room) & (boxes[:, 2:] <= letters[:, 2:].max(0) + room)).all(1)
