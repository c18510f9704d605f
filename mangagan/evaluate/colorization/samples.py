"""Sample pictures of an evaluation: evenly spaced ones, the best and the worst."""

from __future__ import annotations

import io
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from mangagan.color import to_bytes
from mangagan.evaluate.colorization.evaluation_pages import Label, Page
from mangagan.evaluate.result import InputKind, PageMetrics, PagePictures
from mangagan.images.atomic import write_atomically

RANKED_BY = "ciede2000"
EXTREMES = 2
QUALITY = 90
# File systems allow 255 bytes, and some letters take three.
NAME_BYTES = 120

Why = Literal["spread", "best", "worst"]


class _Kept(NamedTuple):
    page: PageMetrics
    files: dict[str, bytes]  # by role


class SampleCollector:
    """Keeps the pages named in `spread`, and of each kind those with the lowest and the highest CIEDE2000.

    It holds no more than it will write, whatever the number of pages.
    """

    def __init__(self, spread: Collection[Label]) -> None:
        self._chosen = frozenset(spread)
        self._spread: list[_Kept] = []
        self._extremes: dict[tuple[InputKind, Why], list[_Kept]] = {}

    def offer(self, page: Page, metrics: PageMetrics, picture: UInt8[np.ndarray, "h w 3"]) -> None:
        """Take a page, its metrics and its prediction, and keep a copy if it is a sample.

        Args:
            page: The page with its truth and source.
            metrics: Its metrics.
            picture: The prediction, 8-bit sRGB.
        """
        kept: _Kept | None = None
        signs: dict[Why, int] = {"best": 1, "worst": -1}
        for why, sign in signs.items():
            row = self._extremes.setdefault((page.kind, why), [])
            if len(row) < EXTREMES or sign * metrics.metrics[RANKED_BY] < sign * row[-1].page.metrics[RANKED_BY]:
                kept = kept or _Kept(metrics, _files(page, picture))
                # Sorting is stable: of equals the first one stays.
                row[:] = sorted([*row, kept], key=lambda one: sign * one.page.metrics[RANKED_BY])[:EXTREMES]  # noqa: B023
        if (page.name, page.kind) in self._chosen:
            self._spread.append(kept or _Kept(metrics, _files(page, picture)))

    def write(self, folder: Path) -> tuple[PagePictures, ...]:
        """Write the samples into the folder, and return their paths relative to the folder's parent.

        If a kind has few pages, none of them is both best and worst.
        """
        rows: list[tuple[Why, _Kept]] = [("spread", kept) for kept in self._spread]
        for (kind, why), row in self._extremes.items():
            best = [kept.page.name for kept in self._extremes[kind, "best"]] if why == "worst" else []
            rows += [(why, kept) for kept in row if kept.page.name not in best]
        return tuple(_write(folder, why, kept) for why, kept in rows)


def file_stem(name: str) -> str:
    """Return the stem of a page's files: its name, as far as a file name can hold it, and a digest of the name.

    >>> file_stem("E01/P02.png")
    'E01__P02.png-48de0d8a'
    """
    readable = name.replace("/", "__").encode(errors="ignore")[:NAME_BYTES].decode(errors="ignore")
    return f"{readable}-{sha256(repr(name).encode()).hexdigest()[:8]}"


def _files(page: Page, picture: UInt8[np.ndarray, "h w 3"]) -> dict[str, bytes]:
    source = to_bytes(page.source[..., 0])
    return {"input": _jpeg(source), "output": _jpeg(picture), "truth": _jpeg(page.truth)}


def _jpeg(pixels: UInt8[np.ndarray, "h w *c"]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def _write(folder: Path, why: Why, kept: _Kept) -> PagePictures:
    name, kind = kept.page.name, kept.page.kind
    places = {role: f"{folder.name}/{kind}/{file_stem(name)}.{role}.jpg" for role in kept.files}
    for role, place in places.items():
        file = folder.parent / place
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, kept.files[role])
    return PagePictures(name, kept.page.work, kind, why, **places)
