"""Self-attention over all places of a picture (Zhang et al. 2019, arXiv 1805.08318)."""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float


class SelfAttention(nn.Module):
    """x plus `gamma` times what each place sees of all others, a mean of values that keys like its query weigh.

    Queries and keys have an eighth of the channels, values all of them, each a 1 x 1 convolution without bias; the
    learned `gamma` starts at 0, with x alone. Computed in float32 in blocks of some `scores` scores; in x's dtype.
    """

    scores: int = 2**26

    @nn.compact
    def __call__(self, x: Float[Array, "b h w c"]) -> Float[Array, "b h w c"]:
        b, h, w, c = x.shape
        places = x.reshape(b, h * w, c).astype(jnp.float32)

        def project(name: str, features: int) -> Array:
            return nn.Dense(features, use_bias=False, name=name)(places)

        narrow = max(1, c // 8)
        seen = attend(project("query", narrow), project("key", narrow), project("value", c), scores=self.scores)
        gamma = self.param("gamma", nn.initializers.zeros, ())
        return x + (gamma * seen).reshape(x.shape).astype(x.dtype)


def attend(
    queries: Float[Array, "b n k"], keys: Float[Array, "b m k"], values: Float[Array, "b m c"], *, scores: int = 2**26
) -> Float[Array, "b n c"]:
    """For each query the mean of all values [b n c], weighed by the softmax of its products with their keys.

    A few queries at a time: some `scores` numbers of the b n m are held at once, forward and backward.
    """
    b, n, k = queries.shape
    blocks = -(-n // max(1, scores // (b * keys.shape[1])))
    length = -(-n // blocks)

    # Forgotten after each block and computed again in the backward pass: kept, the scores would fill the memory.
    @jax.checkpoint
    def block(some: Float[Array, "b l k"]) -> Float[Array, "b l c"]:
        return jnp.einsum("blm,bmc->blc", jax.nn.softmax(jnp.einsum("blk,bmk->blm", some, keys)), values)

    if blocks == 1:
        return block(queries)
    padded = jnp.pad(queries, ((0, 0), (0, blocks * length - n), (0, 0)))
    seen = lax.map(block, padded.reshape(b, blocks, length, k).swapaxes(0, 1))
    return seen.swapaxes(0, 1).reshape(b, blocks * length, -1)[:, :n]
