"""One comic page from a seed and a number: in color, and in ink and tone, in step to the pixel."""

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
from mangagan.data.comics.stage import Setting
from mangagan.data.comics.words import Script, letter, script
from mangagan.data.comics.work import Work

PAGE_SIZE = (768, 1088)


@dataclass(frozen=True)
class Page:
    """A page of a work: `color` RGB, `bw` ink and screentone, both in [0, 255]; solid ink is the same in both."""

    name: str
    work: str
    split: Literal["train", "validation"]
    color: UInt8[np.ndarray, "h w 3"]
    bw: UInt8[np.ndarray, "h w"]


def compose(works: Sequence[Work], seed: int, number: int) -> Page:
    """Page `number` of the set that `seed` stands for; its work is works[number % len(works)].

    The same arguments give the same bytes in every process. Raises ValueError for a negative seed or number.
    """
    work, rng = turn(works, seed, number)
    setting = setting_of(work, rng)
    page, words = Canvas(PAGE_SIZE), script(rng)
    for index, panel in enumerate(panels(work, PAGE_SIZE, rng)):
        _lay(page, panel, setting, index == 0, words, rng)
    kits = kits_of(len(work.screens), rng)
    bw = page.finish(kits, work.screens)
    return Page(f"{work.name}/{number // len(works):04d}", work.name, work.split, np.asarray(page.picture).copy(), bw)


def turn(works: Sequence[Work], seed: int, number: int) -> tuple[Work, np.random.Generator]:
    """Whose turn it is at `number` of the set that `seed` stands for, works[number % len(works)], and what is drawn of.

    Raises ValueError for a negative seed or number.
    """
    if seed < 0 or number < 0:
        raise ValueError(f"seed and number are 0 or more, not seed={seed}, number={number}")
    return works[number % len(works)], np.random.default_rng(np.random.SeedSequence([seed, number]))


def setting_of(work: Work, rng: np.random.Generator) -> Setting:
    """Where and when a page of a work is, by chance."""
    hour = "night" if rng.random() < work.night else "dusk" if rng.random() < 0.08 else "day"
    index = int(rng.integers(len(work.places)))
    # A work comes back to a few views of each of its places, as a serial does.
    variant = number_of(work) * 10 + int(rng.integers(2))
    return Setting(work, cast_of(work), work.places[index].split("/")[0], hour, variant)


def kits_of(count: int, rng: np.random.Generator) -> tuple[tuple[int, int, int], ...]:
    """Screens over dark, middle and light values for the ground, the figures and the props of a page."""
    ground, last = int(rng.integers(count)), count - 1
    # Faces keep the work's first and finest screen.
    return (ground, ground, ground), (1, 0, 0), (0, last, last)


def _lay(page: Canvas, panel: Panel, setting: Setting, opening: bool, words: Script, rng: np.random.Generator) -> None:
    left, top, right, bottom = panel.box
    size = (right - left, bottom - top)
    stage = draw_panel(setting, (left, top), size, opening, rng)
    corners = [(float(x) - left, float(y) - top) for x, y in panel.corners]
    page.insert(stage.canvas, (left, top), polygon_mask(size, corners))
    page.draw_ink(_border(size, corners, setting.work.border), (left - 4, top - 4))
    letter(page, panel, stage.words, stage.faces, words, rng)


def _border(size: tuple[int, int], corners: list[Point], width: int) -> Image.Image:
    mask = Image.new("L", ((size[0] + 8) * FINE, (size[1] + 8) * FINE), 0)
    points = [((x + 4) * FINE, (y + 4) * FINE) for x, y in corners]
    ImageDraw.Draw(mask).line([*points, points[0], points[1]], fill=255, width=width * FINE, joint="curve")
    return mask.reduce(FINE)
