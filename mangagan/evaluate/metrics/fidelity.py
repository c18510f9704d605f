"""Ink and paper fidelity: whether a prediction keeps the lines and the paper of its grey source."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from mangagan.evaluate.metrics.pixels import Pictures, to_lab

# CIE L below which a pixel of the source is ink, and from which it is paper white (sRGB 59 and 241 of 255).
INK, PAPER = 25, 95
# Ink may differ from its grey by this much (CIE76) in the truth. Beyond it is dark brown or navy, a color to predict.
AGREES = 6
Source = Float[Array, "b h w 1"]


class Fidelity(NamedTuple):
    """The CIE76 difference over the ink or the paper of each page, and the share of the page that is ink or paper.

    CIE76, the Euclidean distance in Lab, takes a tenth of CIEDE2000's time. If a page has no such pixel, share and
    difference are 0, and the difference must not be used.
    """

    difference: Float[Array, " b"]
    share: Float[Array, " b"]


def ink_fidelity(pictures: Pictures, truth: Pictures, source: Source) -> Fidelity:
    """Return the difference of pictures from their grey sources where source and truth are ink (L < 25).

    Such ink should stay as it is. Below 2 the difference is hardly visible; tinted ink differs by up to 6 in the truth
    itself. Pixels that are dark in the source and coloured in the truth are not ink.

    Args:
        pictures: sRGB in [-1, 1].
        truth: sRGB in [-1, 1].
        source: Grey in [-1, 1].

    Raises:
        ValueError: The sources have another size than the pictures.
    """
    gray = _gray_lab(pictures, source)
    same = jnp.sqrt(jnp.square(to_lab(truth) - gray).sum(-1)) < AGREES
    return _over(pictures, gray, (gray[..., 0] < INK) & same)


def paper_fidelity(pictures: Pictures, source: Source) -> Fidelity:
    """Return the difference of pictures from their grey sources where a source is paper (L >= 95).

    Paper may rightly be coloured, a face for instance, so compare the value with that of the true picture.

    Args:
        pictures: sRGB in [-1, 1].
        source: Grey in [-1, 1].

    Raises:
        ValueError: The sources have another size than the pictures.
    """
    gray = _gray_lab(pictures, source)
    return _over(pictures, gray, gray[..., 0] >= PAPER)


def _gray_lab(pictures: Pictures, source: Source) -> Pictures:
    if source.shape[:3] != pictures.shape[:3]:
        raise ValueError(
            f"sources of {source.shape[:3]} (b, h, w) do not belong to pictures of {pictures.shape[:3]}; give each "
            "picture the grey page that it was made of"
        )
    return to_lab(jnp.broadcast_to(source, pictures.shape))


def _over(pictures: Pictures, lab: Pictures, where: Bool[Array, "b h w"]) -> Fidelity:
    """Return the mean difference from `lab` over the pixels where `where` is true, and their share."""
    difference = jnp.sqrt(jnp.square(to_lab(pictures) - lab).sum(-1))
    count = where.sum((1, 2))
    total = jnp.where(where, difference, 0).sum((1, 2))
    return Fidelity(total / jnp.maximum(count, 1), count / (where.shape[1] * where.shape[2]))
