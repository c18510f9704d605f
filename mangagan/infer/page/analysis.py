"""The analysis of a page, made once for the network and for the composition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from mangagan.infer.page.color_kind import ColorKind
from mangagan.infer.page.ink import AnyPage, brightness
from mangagan.infer.page.screentone import remove_screentones, screentone_pitch


@dataclass(frozen=True)
class PageAnalysis:
    """A page and what is known of it from itself."""

    page: AnyPage  # 8-bit sRGB [h w] or [h w 3]
    kind: ColorKind
    gray: Float[np.ndarray, "h w"]  # brightness in [0, 1]
    pitch: float | None  # pixels between the dots of its screentones; None without any
    even: Float[np.ndarray, "h w"]  # brightness in [0, 1] without screentones


def analyze_page(page: AnyPage, kind: ColorKind) -> PageAnalysis:
    """Return the analysis of a page.

    Args:
        page: 8-bit sRGB [h w] or [h w 3].
        kind: As `page_kind` finds it.

    Raises:
        ValueError: The array has another type or shape.
    """
    if page.dtype != np.uint8 or not (page.ndim == 2 or (page.ndim == 3 and page.shape[2] == 3)):
        raise ValueError(f"a page must be uint8 [h w] or [h w 3], not {page.dtype} {list(page.shape)}")
    gray = brightness(page)
    pitch = screentone_pitch(gray)
    return PageAnalysis(page, kind, gray, pitch, remove_screentones(gray, pitch))
