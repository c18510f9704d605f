"""The pictures that evaluations kept, page by page, encoded within a budget of bytes."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from mangagan.evaluate.metrics.metric import METRICS
from mangagan.evaluate.result import InputKind, PagePictures, input_title
from mangagan.report.evaluated_runs import EvaluatedRun
from mangagan.report.significance_text import metric_name
from mangagan.report.svg import run_style

# The bytes of all pictures together, so that the HTML file stays below 20 MB.
BUDGET = 17_000_000
_MAX_SIDE, _MIN_SIDE = 1600, 240
_WEBP_QUALITY = 82
_MAX_PAGES = 24
_NOTED_METRICS = ("ciede2000", "psnr")
_REASONS = {"spread": "", "best": "best", "worst": "worst"}


@dataclass(frozen=True)
class PageVersion:
    """One picture of a page: the input, the output of a run, or the truth.

    Attributes:
        label: What the viewer calls it.
        file: The picture's file.
        run: The index of the run whose output it is; None for input and truth.
        note: The metrics of the output, or "".
    """

    label: str
    file: Path
    run: int | None = None
    note: str = ""


@dataclass(frozen=True)
class ComparedPage:
    """A page in all its versions, which the viewer lays over each other."""

    title: str
    versions: tuple[PageVersion, ...]


def compared_pages(runs: Sequence[EvaluatedRun]) -> list[ComparedPage]:
    """Return the pages to show, at most 24: first those that most runs kept, without versions whose file is gone."""
    kept: dict[tuple[InputKind, str], dict[int, PagePictures]] = {}
    for index, run in enumerate(runs):
        for page in run.result.pictures:
            if (run.file.parent / page.output).is_file():
                kept.setdefault((page.kind, page.name), {})[index] = page
    by_count = sorted(kept.items(), key=lambda item: -len(item[1]))
    several_kinds = len({kind for kind, _ in kept}) > 1
    pages = [
        ComparedPage(
            _title(name, input_title(kind) if several_kinds else "", pictures, runs), _versions(pictures, runs)
        )
        for (kind, name), pictures in by_count
    ]
    return [page for page in pages if len(page.versions) > 1][:_MAX_PAGES]


def encode_pages(pages: Sequence[ComparedPage], budget: int = BUDGET) -> list[dict[str, Any]]:
    """Return pages as plain data for the viewer, each version as a data URI of WebP.

    All versions of a page have the size of its last version (the truth). All pages are scaled down until they fit.

    Args:
        pages: The pages to encode.
        budget: The bytes that all pictures may take together.

    Raises:
        ValueError: A file is no picture, or the budget is too small for any size.
    """
    allowed = budget * 3 / 4  # base64 makes four bytes of three
    # The size that fits is first estimated from one version of each page: encoding all of them too large takes long.
    samples = [replace(page, versions=page.versions[-1:]) for page in pages]
    largest = max(map(max, _sizes(pages, _MAX_SIDE)))
    side, _ = _fit(samples, largest, allowed * len(samples) / sum(len(page.versions) for page in pages))
    side, pictures = _fit(pages, side, allowed)
    return [
        {"title": page.title, "width": size[0], "height": size[1], "versions": list(map(_plain, page.versions, data))}
        for page, size, data in zip(pages, _sizes(pages, side), pictures, strict=True)
    ]


def _fit(pages: Sequence[ComparedPage], side: int, allowed: float) -> tuple[int, list[list[bytes]]]:
    """Return the longest side, at most `side`, with which all pictures fit, and the pictures."""
    while True:
        sizes = _sizes(pages, side)
        pictures = [
            [_webp(version.file, size) for version in page.versions] for page, size in zip(pages, sizes, strict=True)
        ]
        total = sum(len(data) for page in pictures for data in page)
        if total <= allowed:
            return side, pictures
        # Small pictures take more bytes per pixel, so the square root of the ratio would not be enough.
        side = int(side * min(0.95, (allowed / total) ** 0.7))
        if side < _MIN_SIDE:
            raise ValueError(f"the pictures of {len(pages)} pages do not fit; compare fewer runs")


def _sizes(pages: Sequence[ComparedPage], side: int) -> list[tuple[int, int]]:
    return [_scaled_size(page.versions[-1].file, side) for page in pages]


def _scaled_size(file: Path, side: int) -> tuple[int, int]:
    with _opened(file) as picture:
        scale = min(1, side / max(picture.size))
        return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def _webp(file: Path, size: tuple[int, int]) -> bytes:
    data = io.BytesIO()
    with _opened(file) as picture:
        # JPEG files are decoded at a smaller size where that is enough.
        picture.draft("RGB", size)
        pixels = picture.convert("RGB")
    resized = pixels if pixels.size == size else pixels.resize(size, Image.Resampling.LANCZOS)
    resized.save(data, "WEBP", quality=_WEBP_QUALITY, method=2)
    return data.getvalue()


@contextmanager
def _opened(file: Path) -> Iterator[Image.Image]:
    """Open a picture; raise ValueError with its name if it, or later its pixels, cannot be read."""
    try:
        with Image.open(file) as picture:
            yield picture
    except OSError as error:
        raise ValueError(f"{file} is no picture: {error}; evaluate its run again") from error


def _plain(version: PageVersion, data: bytes) -> dict[str, Any]:
    uri = f"data:image/webp;base64,{base64.b64encode(data).decode()}"
    style = "" if version.run is None else run_style(version.run)
    return {"label": version.label, "note": version.note, "style": style, "source": uri}


def _title(name: str, kind: str, pictures: Mapping[int, PagePictures], runs: Sequence[EvaluatedRun]) -> str:
    reasons = [f"{_REASONS[page.why]} of {runs[index].name}" for index, page in pictures.items() if _REASONS[page.why]]
    return ", ".join([name, *([kind] if kind else []), *reasons])


def _versions(pictures: Mapping[int, PagePictures], runs: Sequence[EvaluatedRun]) -> tuple[PageVersion, ...]:
    # Input and truth are the same for all runs: comparable runs were evaluated on the same pages.
    first = next(iter(pictures))
    folder, page = runs[first].file.parent, pictures[first]
    outputs = [
        PageVersion(runs[index].name, runs[index].file.parent / page.output, index, _note(runs[index], page))
        for index, page in pictures.items()
    ]
    found = [PageVersion("input", folder / page.input), *outputs, PageVersion("truth", folder / page.truth)]
    return tuple(version for version in found if version.file.is_file())


def _note(run: EvaluatedRun, page: PagePictures) -> str:
    metrics = next(
        (other.metrics for other in run.result.pages if (other.kind, other.name) == (page.kind, page.name)), {}
    )
    noted = [name for name in _NOTED_METRICS if name in metrics]
    return ", ".join(f"{metric_name(name)} {METRICS[name].format(metrics[name])}" for name in noted)
