"""Pictures of any size through a network of one size: tiles that overlap, blended without seams."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Shaped

Maps = Mapping[str, Shaped[np.ndarray, "h w _"]]
# Takes tiles [b t t c] of every map, always of the same shape, and paints [b t t o].
Paint = Callable[[dict[str, Shaped[np.ndarray, "b t t _"]]], Any]
Place = tuple[int, int]


@dataclass(frozen=True)
class Tiles:
    """Squares of `size` pixels that overlap by `overlap` or more, painted `batch` at a time.

    Raises ValueError where these do not fit together.
    """

    size: int = 256
    overlap: int = 64
    batch: int = 1

    def __post_init__(self) -> None:
        if self.batch < 1 or not 0 <= self.overlap < self.size:
            raise ValueError(
                f"tiles of {self.size} pixels that overlap by {self.overlap}, {self.batch} at a time: the batch must "
                "be 1 or more, the overlap at least 0 and smaller than the tile"
            )

    def painted(
        self, maps: Maps, paint: Paint, wanted: Bool[np.ndarray, "h w"] | None = None
    ) -> Float[np.ndarray, "h w o"]:
        """What `paint` makes of maps [h w c] of one height and width, tile by tile; float32.

        Maps smaller than a tile are mirrored out to it. Where tiles overlap, each fades into the next on half a wave;
        the outermost quarter of an overlap, where a network misses its surroundings most, counts for nothing. Tiles
        without a `wanted` pixel are not painted; what no tile covers is 0.
        """
        height, width = next(iter(maps.values())).shape[:2]
        padded = {name: self._filled_up(array) for name, array in maps.items()}
        total: Any = None
        weights = np.zeros((max(height, self.size), max(width, self.size), 1), np.float32)
        for places in self._batches(height, width, wanted):
            # A last batch that is not full is filled with copies: one compiled program serves all.
            full = places + places[-1:] * (self.batch - len(places))
            tiles = {name: np.stack([array[self._slices(place)] for place in full]) for name, array in padded.items()}
            for place, tile in zip(places, np.asarray(paint(tiles)), strict=False):
                if total is None:
                    total = np.zeros((*weights.shape[:2], tile.shape[-1]), np.float32)
                window = self._window(place, weights.shape[:2])
                total[self._slices(place)] += window * tile
                weights[self._slices(place)] += window
        total = weights if total is None else total
        return (total / np.where(weights > 0, weights, 1))[:height, :width]

    def _batches(self, height: int, width: int, wanted: Bool[np.ndarray, "h w"] | None) -> Iterator[list[Place]]:
        places = [
            (top, left)
            for top in self._starts(height)
            for left in self._starts(width)
            if wanted is None or wanted[self._slices((top, left))].any()
        ]
        for first in range(0, len(places), self.batch):
            yield places[first : first + self.batch]

    def _starts(self, length: int) -> list[int]:
        """Where tiles begin: the first at 0, the last at the end, evenly spread between."""
        last = max(0, length - self.size)
        return [round(start) for start in np.linspace(0, last, 1 + math.ceil(last / (self.size - self.overlap)))]

    def _slices(self, place: Place) -> tuple[slice, slice]:
        top, left = place
        return slice(top, top + self.size), slice(left, left + self.size)

    def _filled_up(self, array: Shaped[np.ndarray, "h w c"]) -> Shaped[np.ndarray, "h w c"]:
        rows, columns = (max(0, self.size - length) for length in array.shape[:2])
        return np.pad(array, ((0, rows), (0, columns), (0, 0)), "symmetric") if rows or columns else array

    def _window(self, place: Place, shape: Sequence[int]) -> Float[np.ndarray, "t t 1"]:
        down, across = (self._fade(start > 0, start + self.size < end) for start, end in zip(place, shape, strict=True))
        return down[:, None, None] * across[:, None]

    def _fade(self, before: bool, after: bool) -> Float[np.ndarray, " t"]:
        """Weights along one side of a tile, which has neighbours before and after it or ends with the picture."""
        margin = self.overlap // 4
        way = (np.arange(self.size) + 0.5 - margin) / max(1, self.overlap - 2 * margin)
        rise = np.sin(np.clip(way, 0, 1) * (np.pi / 2)).astype(np.float32) ** 2
        return (rise if before else 1) * (rise[::-1] if after else np.ones_like(rise))
