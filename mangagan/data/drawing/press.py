"""Turn a drawing into a page: downsampled, or printed on bad paper and scanned."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from PIL import Image

from mangagan.data.degradation.halftone import scan
from mangagan.data.degradation.noise import jpeg

Plane = Float[np.ndarray, "h w"]
Size = tuple[int, int]  # width, height, as Pillow counts

_FILTERS = (
    Image.Resampling.BOX,
    Image.Resampling.BILINEAR,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
)


def resize_plane(plane: Plane, size: Size, method: Image.Resampling = Image.Resampling.BICUBIC) -> Plane:
    """Resize a plane [h w] of any range to (width, height)."""
    return np.asarray(Image.fromarray(np.ascontiguousarray(plane, np.float32)).resize(size, method))


def downsample(light: Plane, size: Size, rng: np.random.Generator) -> Plane:
    """Resize a drawing to a page by a random one of the usual filters.

    Args:
        light: [h w] in [0, 1].
        size: (width, height) of the page.
        rng: the random generator of the page.
    """
    return np.clip(resize_plane(light, size, _FILTERS[rng.integers(len(_FILTERS))]), 0, 1)


def print_and_scan(light: Plane, size: Size, wear: float, rng: np.random.Generator) -> Float[np.ndarray, "h w 1"]:
    """Print and scan a drawing; returns a page in about [-1, 1].

    Ink spreads; the scan has a resolution of its own, which causes moiré with the screens; the paper is unevenly lit
    and shaded near its binding; the file is a JPEG.

    Args:
        light: lightness of the drawing [h w] in [0, 1].
        size: (width, height) of the page.
        wear: the strength of the defects, about 1.
        rng: the random generator of the page.
    """
    # The resolution of the scan, relative to that of the page.
    zoom = 2.0 ** rng.uniform(-0.6 * min(wear, 2.0), 0.5)
    middle = (max(round(size[0] * zoom), 1), max(round(size[1] * zoom), 1))
    scanned = downsample(light, middle, rng) ** np.float32(2.0 ** (wear * rng.uniform(-0.5, 0.9)))
    page = downsample(scanned, size, rng) * _paper(size, wear, rng)
    start = (int(rng.integers(8)), int(rng.integers(8)))
    return jpeg(scan(page[..., None], rng), int(np.clip(90 - wear * rng.uniform(0, 50), 5, 95)), start)


def _paper(size: Size, wear: float, rng: np.random.Generator) -> Plane:
    """Return the brightness of the paper [h w] in [0, 1]: large soft patches, and the shadow of a binding."""
    patches = 1 - 0.06 * wear * rng.random((4, 4), np.float32)
    paper = resize_plane(patches, size)
    if rng.random() < 0.3:
        reach = np.linspace(0, 1, size[0], dtype=np.float32)[:: 1 if rng.random() < 0.5 else -1]
        paper = paper * (1 - 0.25 * wear * rng.random() * np.exp(-reach * np.float32(rng.uniform(4, 15))))
    return np.clip(paper, 0, 1)
