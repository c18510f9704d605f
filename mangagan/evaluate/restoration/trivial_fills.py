"""Trivial fills of holes, as baselines for trained models."""

from __future__ import annotations

import jax
import numpy as np
from jaxtyping import Bool, UInt8

from mangagan.color import from_bytes, to_bytes
from mangagan.models.smooth_fill import smooth_fill

_smooth_fill = jax.jit(smooth_fill)
Pixels = UInt8[np.ndarray, "h w 3"]
Hole = Bool[np.ndarray, "h w"]


def mean_color(pixels: Pixels, hole: Hole) -> Pixels:
    """Fill the hole with the mean colour of the known pixels. Raises ValueError if none is known."""
    _check(hole)
    mean = np.round(pixels[~hole].mean(0)).astype(np.uint8)
    return np.where(hole[..., None], mean, pixels)


def smooth(pixels: Pixels, hole: Hole) -> Pixels:
    """Fill the hole as `mangagan.models.smooth_fill` does. Raises ValueError if no pixel is known."""
    _check(hole)
    picture = from_bytes(pixels[None])
    filled = np.asarray(_smooth_fill(picture, hole[None, ..., None].astype(np.float32)))[0]
    levels = to_bytes(filled)
    return np.where(hole[..., None], levels, pixels)


def biharmonic(pixels: Pixels, hole: Hole) -> Pixels:
    """Fill the hole by the biharmonic equation, solved for the whole picture at once.

    The fill minimises the sum of squared Laplacians, with zero slope at the borders. Inside a picture the equations are
    those of `skimage.restoration.inpaint_biharmonic` (Damelin and Hoang 2018).

    Raises:
        ValueError: No pixel is known.
    """
    from scipy.sparse.linalg import splu

    _check(hole)
    if not hole.any():
        return pixels
    laplacian, unknown = _laplacian(*hole.shape), hole.ravel()
    equations = (laplacian.T @ laplacian)[unknown]
    known = pixels.reshape(-1, 3)[~unknown].astype(np.float64)
    solver = splu(equations[:, unknown].tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    filled = pixels.copy()
    filled[hole] = np.round(np.clip(solver.solve(-(equations[:, ~unknown] @ known)), 0, 255)).astype(np.uint8)
    return filled


def _laplacian(height: int, width: int):  # type: ignore[no-untyped-def]
    """The five-point Laplacian of a picture's pixels in row order, as a sparse matrix."""
    from scipy import sparse

    def along(length: int):  # type: ignore[no-untyped-def]
        differences = sparse.diags_array([-1.0, 1.0], offsets=[0, 1], shape=(length - 1, length))
        return differences.T @ differences

    down, across = along(height), along(width)
    return (sparse.kron(down, sparse.eye_array(width)) + sparse.kron(sparse.eye_array(height), across)).tocsr()


def _check(hole: Hole) -> None:
    if hole.all():
        raise ValueError("all of the picture is a hole: nothing is known to fill it from")
