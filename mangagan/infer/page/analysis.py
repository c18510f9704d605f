"""What is found out about a page once, for the network and for the compositor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from mangagan.infer.page.color_kind import Kind
from mangagan.infer.page.ink import AnyPage, brightness
from mangagan.infer.page.screentone import tone_pitch, without_tones


@dataclass(frozen=True)
class Analysis:
    """A page [h w] or [h w 3] of 8-bit sRGB, and what is known of it.

    gray: its brightness in [0, 1]; pitch: of its screentones, None without any; even: gray without screentones.
    """

    page: AnyPage
    kind: Kind
    gray: Float[np.ndarray, "h w"]
    pitch: float | None
    even: Float[np.ndarray, "h w"]


def analyzed(page: AnyPage, kind: Kind) -> Analysis:
    """The analysis of a page of a kind (see `page_kind`). ValueError for an array that is no page."""
    if page.dtype != np.uint8 or not (page.ndim == 2 or (page.ndim == 3 and page.shape[2] == 3)):
        raise ValueError(f"a page is uint8 [h w] or [h w 3], not {page.dtype} {list(page.shape)}")
    gray = brightness(page)
    pitch = tone_pitch(gray)
    return Analysis(page, kind, gray, pitch, without_tones(gray, pitch))
