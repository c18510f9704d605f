"""Compose one comic page from a seed and a number, in colour and in ink and screentone, aligned to the pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from mangagan.data.comics.canvas import FINE, Canvas, Point, polygon_mask
from mangagan.data.comics.cast import cast_of, number_of
from mangagan.data.comics.layout import Panel, panels
from mangagan.data.comics.scene import draw_panel
from mangagan.data.comics.script import Script, shuffled_script
from mangagan.data.comics.stage import Setting
from mangagan.data.comics.words import place_words
from mangagan.data.comics.work import Work

PAGE_SIZE = (768, 1088)


@dataclass(frozen=True)
class ComicPage:
    """A page of a work: `color` in RGB, `bw` in ink and screentone, both in [0, 255]; solid ink is the same in both."""

    name: str
    work: str
    split: Literal["train", "validation"]
    color: UInt8[np.ndarray, "h w 3"]
    bw: UInt8[np.ndarray, "h w"]


def compose(works: Sequence[Work], seed: int, number: int) -> ComicPage:
    """Return page `number` of the set with this seed; its work is works[number % len(works)].

    Equal arguments give equal bytes in every process. Raises ValueError for a negative seed or number.
    """
    work, rng = work_and_rng(works, seed, number)
    setting = sample_setting(work, rng)
    page, script = Canvas(PAGE_SIZE), shuffled_script(rng)
    for index, panel in enumerate(panels(work, PAGE_SIZE, rng)):
        _draw_panel(page, panel, setting, index == 0, script, rng)
    kits = sample_screens(len(work.screens), rng)
    bw = page.finish(kits, work.screens)
    name = f"{work.name}/{number // len(works):04d}"
    return ComicPage(name, work.name, work.split, np.asarray(page.picture).copy(), bw)


def work_and_rng(works: Sequence[Work], seed: int, number: int) -> tuple[Work, np.random.Generator]:
    """Return the work of page `number` of the set with this seed, and the random generator of the page.

    Raises:
        ValueError: for a negative seed or number.
    """
    if seed < 0 or number < 0:
        raise ValueError(f"seed and number are 0 or more, not seed={seed}, number={number}")
    return works[number % len(works)], np.random.default_rng(np.random.SeedSequence([seed, number]))


def sample_setting(work: Work, rng: np.random.Generator) -> Setting:
    """Sample the place and the time of day of a page."""
    # Most pages are by day: dark pages teach little colour.
    hour = "night" if rng.random() < work.night else "dusk" if rng.random() < 0.08 else "day"
    index = int(rng.integers(len(work.places)))
    # A work returns to two views of each of its places, as a serial does.
    variant = number_of(work) * 10 + int(rng.integers(2))
    return Setting(work, cast_of(work), work.places[index].split("/")[0], hour, variant)


def sample_screens(count: int, rng: np.random.Generator) -> tuple[tuple[int, int, int], ...]:
    """Sample the screens over dark, middle and light values for the ground, the figures and the props of a page."""
    ground, last = int(rng.integers(count)), count - 1
    # Faces keep the first screen of the work, which is its finest.
    return (ground, ground, ground), (1, 0, 0), (0, last, last)


def _draw_panel(
    page: Canvas, panel: Panel, setting: Setting, opening: bool, script: Script, rng: np.random.Generator
) -> None:
    left, top, right, bottom = panel.box
    size = (right - left, bottom - top)
    stage = draw_panel(setting, (left, top), size, opening, rng)
    corners = [(float(x) - left, float(y) - top) for x, y in panel.corners]
    page.insert(stage.canvas, (left, top), polygon_mask(size, corners))
    page.draw_ink(_border(size, corners, setting.work.border), (left - 4, top - 4))
    place_words(page, panel, stage.speeches, stage.faces, script, rng)


def _border(size: tuple[int, int], corners: list[Point], width: int) -> Image.Image:
    mask = Image.new("L", ((size[0] + 8) * FINE, (size[1] + 8) * FINE), 0)
    points = [((x + 4) * FINE, (y + 4) * FINE) for x, y in corners]
    ImageDraw.Draw(mask).line([*points, points[0], points[1]], fill=255, width=width * FINE, joint="curve")
    return mask.reduce(FINE)
