"""The lettering of a page: small dark shapes in rows or columns, all on one white area."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int
from scipy import ndimage, sparse, spatial
from scipy.sparse import csgraph

from mangagan.infer.page.settings import PAGE

Mask = Bool[np.ndarray, "h w"]
Boxes = Int[np.ndarray, "n 4"]  # top, left, bottom, right

_SETTINGS = PAGE.lettering


@dataclass(frozen=True)
class LetteringBlock:
    """Letters that belong together."""

    boxes: Boxes  # of each letter
    ink: int  # pixels of ink in and about them
    area: int  # the number of the white area that they stand on

    @property
    def box(self) -> tuple[int, int, int, int]:
        """The top, left, bottom and right of the whole block."""
        (top, left), (bottom, right) = self.boxes[:, :2].min(0), self.boxes[:, 2:].max(0)
        return int(top), int(left), int(bottom), int(right)

    @property
    def height(self) -> float:
        """The median height of its letters in pixels."""
        return float(np.median(self.boxes[:, 2] - self.boxes[:, 0]))


def find_lettering(dark: Mask, areas: Int[np.ndarray, "h w"]) -> list[LetteringBlock]:
    """Return the blocks of three letters or more on a page; a balloon may hold several.

    Hatching, screentone dots and dotted patterns, whose shapes are all thin or all alike, are not letters.

    Args:
        dark: Where the page has ink.
        areas: The connected white areas of the page, numbered from 1; 0 is not white.
    """
    labels, count = ndimage.label(dark, np.ones((3, 3)))
    boxes = _boxes(labels)
    ink = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    longer = (boxes[:, 2:] - boxes[:, :2]).max(1)
    shorter_side = min(dark.shape)
    smallest, largest = _SETTINGS.smallest * shorter_side, _SETTINGS.largest * shorter_side
    letters = (longer >= smallest) & (longer <= largest) & (ink >= _SETTINGS.least_ink)
    marks = (longer < smallest) & (longer >= _SETTINGS.smallest_mark * shorter_side)
    small = np.concatenate([[False], longer <= largest])[labels]
    chosen = np.flatnonzero(letters)
    background = np.array([_background(box, areas, small) for box in boxes[chosen]], int)
    found = []
    for area, letters_on_it in _by_area(chosen, background):
        for members in _neighbor_groups(letters_on_it, boxes):
            if len(members) >= _SETTINGS.fewest_letters and _is_lettering(boxes[members], ink[members]):
                near = _around(boxes, boxes[members]) & (marks | letters)
                found.append(LetteringBlock(boxes[members], int(ink[near].sum()), area))
    return found


def _by_area(
    letters: Int[np.ndarray, " n"], background: Int[np.ndarray, " n"]
) -> Iterator[tuple[int, Int[np.ndarray, " m"]]]:
    """Yield each white area, in the order of their numbers, with the letters on it in their own order."""
    on_white = background > 0
    letters, background = letters[on_white], background[on_white]
    order = np.argsort(background, kind="stable")
    areas, starts = np.unique(background[order], return_index=True)
    for area, start, end in zip(areas, starts, [*starts[1:], len(order)], strict=True) if len(areas) else ():
        yield int(area), letters[order[start:end]]


def _boxes(labels: Int[np.ndarray, "h w"]) -> Boxes:
    found = ndimage.find_objects(labels)
    return np.array([(y.start, x.start, y.stop, x.stop) for y, x in found], int).reshape(-1, 4)


def _background(box: np.ndarray, areas: Int[np.ndarray, "h w"], small: Mask) -> int:
    """Return the white area that surrounds a box; 0 where the box touches something large, or two areas."""
    height, width = areas.shape
    gap = _SETTINGS.ring_gap
    # The ends of a box are exclusive.
    top, left, bottom, right = box[0] - gap, box[1] - gap, box[2] + gap - 1, box[3] + gap - 1
    if top < 0 or left < 0 or bottom >= height or right >= width:
        return 0
    ring = (
        (np.r_[left : right + 1], top), (np.r_[left : right + 1], bottom), (left, np.r_[top : bottom + 1]),
        (right, np.r_[top : bottom + 1]),
    )  # fmt: skip
    around = np.concatenate([areas[y, x] for x, y in ring])
    # Other letters may cover parts of the ring.
    around = around[~np.concatenate([small[y, x] for x, y in ring])]
    if len(around) < _SETTINGS.ring_pixels:
        return 0
    counts = np.bincount(around)
    counts[0] = 0
    best = int(counts.argmax())
    return best if counts[best] >= _SETTINGS.ring_share * len(around) else 0


def _neighbor_groups(letters: Int[np.ndarray, " n"], boxes: Boxes) -> list[Int[np.ndarray, " m"]]:
    """Return the groups of letters that follow one another in a row or a column, among those on one white area."""
    # A pattern has so many pairs of neighbours that searching them takes minutes.
    if len(letters) > _SETTINGS.most_shapes:
        return []
    low, high = boxes[letters, :2], boxes[letters, 2:]
    side = (high - low).astype(float)
    # The centres of two letters that follow one another are no farther apart than this.
    reach = _SETTINGS.neighbor_reach * side.max()
    near = spatial.KDTree((low + high) / 2).query_pairs(reach, p=np.inf, output_type="ndarray")
    one, other = near.T
    gap = np.maximum(low[one], low[other]) - np.minimum(high[one], high[other])
    alike = np.maximum(side[one], side[other]) <= _SETTINGS.alike_ratio * np.minimum(side[one], side[other])
    length = np.maximum(side[one].max(1), side[other].max(1))
    overlap = -gap >= _SETTINGS.neighbor_overlap * np.minimum(side[one], side[other])
    in_row = overlap[:, 0] & alike[:, 0] & (gap[:, 1] <= _SETTINGS.neighbor_gap * length)
    in_column = overlap[:, 1] & alike.any(-1) & (gap[:, 0] <= _SETTINGS.neighbor_gap * length)
    joined = near[in_row | in_column]
    graph = sparse.coo_array((np.ones(len(joined)), joined.T), (len(letters), len(letters)))
    count, group = csgraph.connected_components(graph, directed=False)
    return [letters[group == number] for number in range(count)]


def _is_lettering(boxes: Boxes, ink: Int[np.ndarray, " n"]) -> bool:
    """Return whether shapes stand in rows or columns and differ as letters do."""
    height, width = (boxes[:, 2:] - boxes[:, :2]).T
    slim = np.maximum(height, width) > _SETTINGS.slim_ratio * np.minimum(height, width)
    thin = ink < _SETTINGS.thin_fill * height * width
    alike = len(boxes) > _SETTINGS.alike_count and ink.std() < _SETTINGS.alike_deviation * ink.mean()
    square = np.abs(height - width) <= _SETTINGS.dot_ratio * height
    dots = (ink > _SETTINGS.dot_fill * height * width) & square
    odd = (slim | thin | dots).mean() >= _SETTINGS.odd_share
    aligned = max(_most_aligned(boxes[:, 0::2]), _most_aligned(boxes[:, 1::2]))
    # The letters of one hand are of about one height, or of one width in columns; leaves and folds are not.
    deviation = min(height.std() / height.mean(), width.std() / width.mean())
    uneven = deviation > _SETTINGS.uneven_deviation
    return bool(not odd and not alike and not uneven and aligned >= _SETTINGS.fewest_letters)


def _most_aligned(spans: Int[np.ndarray, "n 2"]) -> int:
    """Return how many spans (from, to) lie on one line at most: their ends differ by a quarter of a length."""
    # All pairs of a page of text would not fit into memory.
    telling = spans[: _SETTINGS.telling_letters]
    away = np.abs(telling[:, None] - spans).max(-1)
    length = telling[:, 1] - telling[:, 0]
    return int((away <= np.maximum(_SETTINGS.line_tolerance * length, 1)[:, None]).sum(1).max())


def _around(boxes: Boxes, letters: Boxes) -> Bool[np.ndarray, " n"]:
    """Return which boxes lie among the letters or at most a letter away: points, accents, marks."""
    room = int(np.median(letters[:, 2] - letters[:, 0]))
    return ((boxes[:, :2] >= letters[:, :2].min(0) - room) & (boxes[:, 2:] <= letters[:, 2:].max(0) + room)).all(1)
