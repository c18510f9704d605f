"""Contextual attention (Yu et al. 2018, arXiv 1801.07892): holes are filled with patches of the known part."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float

# Inverse temperature of the softmax, as in the reference.
_SHARPNESS = 10.0


def contextual_attention(
    x: Float[Array, "b h w c"], hole: Float[Array, "b h2 w2"], *, scores: int = 2**26
) -> Float[Array, "b h w c"]:
    """Reconstruct each feature map from those of its patches that do not touch the hole.

    Each 3 x 3 patch of the map at half the size is compared with all others (cosine similarity with the normalised
    key). The scores are propagated: those of neighbours that move together are summed. The softmax of the scores weighs
    the known 4 x 4 patches, which are pasted with overlaps. Follows nipponjo/deepfillv2-pytorch, except that each
    picture has its own hole; that code uses the hole of the first picture for the whole batch.

    Computed in float32, a few rows at a time, so that about `scores` of the (h w / 4)^2 scores of each picture are in
    memory at once, in the forward and in the backward pass.

    Args:
        x: features, unbounded, at h x w.
        hole: 0 where the picture is known, at h/2 x w/2.
        scores: the number of scores of one block.

    Returns:
        The reconstruction in the dtype of x; 0 where the whole picture is a hole.

    Raises:
        ValueError: where h or w is odd, or the shape of hole does not fit.
    """
    b, h, w, _ = x.shape
    if h % 2 or w % 2 or hole.shape != (b, h // 2, w // 2):
        raise ValueError(
            f"contextual attention: features of {h} x {w} (h x w) and a hole of shape {hole.shape} do not fit; "
            f"both sides must be even, and the hole [b h/2 w/2]"
        )
    h, w = h // 2, w // 2
    blocks = -(-h // max(1, scores // (b * w * h * w)))
    attend = partial(_attend, rows=-(-h // blocks))
    # Mapped over the batch, because each picture has its own hole.
    return jax.vmap(attend)(x.astype(jnp.float32), hole).astype(x.dtype)


def _attend(x: Float[Array, "h w c"], hole: Float[Array, "h2 w2"], *, rows: int) -> Float[Array, "h w c"]:
    h, w = hole.shape
    # Patches are compared at half the resolution, which has a quarter of the positions.
    queries = _neighbourhoods(x[::2, ::2]).reshape(h * w, -1)
    # The floor is under the root, whose gradient at 0 is not finite.
    keys = queries * lax.rsqrt(jnp.maximum(jnp.square(queries).sum(-1, keepdims=True), 1e-8))
    known = (_neighbourhoods(hole[..., None]) == 0).all(-1).reshape(h * w)
    patches = _patches(x)

    # The scores are recomputed in the backward pass: stored for all blocks, they would fill the memory.
    @jax.checkpoint
    def paste(first: Array) -> Float[Array, "rows w p"]:
        weights = _softmax_known(_propagated_scores(queries, keys, (h, w), first, rows), known)
        return jnp.einsum("ijp,pd->ijd", weights, patches.reshape(h * w, -1))

    pasted = lax.map(paste, jnp.arange(0, h, rows)).reshape(-1, *patches.shape[1:])[:h]
    # The transpose of the patch extraction pastes the patches and sums the four that overlap at each pixel.
    return jax.linear_transpose(_patches, x)(pasted)[0] / 4


def _softmax_known(scores: Float[Array, "i j p"], known: Bool[Array, "p"]) -> Float[Array, "i j p"]:
    # As in the reference, unknown patches take part in the softmax with a score of 0 and then get the weight 0.
    return jnp.where(known, jax.nn.softmax(jnp.where(known, _SHARPNESS * scores, 0.0)), 0.0)


def _propagated_scores(
    queries: Float[Array, "p d"], keys: Float[Array, "p d"], size: tuple[int, int], first: Array, rows: int
) -> Float[Array, "rows w p"]:
    """Return the scores of `rows` rows from `first` on against each position p, summed over neighbouring pairs.

    The neighbours are the previous and the next position in row-major order, then in column-major order; as in the
    reference, the end of a row (column) is followed by the start of the next one.
    """
    h, w = size
    row, column = first - 1 + jnp.arange(rows + 2)[:, None], jnp.arange(-1, w + 1)
    # In column-major order the position above the first row is in the last row, one column to the left.
    pixel = (row % h) * w + row // h + column
    padded = jnp.pad(queries, ((1, 1), (0, 0)))
    selected = padded[jnp.clip(pixel + 1, 0, h * w + 1)]
    # Full float32 precision on all platforms: the softmax amplifies small differences.
    scores = jnp.einsum("ijd,pd->ijp", selected, keys, precision=lax.Precision.HIGHEST)
    scores = _shift_forward(scores[:, :-2], 1) + scores[:, 1:-1] + _shift_back(scores[:, 2:], 1)
    # Positions before the first and after the last one of the picture have a score of 0.
    order = column[1:-1] * h + row
    scores = jnp.where(((order >= 0) & (order < h * w))[..., None], scores, 0.0)
    return _shift_forward(scores[:-2], w) + scores[1:-1] + _shift_back(scores[2:], w)


def _shift_forward(scores: Float[Array, "i j p"], step: int) -> Float[Array, "i j p"]:
    """Return at each position the score of the previous one: row-major for step 1, column-major for step = width."""
    zeros = jnp.zeros_like(scores[..., :1])
    return jnp.concatenate([zeros, scores[..., -step:-1], scores[..., :-step]], axis=-1)


def _shift_back(scores: Float[Array, "i j p"], step: int) -> Float[Array, "i j p"]:
    """Return at each position the score of the next one; the counterpart of `_shift_forward`."""
    zeros = jnp.zeros_like(scores[..., :1])
    return jnp.concatenate([scores[..., step:], scores[..., 1:step], zeros], axis=-1)


def _neighbourhoods(x: Float[Array, "h w c"]) -> Float[Array, "h w 9*c"]:
    """Return the 3 x 3 pixels around each pixel, with zero padding."""
    h, w, _ = x.shape
    x = jnp.pad(x, ((1, 1), (1, 1), (0, 0)))
    return jnp.concatenate([x[i : i + h, j : j + w] for i in range(3) for j in range(3)], axis=-1)


def _patches(x: Float[Array, "h w c"]) -> Float[Array, "h2 w2 16*c"]:
    """Return the 4 x 4 pixels around each 2 x 2 block, with zero padding."""
    h, w, c = x.shape
    x = jnp.pad(x, ((1, 1), (1, 1), (0, 0))).reshape(h // 2 + 1, 2, w // 2 + 1, 2, c).swapaxes(1, 2)
    x = jnp.concatenate([x[:-1], x[1:]], axis=2)
    return jnp.concatenate([x[:, :-1], x[:, 1:]], axis=3).reshape(h // 2, w // 2, 16 * c)
