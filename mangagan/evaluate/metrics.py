"""Figures for a prediction against its truth, as sums and counts until the end."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.color import ciede2000, srgb_to_lab


def color_difference(
    picture: Float[Array, "b h w 3"], truth: Float[Array, "b h w 3"]
) -> tuple[Float[Array, " b"], Float[Array, " b"]]:
    """CIEDE2000 and chroma (of `picture`, in Lab), each averaged over the pixels of a picture; both in [-1, 1] sRGB."""
    lab, truth_lab = srgb_to_lab(_unit(picture)), srgb_to_lab(_unit(truth))
    chroma = jnp.hypot(lab[..., 1], lab[..., 2])
    return ciede2000(lab, truth_lab).mean((1, 2)), chroma.mean((1, 2))


def _unit(picture: Any) -> Any:
    return jnp.clip((picture + 1) / 2, 0, 1)
