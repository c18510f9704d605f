"""A history of generated pictures, shown to the discriminator in place of some fresh ones (Shrivastava et al. 2017)."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


class Pool(NamedTuple):
    """Stored pictures; the first `filled` places are filled."""

    pictures: Float[Array, "n h w c"]
    filled: Int[Array, ""]


def empty(places: int, like: Float[Array, "b h w c"]) -> Pool:
    """A pool for pictures like those of a batch."""
    return Pool(jnp.zeros((places, *like.shape[1:]), like.dtype), jnp.zeros((), jnp.int32))


def exchange(pool: Pool, fresh: Float[Array, "b h w c"], rng: Array) -> tuple[Pool, Float[Array, "b h w c"]]:
    """The pool after these pictures, and what the discriminator is shown in their place.

    CycleGAN's rule, picture by picture: while there is room, store it and show it; then, with probability 1/2, show a
    random stored one and store the fresh one in its place. A pool without places shows what it is given.
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

    return jax.lax.scan(one, pool, (fresh, swaps, slots))
