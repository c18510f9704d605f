"""Hints: true colours revealed in a few squares, as a user would give them (Zhang et al. 2017, arXiv 1705.02999)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

# `surroundings` spreads hints on a grid of one cell per 8 x 8 pixels, with a Gaussian of a sigma of 32 pixels. Its
# confidence is 1/2 where the density of hints is 5e-4: about 65 pixels from a square of 5 x 5.
_CELL, _REACH, _HALF = 8, 32.0, 5e-4


class Hints(NamedTuple):
    """Hints: colours `ab`, 0 where there are none, and `mask`, 1 where there are.

    In the result of `surroundings` the mask is a confidence from 0 to 1.
    """

    ab: Float[Array, "b h w 2"]
    mask: Float[Array, "b h w 1"]


@dataclass(frozen=True)
class HintSampling:
    """How many squares are revealed in training, how large they are and where they lie.

    The number of squares is geometric, cut at `max_count`: before each square sampling ends with probability `stop`
    (1/8: seven squares on average). Sides are uniform from 1 to `max_side` pixels. Positions are uniform, or normal
    about the centre of the picture with a quarter of its size as standard deviation.

    Raises:
        ValueError: A number is out of range.
    """

    stop: float = 0.125
    max_count: int = 32
    max_side: int = 9
    uniform: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.stop <= 1:
            raise ValueError(f"task.hints.stop={self.stop}: must be a probability from 0 to 1")
        if self.max_count < 0:
            raise ValueError(f"task.hints.max_count={self.max_count}: must be at least 0")
        if self.max_side < 1:
            raise ValueError(f"task.hints.max_side={self.max_side}: must be at least 1")


def no_hints(gray: Float[Array, "b h w 1"]) -> Hints:
    """Return empty hints.

    Args:
        gray: Pictures of the right size; their values do not matter.
    """
    blank = jnp.zeros_like(gray)
    return Hints(jnp.concatenate([blank, blank], axis=-1), blank)


def hints_of(batch: Mapping[str, Array]) -> Hints:
    """Return the hints of a batch; if it has none, empty hints.

    Args:
        batch: "input", and where there are hints "hint_ab" (ab / 110) and "hint_mask" (0 or 1).
    """
    if "hint_ab" not in batch:
        return no_hints(batch["input"])
    return Hints(batch["hint_ab"], batch["hint_mask"])


def sample_hints(key: Array, ab: Float[Array, "b h w 2"], sampling: HintSampling) -> Hints:
    """Return random hints for each picture; some pictures get none, and later squares cover earlier ones.

    Source: richzhang/colorization-pytorch.

    Args:
        key: A random key.
        ab: The true colours, in any unit; hints have the same.
        sampling: Number, size and position of the squares; static under `jax.jit`.
    """
    (b, height, width), most = ab.shape[:3], sampling.max_count
    largest = min(sampling.max_side, height, width)
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
    """Return exactly `count` squares of `side` pixels for each picture, uniform and at different positions.

    Squares wider than one pixel may overlap.

    Args:
        key: A random key.
        ab: The true colours, in any unit; hints have the same.
        count: How many squares each picture gets.
        side: The side of the squares in pixels.

    Raises:
        ValueError: The pictures have fewer positions than that.
    """
    b, height, width = ab.shape[:3]
    rows, columns = height - side + 1, width - side + 1
    if side < 1 or not 0 <= count <= max(rows, 0) * max(columns, 0):
        raise ValueError(
            f"{count} hints of {side} x {side} pixels do not fit in a picture of {height} x {width} (h x w); "
            "choose fewer or smaller ones"
        )
    choose = partial(jax.random.choice, a=rows * columns, shape=(count,), replace=False)
    places = jax.vmap(choose)(jax.random.split(key, b))
    corners = jnp.stack([places // columns, places % columns], axis=-1)
    return reveal(ab, corners, jnp.full((b, count), side), side)


def surroundings(hints: Hints) -> Hints:
    """Spread hints to the pixels around them.

    Convolutions see a few pixels at a time, and would lose the colour of a small square on the way.

    Args:
        hints: Hints with a mask of 0 and 1.

    Returns:
        A weighted mean of the colours nearby, multiplied by a confidence, and that confidence, 0 to 1, as the mask.
    """
    given = jnp.concatenate([hints.ab * hints.mask, hints.mask], axis=-1)
    (down, up), (left, right) = (_carriers(size) for size in given.shape[1:3])
    cells = jnp.einsum("xw,bywc->byxc", left, jnp.einsum("yh,bhwc->bywc", down, given))
    near = jnp.einsum("wx,bhxc->bhwc", right, jnp.einsum("hy,byxc->bhxc", up, cells))
    near = near / (near[..., 2:] + _HALF)
    return Hints(near[..., :2], near[..., 2:])


def _carriers(size: int) -> tuple[Float[Array, "cells size"], Float[Array, "size cells"]]:
    """Return the weights that gather a row of pixels into cells, and those that interpolate cells to pixels."""
    pixels = jnp.arange(size, dtype=jnp.float32)
    cells = jnp.concatenate([pixels[::_CELL], pixels[::_CELL][-1:] + _CELL])
    away = cells[:, None] - pixels
    gather = jnp.exp(-0.5 * jnp.square(away / _REACH)) / (_REACH * math.sqrt(2 * math.pi))
    return gather, jnp.maximum(1 - jnp.abs(away.T) / _CELL, 0)


def reveal(ab: Float[Array, "b h w 2"], corners: Int[Array, "b n 2"], sides: Int[Array, "b n"], largest: int) -> Hints:
    """Return hints that show the mean of `ab` in each square; later squares cover earlier ones.

    Args:
        ab: The true colours, in any unit.
        corners: The upper left corners (row, column) of squares that lie within the picture.
        sides: Their sides in pixels, from 0 (no square) to `largest`.
        largest: The largest side; static under `jax.jit`.
    """
    shown = jax.vmap(partial(_revealed, largest=largest))(ab, corners, sides)
    return Hints(shown[..., :2], shown[..., 2:])


def _revealed(ab: Array, corners: Array, sides: Array, *, largest: int) -> Float[Array, "h w 3"]:
    """Return hints and mask of one picture. Each square updates `largest` x `largest` pixels, not the whole picture."""
    height, width = ab.shape[:2]
    # dynamic_slice would move patches at the lower right border back into the picture.
    truth = jnp.pad(ab, ((0, largest), (0, largest), (0, 0)))
    reach = jnp.arange(largest)

    def draw(canvas: Array, square: tuple[Array, Array]) -> tuple[Array, None]:
        (row, column), side = square
        start = (row, column, 0)
        inside = ((reach < side)[:, None] & (reach < side))[..., None]
        colors = jax.lax.dynamic_slice(truth, start, (largest, largest, 2))
        mean = jnp.sum(colors, (0, 1), where=inside) / jnp.maximum(side * side, 1)
        below = jax.lax.dynamic_slice(canvas, start, (largest, largest, 3))
        stamp = jnp.where(inside, jnp.append(mean, 1), below)
        return jax.lax.dynamic_update_slice(canvas, stamp, start), None

    canvas = jnp.zeros((*truth.shape[:2], 3), ab.dtype)
    return jax.lax.scan(draw, canvas, (corners, sides))[0][:height, :width]
