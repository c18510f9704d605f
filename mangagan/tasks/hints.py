"""True colours revealed in a few squares, as a user would give them (Zhang et al. 2017, arXiv 1705.02999)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

# Colours are carried in cells of so many pixels, by a Gaussian of such a deviation; the trust in them is half where
# hints come to this density, some 65 pixels from a square of five.
_CELL, _REACH, _HALF = 8, 32.0, 5e-4


class Hints(NamedTuple):
    """The revealed colours, 0 where there are none, and the mask, 1 where there are; between them of a trust."""

    ab: Float[Array, "b h w 2"]
    mask: Float[Array, "b h w 1"]


@dataclass(frozen=True)
class HintSampling:
    """How many squares are revealed in training, how large they are and where they lie.

    After each square there is no further one with probability `stop`, nor a first one (1/8: seven on average); there
    are `most` at most. Sides are 1 to `patch` pixels, each as likely. Places gather about the centre of the picture
    with a quarter of its size as standard deviation, or spread evenly (`uniform`). ValueError where a number is out
    of range.
    """

    stop: float = 0.125
    most: int = 32
    patch: int = 9
    uniform: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.stop <= 1:
            raise ValueError(f"HintSampling: stop is {self.stop}; a probability is from 0 to 1")
        if self.most < 0 or self.patch < 1:
            raise ValueError(f"HintSampling: most is {self.most} and patch {self.patch}; at least 0 and 1 are needed")


def no_hints(gray: Float[Array, "b h w 1"]) -> Hints:
    """What a generator is given of pictures of that size where nothing is revealed."""
    blank = jnp.zeros_like(gray)
    return Hints(jnp.concatenate([blank, blank], axis=-1), blank)


def hints_of(batch: Mapping[str, Array]) -> Hints:
    """The hints that a batch has at use, "hint_ab" and "hint_mask"; where it lacks them there are none."""
    if "hint_ab" not in batch:
        return no_hints(batch["input"])
    return Hints(batch["hint_ab"], batch["hint_mask"])


def sample_hints(key: Array, ab: Float[Array, "b h w 2"], sampling: HintSampling) -> Hints:
    """Random hints for each picture of ab [b h w 2] (any unit), some with none; later squares lie on earlier ones.

    Follows richzhang/colorization-pytorch. `sampling` is static under `jax.jit`.
    """
    (b, height, width), most = ab.shape[:3], sampling.most
    largest = min(sampling.patch, height, width)
    count_key, side_key, place_key = jax.random.split(key, 3)
    # 1 up to the first "stop", 0 from there on.
    shown = jnp.cumprod(jax.random.bernoulli(count_key, 1 - sampling.stop, (b, most)), axis=1, dtype=jnp.int32)
    sides = jax.random.randint(side_key, (b, most), 1, largest + 1)
    if sampling.uniform:
        share = jax.random.uniform(place_key, (b, most, 2))
    else:
        share = 0.5 + 0.25 * jax.random.normal(place_key, (b, most, 2))
    room = jnp.array([height, width]) - sides[..., None]
    corners = jnp.clip(jnp.floor(share * (room + 1)).astype(jnp.int32), 0, room)
    return reveal(ab, corners, shown * sides, largest)


def random_hints(key: Array, ab: Float[Array, "b h w 2"], count: int, side: int = 1) -> Hints:
    """Exactly `count` squares of `side` pixels revealed in each picture, all places as likely and none twice.

    Squares wider than one pixel may overlap. ValueError where a picture has fewer places than that.
    """
    b, height, width = ab.shape[:3]
    rows, columns = height - side + 1, width - side + 1
    if side < 1 or not 0 <= count <= max(rows, 0) * max(columns, 0):
        raise ValueError(
            f"{count} hints of {side} x {side} pixels do not fit in a picture of {height} x {width} (h x w); "
            "ask for fewer or smaller ones"
        )
    choose = partial(jax.random.choice, a=rows * columns, shape=(count,), replace=False)
    places = jax.vmap(choose)(jax.random.split(key, b))
    corners = jnp.stack([places // columns, places % columns], axis=-1)
    return reveal(ab, corners, jnp.full((b, count), side), side)


def surroundings(hints: Hints) -> Hints:
    """What hints say of the pixels around them: the mean of the colours near by, times the trust in it from 0 to 1.

    Convolutions see a few pixels at a time, and forget a small square before they have carried its colour anywhere.
    """
    given = jnp.concatenate([hints.ab * hints.mask, hints.mask], axis=-1)
    (down, up), (left, right) = (_carriers(size) for size in given.shape[1:3])
    cells = jnp.einsum("xw,bywc->byxc", left, jnp.einsum("yh,bhwc->bywc", down, given))
    near = jnp.einsum("wx,bhxc->bhwc", right, jnp.einsum("hy,byxc->bhxc", up, cells))
    near = near / (near[..., 2:] + _HALF)
    return Hints(near[..., :2], near[..., 2:])


def _carriers(size: int) -> tuple[Float[Array, "cells size"], Float[Array, "size cells"]]:
    """Weights that gather a row of pixels in cells, and those that bring it back to pixels, on lines between them."""
    pixels = jnp.arange(size, dtype=jnp.float32)
    cells = jnp.concatenate([pixels[::_CELL], pixels[::_CELL][-1:] + _CELL])
    away = cells[:, None] - pixels
    gather = jnp.exp(-0.5 * jnp.square(away / _REACH)) / (_REACH * math.sqrt(2 * math.pi))
    return gather, jnp.maximum(1 - jnp.abs(away.T) / _CELL, 0)


def reveal(ab: Float[Array, "b h w 2"], corners: Int[Array, "b n 2"], sides: Int[Array, "b n"], largest: int) -> Hints:
    """Hints that show, square after square, the mean of ab [b h w 2] over the square.

    A square is its upper left corner (row, column) and its side in pixels, 0 (nothing is shown) to `largest`; it lies
    within the picture.
    """
    shown = jax.vmap(partial(_revealed, largest=largest))(ab, corners, sides)
    return Hints(shown[..., :2], shown[..., 2:])


def _revealed(ab: Array, corners: Array, sides: Array, *, largest: int) -> Float[Array, "h w 3"]:
    """Hints and mask of one picture; each square touches a window of `largest` pixels, not the whole picture."""
    height, width = ab.shape[:2]
    # Windows at the lower right border must not be pushed back into the picture.
    truth = jnp.pad(ab, ((0, largest), (0, largest), (0, 0)))
    reach = jnp.arange(largest)

    def paint(canvas: Array, square: tuple[Array, Array]) -> tuple[Array, None]:
        (row, column), side = square
        start = (row, column, 0)
        inside = ((reach < side)[:, None] & (reach < side))[..., None]
        colors = jax.lax.dynamic_slice(truth, start, (largest, largest, 2))
        mean = jnp.sum(colors, (0, 1), where=inside) / jnp.maximum(side * side, 1)
        below = jax.lax.dynamic_slice(canvas, start, (largest, largest, 3))
        stamp = jnp.where(inside, jnp.append(mean, 1), below)
        return jax.lax.dynamic_update_slice(canvas, stamp, start), None

    canvas = jnp.zeros((*truth.shape[:2], 3), ab.dtype)
    return jax.lax.scan(paint, canvas, (corners, sides))[0][:height, :width]
