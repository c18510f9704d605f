"""Whether the lines and the paper of a source are still there: ink and paper fidelity."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from mangagan.evaluate.metrics.pixels import Pictures, lab_of

# CIE L below which a pixel of the source is ink, and from which it is paper white (sRGB 59 and 241 of 255).
INK, PAPER = 25, 95
# As far from its grey, in CIE76, ink may be in the truth; dark brown and navy are colors, and are to be painted.
AGREES = 6
Source = Float[Array, "b h w 1"]


class Fidelity(NamedTuple):
    """CIE76 over the ink or the paper of pages, and how much there is of it.

    CIE76 is the plain distance in Lab, computed in a tenth of CIEDE2000's time. The share is of all pixels; where a
    page has no such pixel, share and difference are 0, and the difference counts for nothing.
    """

    difference: Float[Array, " b"]
    share: Float[Array, " b"]


def ink_fidelity(pictures: Pictures, truth: Pictures, source: Source) -> Fidelity:
    """How far pictures are from their grey sources, all in [-1, 1], where a source is ink (L < 25), as is the truth.

    Such ink is to stay as it is; below 2 hardly anybody sees a difference, and tinted ink has up to 6 in the truth
    itself. What is dark in the source and a color in the truth is no ink. ValueError for sources of another size.
    """
    gray = _gray_lab(pictures, source)
    same = jnp.sqrt(jnp.square(lab_of(truth) - gray).sum(-1)) < AGREES
    return _over(pictures, gray, (gray[..., 0] < INK) & same)


def paper_fidelity(pictures: Pictures, source: Source) -> Fidelity:
    """How far pictures are from their grey sources, both in [-1, 1], where a source is paper (L >= 95).

    Paper may be painted, a face for instance, so that this is to be read beside the figure of the true picture. Raises
    ValueError for sources of another size.
    """
    gray = _gray_lab(pictures, source)
    return _over(pictures, gray, gray[..., 0] >= PAPER)


def _gray_lab(pictures: Pictures, source: Source) -> Pictures:
    if source.shape[:3] != pictures.shape[:3]:
        raise ValueError(
            f"sources of {source.shape[:3]} (b, h, w) do not belong to pictures of {pictures.shape[:3]}; give each "
            "picture the grey page that it was made of"
        )
    return lab_of(jnp.broadcast_to(source, pictures.shape))


def _over(pictures: Pictures, lab: Pictures, where: Bool[Array, "b h w"]) -> Fidelity:
    difference = jnp.sqrt(jnp.square(lab_of(pictures) - lab).sum(-1))
    count = where.sum((1, 2))
    total = jnp.where(where, difference, 0).sum((1, 2))
    return Fidelity(total / jnp.maximum(count, 1), count / (where.shape[1] * where.shape[2]))
