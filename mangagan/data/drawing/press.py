"""From a drawing to the page that a network is given: reduced as it is, or printed on bad paper and scanned."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from PIL import Image

from mangagan.data.degradation.halftone import scanned
from mangagan.data.degradation.noise import jpeg

Plane = Float[np.ndarray, "h w"]
Size = tuple[int, int]  # width, height, as Pillow counts

_FILTERS = (
    Image.Resampling.BOX,
    Image.Resampling.BILINEAR,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
)


def resized(plane: Plane, size: Size, method: Image.Resampling = Image.Resampling.BICUBIC) -> Plane:
    """A plane [h w] brought to another size."""
    return np.asarray(Image.fromarray(np.ascontiguousarray(plane, np.float32)).resize(size, method))


def reduced(light: Plane, size: Size, rng: np.random.Generator) -> Plane:
    """A drawing's light [h w] in [0, 1] at the size of the page: by any of the usual filters."""
    return np.clip(resized(light, size, _FILTERS[rng.integers(len(_FILTERS))]), 0, 1)


def rescanned(light: Plane, size: Size, wear: float, rng: np.random.Generator) -> Float[np.ndarray, "h w 1"]:
    """The light [h w] in [0, 1] of a drawing, printed and scanned, as a page in about [-1, 1].

    Ink spreads, the scan has a resolution of its own against which screens beat, paper is uneven and lies in the
    shadow of its binding, and the file is a JPEG one. `wear`: how bad all this is, about 1.
    """
    zoom = 2.0 ** rng.uniform(-0.6 * min(wear, 2.0), 0.5)
    middle = (max(round(size[0] * zoom), 1), max(round(size[1] * zoom), 1))
    scan = reduced(light, middle, rng) ** np.float32(2.0 ** (wear * rng.uniform(-0.5, 0.9)))
    page = reduced(scan, size, rng) * _paper(size, wear, rng)
    start = (int(rng.integers(8)), int(rng.integers(8)))
    return jpeg(scanned(page[..., None], rng), int(np.clip(90 - wear * rng.uniform(0, 50), 5, 95)), start)


def _paper(size: Size, wear: float, rng: np.random.Generator) -> Plane:
    """What uneven light leaves of the paper's white [h w]: large soft patches, and the shadow of a binding."""
    patches = 1 - 0.06 * wear * rng.random((4, 4), np.float32)
    paper = resized(patches, size)
    if rng.random() < 0.3:
        reach = np.linspace(0, 1, size[0], dtype=np.float32)[:: 1 if rng.random() < 0.5 else -1]
        paper = paper * (1 - 0.25 * wear * rng.random() * np.exp(-reach * np.float32(rng.uniform(4, 15))))
    return np.clip(paper, 0, 1)
