"""Pages that were kept by evaluations, as pictures within a budget of bytes."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from mangagan.evaluate.metrics.metric import FIGURES
from mangagan.evaluate.result import KINDS, Kind, PagePictures
from mangagan.report.evaluated_runs import Run
from mangagan.report.significance_text import title
from mangagan.report.svg import style

# Of all pictures together, so that the page stays below 20 MB.
BUDGET = 17_000_000
_LARGEST, _SMALLEST = 1600, 240
_QUALITY = 82
_PAGES = 24
_FIGURES = ("ciede2000", "psnr")
_WHY = {"spread": "", "best": "best", "worst": "worst"}


@dataclass(frozen=True)
class View:
    """One version of a page: the input, a run's output (with the run's place), or the truth."""

    label: str
    file: Path
    run: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Sheet:
    """All versions of a page that can be laid over each other."""

    title: str
    views: tuple[View, ...]


def sheets(runs: Sequence[Run]) -> list[Sheet]:
    """The pages to show, those that most runs kept first, 24 at most; versions whose file is gone are left out."""
    kept: dict[tuple[Kind, str], dict[int, PagePictures]] = {}
    for place, run in enumerate(runs):
        for page in run.result.pictures:
            if (run.file.parent / page.output).is_file():
                kept.setdefault((page.kind, page.name), {})[place] = page
    most = sorted(kept.items(), key=lambda item: -len(item[1]))
    kinds = len({kind for kind, _ in kept})
    found = [
        Sheet(_called(name, KINDS[kind] if kinds > 1 else "", of, runs), _views(of, runs)) for (kind, name), of in most
    ]
    return [sheet for sheet in found if len(sheet.views) > 1][:_PAGES]


def encoded(shown: Sequence[Sheet], budget: int = BUDGET) -> list[dict[str, Any]]:
    """Pages as plain data, each version as a data URI of WebP, scaled down until all together fit the budget.

    All versions of a page have one size, the last version's (the truth's). Raises ValueError where a file is no
    picture, or the budget is too small for any size.
    """
    allowed = budget * 3 / 4  # base64 makes four bytes of three
    # One version of each page foretells the others, which spares encoding all of them too large.
    samples = [replace(sheet, views=sheet.views[-1:]) for sheet in shown]
    largest = max(map(max, _sizes(shown, _LARGEST)))
    side, _ = _within(samples, largest, allowed * len(samples) / sum(len(sheet.views) for sheet in shown))
    side, pages = _within(shown, side, allowed)
    return [
        {"title": sheet.title, "width": size[0], "height": size[1], "views": list(map(_plain, sheet.views, page))}
        for sheet, size, page in zip(shown, _sizes(shown, side), pages, strict=True)
    ]


def _within(shown: Sequence[Sheet], side: int, allowed: float) -> tuple[int, list[list[bytes]]]:
    """The longest side, `side` or less, at which all pictures fit, and the pictures."""
    while True:
        sizes = _sizes(shown, side)
        pages = [[_webp(view.file, size) for view in sheet.views] for sheet, size in zip(shown, sizes, strict=True)]
        total = sum(len(data) for page in pages for data in page)
        if total <= allowed:
            return side, pages
        # Small pictures take more bytes a pixel: the square root would not go far enough.
        side = int(side * min(0.95, (allowed / total) ** 0.7))
        if side < _SMALLEST:
            raise ValueError(f"the pictures of {len(shown)} pages do not fit; compare fewer runs")


def _sizes(shown: Sequence[Sheet], side: int) -> list[tuple[int, int]]:
    return [_fitting(sheet.views[-1].file, side) for sheet in shown]


def _fitting(file: Path, side: int) -> tuple[int, int]:
    with _opened(file) as picture:
        scale = min(1, side / max(picture.size))
        return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def _webp(file: Path, size: tuple[int, int]) -> bytes:
    data = io.BytesIO()
    with _opened(file) as picture:
        picture.draft("RGB", size)
        pixels = picture.convert("RGB")
    resized = pixels if pixels.size == size else pixels.resize(size, Image.Resampling.LANCZOS)
    resized.save(data, "WEBP", quality=_QUALITY, method=2)
    return data.getvalue()


@contextmanager
def _opened(file: Path) -> Iterator[Image.Image]:
    """A picture of which pixels may be read; ValueError with its name where they cannot be."""
    try:
        with Image.open(file) as picture:
            yield picture
    except OSError as error:
        raise ValueError(f"{file} is no picture: {error}; evaluate its run again") from error


def _plain(view: View, data: bytes) -> dict[str, Any]:
    uri = f"data:image/webp;base64,{base64.b64encode(data).decode()}"
    return {"label": view.label, "note": view.note, "style": "" if view.run is None else style(view.run), "source": uri}


def _called(name: str, kind: str, of: dict[int, PagePictures], runs: Sequence[Run]) -> str:
    told = [f"{_WHY[page.why]} of {runs[place].name}" for place, page in of.items() if _WHY[page.why]]
    return ", ".join([name, *([kind] if kind else []), *told])


def _views(of: dict[int, PagePictures], runs: Sequence[Run]) -> tuple[View, ...]:
    first = next(iter(of))
    folder, page = runs[first].file.parent, of[first]
    outputs = [
        View(runs[place].name, runs[place].file.parent / page.output, place, _note(runs[place], page))
        for place, page in of.items()
    ]
    found = [View("input", folder / page.input), *outputs, View("truth", folder / page.truth)]
    return tuple(view for view in found if view.file.is_file())


def _note(run: Run, page: PagePictures) -> str:
    figures = next(
        (other.figures for other in run.result.pages if (other.kind, other.name) == (page.kind, page.name)), {}
    )
    return ", ".join(f"{title(name)} {FIGURES[name].written(figures[name])}" for name in _FIGURES if name in figures)
