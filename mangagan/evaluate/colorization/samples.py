"""Pictures that are kept of an evaluation: some of all, the best and the worst."""

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

JUDGED_BY = "ciede2000"
EXTREMES = 2
QUALITY = 90
# File systems hold 255; some letters take three.
NAME_BYTES = 120

Why = Literal["spread", "best", "worst"]


class _Kept(NamedTuple):
    page: PageMetrics
    files: dict[str, bytes]  # by role


class SampleCollector:
    """Keeps the pages named in `spread`, and of each kind those with the lowest and the highest CIEDE2000.

    Holds no more than it will write, whatever the number of pages.
    """

    def __init__(self, spread: Collection[Label]) -> None:
        self._chosen = frozenset(spread)
        self._spread: list[_Kept] = []
        self._extremes: dict[tuple[InputKind, Why], list[_Kept]] = {}

    def offer(self, page: Page, metrics: PageMetrics, picture: UInt8[np.ndarray, "h w 3"]) -> None:
        """Shows a page, its metrics and its picture, of which the album may keep a copy."""
        kept: _Kept | None = None
        signs: dict[Why, int] = {"best": 1, "worst": -1}
        for why, sign in signs.items():
            row = self._extremes.setdefault((page.kind, why), [])
            if len(row) < EXTREMES or sign * metrics.metrics[JUDGED_BY] < sign * row[-1].page.metrics[JUDGED_BY]:
                kept = kept or _Kept(metrics, _files(page, picture))
                # Sorting keeps the order of equals: the first of them stays.
                row[:] = sorted([*row, kept], key=lambda one: sign * one.page.metrics[JUDGED_BY])[:EXTREMES]  # noqa: B023
        if (page.name, page.kind) in self._chosen:
            self._spread.append(kept or _Kept(metrics, _files(page, picture)))

    def write(self, folder: Path) -> tuple[PagePictures, ...]:
        """Writes what was kept below the folder, and says where, as paths relative to what the folder lies in.

        A kind with too few pages for both shows none twice as best and worst.
        """
        rows: list[tuple[Why, _Kept]] = [("spread", kept) for kept in self._spread]
        for (kind, why), row in self._extremes.items():
            best = [kept.page.name for kept in self._extremes[kind, "best"]] if why == "worst" else []
            rows += [(why, kept) for kept in row if kept.page.name not in best]
        return tuple(_written(folder, why, kept) for why, kept in rows)


def file_stem(name: str) -> str:
    """What a page's files are called: its own name as far as a file's name holds it, and what tells it from all others.

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


def _written(folder: Path, why: Why, kept: _Kept) -> PagePictures:
    name, kind = kept.page.name, kept.page.kind
    places = {role: f"{folder.name}/{kind}/{file_stem(name)}.{role}.jpg" for role in kept.files}
    for role, place in places.items():
        file = folder.parent / place
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, kept.files[role])
    return PagePictures(name, kept.page.work, kind, why, **places)
