"""Run a network of one size on pictures of any size: in tiles that overlap and are blended without seams."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Shaped

Maps = Mapping[str, Shaped[np.ndarray, "h w _"]]
# Takes tiles [b t t c] of every map, always of the same shape, and returns [b t t o].
Predict = Callable[[dict[str, Shaped[np.ndarray, "b t t _"]]], Any]
Corner = tuple[int, int]


@dataclass(frozen=True)
class TileSettings:
    """How pictures that are too large for a network are cut; evaluation and use share these numbers."""

    whole_pixels: int = 1024 * 1536  # a picture of more pixels is predicted in tiles
    size: int = 512  # side of a tile, in pixels
    overlap: int = 128  # overlap of two tiles, in pixels
    step: int = 128  # the shorter side of a canvas is a multiple of this (`mangagan.infer.canvas`)
    ratio: float = 1.5  # longer side of a canvas over its shorter side: pages have 1.35 to 1.6
    least_fit: float = 0.9  # size to which a page is reduced, at most, to fit a canvas
    reduction: int = 16  # colours of tiles and of the whole page are compared where both are so many times smaller
    blur: float = 2.0  # standard deviation of the blur of their difference, in pixels of that size


PAGE_TILES = TileSettings()


@dataclass(frozen=True)
class Tiles:
    """Squares of `size` pixels that overlap by `overlap` or more, predicted `batch` at a time.

    Raises:
        ValueError: These numbers do not fit together.
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

    def predict(
        self, maps: Maps, predict: Predict, wanted: Bool[np.ndarray, "h w"] | None = None
    ) -> Float[np.ndarray, "h w o"]:
        """Predict a picture tile by tile.

        Maps smaller than a tile are padded by reflection. Where tiles overlap, each fades into the next along half a
        wave; the outermost quarter of an overlap, where a network lacks its surroundings most, is not used.

        Args:
            maps: Arrays [h w c] of one height and width, of any range.
            predict: The network.
            wanted: Tiles without such a pixel are skipped.

        Returns:
            The prediction in float32; 0 where no tile was predicted.
        """
        height, width = next(iter(maps.values())).shape[:2]
        padded = {name: self._padded(array) for name, array in maps.items()}
        total: Any = None
        weights = np.zeros((max(height, self.size), max(width, self.size), 1), np.float32)
        for corners in self._batches(height, width, wanted):
            # A last batch that is not full is filled with copies, so that one compiled program serves all batches.
            full = corners + corners[-1:] * (self.batch - len(corners))
            tiles = {name: np.stack([array[self._slices(corner)] for corner in full]) for name, array in padded.items()}
            for corner, tile in zip(corners, np.asarray(predict(tiles)), strict=False):
                if total is None:
                    total = np.zeros((*weights.shape[:2], tile.shape[-1]), np.float32)
                fade_in = self._weights(corner, weights.shape[:2])
                total[self._slices(corner)] += fade_in * tile
                weights[self._slices(corner)] += fade_in
        total = weights if total is None else total
        return (total / np.where(weights > 0, weights, 1))[:height, :width]

    def _batches(self, height: int, width: int, wanted: Bool[np.ndarray, "h w"] | None) -> Iterator[list[Corner]]:
        corners = [
            (top, left)
            for top in self._starts(height)
            for left in self._starts(width)
            if wanted is None or wanted[self._slices((top, left))].any()
        ]
        for first in range(0, len(corners), self.batch):
            yield corners[first : first + self.batch]

    def _starts(self, length: int) -> list[int]:
        """The positions of tiles: the first at 0, the last at the end, evenly spaced between."""
        last = max(0, length - self.size)
        return [round(start) for start in np.linspace(0, last, 1 + math.ceil(last / (self.size - self.overlap)))]

    def _slices(self, corner: Corner) -> tuple[slice, slice]:
        top, left = corner
        return slice(top, top + self.size), slice(left, left + self.size)

    def _padded(self, array: Shaped[np.ndarray, "h w c"]) -> Shaped[np.ndarray, "h w c"]:
        rows, columns = (max(0, self.size - length) for length in array.shape[:2])
        return np.pad(array, ((0, rows), (0, columns), (0, 0)), "symmetric") if rows or columns else array

    def _weights(self, corner: Corner, shape: Sequence[int]) -> Float[np.ndarray, "t t 1"]:
        down, across = (
            self._fade(start > 0, start + self.size < end) for start, end in zip(corner, shape, strict=True)
        )
        return down[:, None, None] * across[:, None]

    def _fade(self, before: bool, after: bool) -> Float[np.ndarray, " t"]:
        """Weights along one side of a tile, which has neighbours before and after it or ends with the picture."""
        margin = self.overlap // 4
        way = (np.arange(self.size) + 0.5 - margin) / max(1, self.overlap - 2 * margin)
        rise = np.sin(np.clip(way, 0, 1) * (np.pi / 2)).astype(np.float32) ** 2
        return (rise if before else 1) * (rise[::-1] if after else np.ones_like(rise))
