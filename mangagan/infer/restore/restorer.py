"""Restoration of whole pictures at their own size: noise taken away, holes filled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, UInt8
from PIL import Image

from mangagan.color import from_bytes, to_bytes
from mangagan.images.decode import Unusable
from mangagan.tasks.base import Batch, Variables
from mangagan.tiles import Tiles

Pixels = UInt8[np.ndarray, "h w 3"]
Hole = Bool[np.ndarray, "h w"]
WHOLE_PIXELS = 2**20
# A task's own: takes "input" [b h w c] in [-1, 1] and what belongs to it, gives pictures [b h w 3] in [-1, 1].
Predict = Callable[[Variables, Batch], Float[Array, "b h w 3"]]


def denoiser(
    predict: Predict, variables: Variables, tiles: Tiles, sigma: float | None = None
) -> Callable[[Pixels], Pixels]:
    """A function that takes the noise from a picture [h w 3] of 8 bits, tile by tile.

    `sigma`: for a network that is told the noise's deviation, in 8-bit units; None for a blind one.
    """

    @jax.jit
    def painted(
        variables: Variables, pixels: UInt8[Array, "b t t 3"], told: Float[Array, ""] | None
    ) -> Float[Array, "b t t 3"]:
        batch = {"input": from_bytes(pixels)}
        if told is not None:
            batch["sigma"] = jnp.broadcast_to(told, (*pixels.shape[:3], 1))
        return predict(variables, batch)

    told = None if sigma is None else jnp.float32(sigma / 255)

    def denoised(pixels: Pixels) -> Pixels:
        return to_bytes(tiles.painted({"pixels": pixels}, lambda maps: painted(variables, maps["pixels"], told)))

    return denoised


def inpainter(predict: Predict, variables: Variables, tiles: Tiles) -> Callable[[Pixels, Hole], Pixels]:
    """A function that fills a hole in a picture [h w 3] of 8 bits; all other pixels are the picture's own.

    A hole may be larger than a tile: what lies deeper in it than a quarter of a tile is filled in the picture of half
    the size, where the same rule holds, and then steers the tiles around it. So every tile has something to go by.
    Raises Unusable where nothing of the picture is known.
    """

    @jax.jit
    def painted(
        variables: Variables, pixels: UInt8[Array, "b t t 3"], hole: Bool[Array, "b t t 1"]
    ) -> Float[Array, "b t t 3"]:
        return predict(variables, {"input": jnp.where(hole, 0.0, from_bytes(pixels)), "mask": hole.astype(jnp.float32)})

    def paint(maps: dict[str, Any]) -> Any:
        return painted(variables, maps["pixels"], maps["hole"])

    def filled(pixels: Pixels, hole: Hole) -> Pixels:
        if hole.all():
            raise Unusable("all of it is a hole: nothing is known to fill it from")
        here = hole
        if max(hole.shape) > tiles.size and (deep := inner(hole, tiles.size // 4)).any():
            pixels = np.where(deep[..., None], _doubled(filled(*halved(pixels, hole)), hole), pixels)
            here = hole & ~deep
        fresh = tiles.painted({"pixels": pixels, "hole": here[..., None]}, paint, wanted=here)
        return np.where(here[..., None], to_bytes(fresh), pixels) if here.any() else pixels

    return filled


def whole_or_tiled(predict: Predict, variables: Variables, tiles: Tiles) -> Callable[[Batch], Any]:
    """A function from a batch of one picture to its prediction, in tiles where it has more than WHOLE_PIXELS."""
    run = jax.jit(predict)

    def predicted(batch: Batch) -> Any:
        _, height, width, _ = batch["input"].shape
        if height * width <= WHOLE_PIXELS:
            return run(variables, batch)
        maps = {name: np.asarray(array[0]) for name, array in batch.items()}
        return tiles.painted(maps, lambda cut: run(variables, cut))[None]

    return predicted


def inner(hole: Hole, depth: int) -> Hole:
    """The pixels of a hole all of whose neighbours up to `depth` away, to the sides and on the diagonals, are in it.

    What lies beyond the picture's borders is nothing known either.
    """
    for axis in (0, 1):
        known = np.cumsum(~hole, axis=axis, dtype=np.int32)
        reach = np.arange(hole.shape[axis])
        upto = known.take(np.minimum(reach + depth, len(reach) - 1), axis)
        before = known.take(np.maximum(reach - depth - 1, 0), axis)
        start = np.expand_dims(reach <= depth, 1 - axis)
        hole = upto == np.where(start, 0, before)
    return hole


def halved(pixels: Pixels, hole: Hole) -> tuple[Pixels, Hole]:
    """The picture at half the size, each pixel the mean of what is known of four; a hole where nothing is."""
    rows, columns = (length % 2 for length in hole.shape)
    even = ((0, rows), (0, columns))
    known = np.pad(~hole, even, "edge")[..., None]
    values = np.pad(pixels, (*even, (0, 0)), "edge") * known
    total, count = (_sums_of_four(array.astype(np.float32)) for array in (values, known))
    return np.round(total / np.maximum(count, 1)).astype(np.uint8), count[..., 0] == 0


def _sums_of_four(array: Float[np.ndarray, "2h 2w c"]) -> Float[np.ndarray, "h w c"]:
    return array[::2, ::2] + array[1::2, ::2] + array[::2, 1::2] + array[1::2, 1::2]


def _doubled(pixels: Pixels, like: Hole) -> Pixels:
    height, width = pixels.shape[:2]
    larger = Image.fromarray(pixels).resize((2 * width, 2 * height), Image.Resampling.BICUBIC)
    return np.asarray(larger)[: like.shape[0], : like.shape[1]]
