"""Self-attention over all positions of a feature map (SAGAN, Zhang et al. 2019, arXiv 1805.08318)."""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float


class SelfAttention(nn.Module):
    """A residual self-attention layer: x + gamma * attention(x).

    Queries and keys have an eighth of the channels, values all of them; each is a 1 x 1 convolution without bias. The
    trained scalar `gamma` starts at 0, so that the layer starts as the identity. The attention is computed in float32,
    in blocks of about `scores` scores, and returned in the dtype of x.
    """

    scores: int = 2**26

    @nn.compact
    def __call__(self, x: Float[Array, "b h w c"]) -> Float[Array, "b h w c"]:
        b, h, w, c = x.shape
        # In float32, because sums over thousands of positions lose digits in bfloat16.
        positions = x.reshape(b, h * w, c).astype(jnp.float32)

        def project(name: str, features: int) -> Array:
            return nn.Dense(features, use_bias=False, name=name)(positions)

        narrow = max(1, c // 8)
        attended = attend(project("query", narrow), project("key", narrow), project("value", c), scores=self.scores)
        gamma = self.param("gamma", nn.initializers.zeros, ())
        return x + (gamma * attended).reshape(x.shape).astype(x.dtype)


def attend(
    queries: Float[Array, "b n k"], keys: Float[Array, "b m k"], values: Float[Array, "b m c"], *, scores: int = 2**26
) -> Float[Array, "b n c"]:
    """Return softmax(queries keys^T) values, unscaled, as in SAGAN.

    The queries are processed in blocks, so that only about `scores` of the b * n * m scores are in memory at once,
    in the forward and in the backward pass.

    Args:
        queries: unbounded, one row per position that attends.
        keys: unbounded, one row per position that is attended to.
        values: unbounded, one row per key.
        scores: the number of scores of one block.
    """
    b, n, k = queries.shape
    blocks = -(-n // max(1, scores // (b * keys.shape[1])))
    length = -(-n // blocks)

    # The scores are recomputed in the backward pass: stored for all blocks, they would fill the memory.
    @jax.checkpoint
    def block(rows: Float[Array, "b l k"]) -> Float[Array, "b l c"]:
        return jnp.einsum("blm,bmc->blc", jax.nn.softmax(jnp.einsum("blk,bmk->blm", rows, keys)), values)

    # A single block needs no loop, which XLA could not fuse.
    if blocks == 1:
        return block(queries)
    # Padded queries attend like others; their rows are dropped at the end.
    padded = jnp.pad(queries, ((0, 0), (0, blocks * length - n), (0, 0)))
    attended = lax.map(block, padded.reshape(b, blocks, length, k).swapaxes(0, 1))
    return attended.swapaxes(0, 1).reshape(b, blocks * length, -1)[:, :n]
