"""Contextual attention (Yu et al. 2018, arXiv 1801.07892): holes painted with patches from elsewhere in the picture."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float

# How sharply the softmax picks the best patch.
_SHARPNESS = 10.0


def contextual_attention(
    x: Float[Array, "b h w c"], hole: Float[Array, "b h2 w2"], *, scores: int = 2**26
) -> Float[Array, "b h w c"]:
    """x [b h w c] rebuilt, each picture from its own patches that are free of its own hole, in x's dtype.

    hole [b h/2 w/2] is 0 where the picture is known. Each 3 x 3 patch of every second pixel is compared with all
    others; scores of neighbours that move together are added up; softmax weighs the known 4 x 4 patches that are
    pasted, overlapping, in its place. Where nothing is known the result is 0. Follows nipponjo/deepfillv2-pytorch,
    which takes the first picture's hole for the whole batch.

    Computed in float32, a few rows of the picture at a time: some `scores` numbers are held at once, forward and
    backward, of the (h w / 4)^2 for each picture. Raises ValueError where h or w is odd or hole does not fit.
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
    return jax.vmap(attend)(x.astype(jnp.float32), hole).astype(x.dtype)


def _attend(x: Float[Array, "h w c"], hole: Float[Array, "h2 w2"], *, rows: int) -> Float[Array, "h w c"]:
    h, w = hole.shape
    queries = _neighbourhoods(x[::2, ::2]).reshape(h * w, -1)
    # The floor stands under the root, whose gradient at 0 would be no number.
    keys = queries * lax.rsqrt(jnp.maximum(jnp.square(queries).sum(-1, keepdims=True), 1e-8))
    known = (_neighbourhoods(hole[..., None]) == 0).all(-1).reshape(h * w)
    patches = _patches(x)

    # Forgotten after each block and computed again in the backward pass: kept, the scores would fill the memory.
    @jax.checkpoint
    def paste(first: Array) -> Float[Array, "rows w p"]:
        chances = _chances(_fused_scores(queries, keys, (h, w), first, rows), known)
        return jnp.einsum("ijp,pd->ijd", chances, patches.reshape(h * w, -1))

    pasted = lax.map(paste, jnp.arange(0, h, rows)).reshape(-1, *patches.shape[1:])[:h]
    # The patches are put back where such patches are taken from, which adds up their overlaps of four.
    return jax.linear_transpose(_patches, x)(pasted)[0] / 4


def _chances(scores: Float[Array, "i j p"], known: Bool[Array, "p"]) -> Float[Array, "i j p"]:
    # As in the reference, what is unknown takes part in the softmax with a score of 0.
    return jnp.where(known, jax.nn.softmax(jnp.where(known, _SHARPNESS * scores, 0.0)), 0.0)


def _fused_scores(
    queries: Float[Array, "p d"], keys: Float[Array, "p d"], size: tuple[int, int], first: Array, rows: int
) -> Float[Array, "rows w p"]:
    """How well the pixels of `rows` rows from `first` fit each place p, their neighbours at the places beside p too.

    Neighbours are the pixels before and after in reading order, then those in the order of columns: in both the end
    of a line is followed by the begin of the next one.
    """
    h, w = size
    row, column = first - 1 + jnp.arange(rows + 2)[:, None], jnp.arange(-1, w + 1)
    # A row above the first is the last one, a column to the left: the order of columns.
    pixel = (row % h) * w + row // h + column
    edged = jnp.pad(queries, ((1, 1), (0, 0)))
    picked = edged[jnp.clip(pixel + 1, 0, h * w + 1)]
    # Exact products: the softmax makes large numbers of small differences.
    scores = jnp.einsum("ijd,pd->ijp", picked, keys, precision=lax.Precision.HIGHEST)
    scores = _before(scores[:, :-2], 1) + scores[:, 1:-1] + _after(scores[:, 2:], 1)
    order = column[1:-1] * h + row
    scores = jnp.where(((order >= 0) & (order < h * w))[..., None], scores, 0.0)
    return _before(scores[:-2], w) + scores[1:-1] + _after(scores[2:], w)


def _before(scores: Float[Array, "i j p"], step: int) -> Float[Array, "i j p"]:
    """At each place the score of the place before it: one less (step 1), or the one above it (step = width)."""
    nothing = jnp.zeros_like(scores[..., :1])
    return jnp.concatenate([nothing, scores[..., -step:-1], scores[..., :-step]], axis=-1)


def _after(scores: Float[Array, "i j p"], step: int) -> Float[Array, "i j p"]:
    nothing = jnp.zeros_like(scores[..., :1])
    return jnp.concatenate([scores[..., step:], scores[..., 1:step], nothing], axis=-1)


def _neighbourhoods(x: Float[Array, "h w c"]) -> Float[Array, "h w 9*c"]:
    """The 3 x 3 pixels around each pixel, zeros outside."""
    h, w, _ = x.shape
    x = jnp.pad(x, ((1, 1), (1, 1), (0, 0)))
    return jnp.concatenate([x[i : i + h, j : j + w] for i in range(3) for j in range(3)], axis=-1)


def _patches(x: Float[Array, "h w c"]) -> Float[Array, "h2 w2 16*c"]:
    """The 4 x 4 pixels around each 2 x 2 pixels, zeros outside."""
    h, w, c = x.shape
    x = jnp.pad(x, ((1, 1), (1, 1), (0, 0))).reshape(h // 2 + 1, 2, w // 2 + 1, 2, c).swapaxes(1, 2)
    x = jnp.concatenate([x[:-1], x[1:]], axis=2)
    return jnp.concatenate([x[:, :-1], x[:, 1:]], axis=3).reshape(h // 2, w // 2, 16 * c)
