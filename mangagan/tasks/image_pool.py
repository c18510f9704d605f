"""A history of generated pictures that the discriminator sees in place of some fresh ones (Shrivastava et al. 2017)."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


class Pool(NamedTuple):
    """Stored pictures; the first `filled` slots are in use."""

    pictures: Float[Array, "n h w c"]
    filled: Int[Array, ""]


def empty(places: int, like: Float[Array, "b h w c"]) -> Pool:
    """Return an empty pool.

    Args:
        places: How many pictures the pool holds.
        like: Pictures of the same shape and dtype; their values do not matter.
    """
    return Pool(jnp.zeros((places, *like.shape[1:]), like.dtype), jnp.zeros((), jnp.int32))


def exchange(pool: Pool, fresh: Float[Array, "b h w c"], rng: Array) -> tuple[Pool, Float[Array, "b h w c"]]:
    """Return the pool after these pictures, and the pictures that the discriminator sees instead of them.

    The rule of junyanz/pytorch-CycleGAN-and-pix2pix, picture by picture: while the pool has room, the picture is stored
    and returned. Later, with probability 1/2, a random stored picture is returned and replaced by the fresh one. A pool
    without slots returns its input.

    Args:
        pool: The pool before.
        fresh: Generated pictures, of any range.
        rng: A random key.
    """
    places = len(pool.pictures)
    if places == 0:
        return pool, fresh
    swaps_key, places_key = jax.random.split(rng)
    swaps = jax.random.bernoulli(swaps_key, shape=(len(fresh),))
    slots = jax.random.randint(places_key, (len(fresh),), 0, places)

    def one(pool: Pool, each: tuple[Array, Array, Array]) -> tuple[Pool, Array]:
        picture, swap, slot = each
        room = pool.filled < places
        slot = jnp.where(room, pool.filled, slot)
        shown = jnp.where(swap & ~room, pool.pictures[slot], picture)
        kept = jnp.where(swap | room, picture, pool.pictures[slot])
        return Pool(pool.pictures.at[slot].set(kept), jnp.minimum(pool.filled + 1, places)), shown

    # One after the other: a batch may return a picture that the same batch has stored.
    return jax.lax.scan(one, pool, (fresh, swaps, slots))
