"""The palettes under which the pages of a trial are coloured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from PIL import Image

from mangagan.images.encode import encode_png
from mangagan.images.picture import Pixels
from mangagan.images.volume import Member, Volume
from mangagan.infer.guidance.volume_palette import volume_palette
from mangagan.palette import Palette, merge_palettes, palette_of
from mangagan.palette_bins import BINS

# The true page's own; that of all other pages of its work; that of all pages of its work; what `--palette=auto` takes
# where the work's cover is in colour, and where nothing is; and none.
Way = Literal["own", "others", "work", "auto", "prior", "none"]
WAYS: tuple[Way, ...] = get_args(Way)


@dataclass(frozen=True)
class Pages:
    """True pages and covers by their names without suffix, and the works that they belong to.

    A cover is called like its work, or a cover. It is not judged: it comes in colour.
    """

    truth: Mapping[str, Pixels]
    covers: Mapping[str, Pixels]
    works: Mapping[str, str]


def sorted_out(pages: Mapping[str, Pixels], works: Mapping[str, str]) -> Pages:
    """Covers apart; where there is nothing but covers, they are pages."""
    covers = {name: pixels for name, pixels in pages.items() if name == works[name] or "cover" in name.lower()}
    truth = {name: pixels for name, pixels in pages.items() if name not in covers}
    return Pages(truth, covers, works) if truth else Pages(pages, {}, works)


def palettes(way: Way, pages: Pages, inputs: Mapping[str, Pixels]) -> dict[str, Palette]:
    """The palette of each page by its name; of a work with a single page, that page stands for the others."""
    works = pages.works
    if way == "none":
        return dict.fromkeys(pages.truth, np.zeros(BINS, np.float32))
    if way in ("auto", "prior"):
        files = {**inputs, **(pages.covers if way == "auto" else {})}
        volumes = {work: volume_palette(_volume(files, works, work)) for work in set(works.values())}
        return {name: volumes[works[name]] for name in pages.truth}
    own = {name: palette_of(Image.fromarray(pixels)) for name, pixels in pages.truth.items()}
    if way == "own":
        return own
    return {name: merge_palettes(_beside(name, own, works, itself=way == "work")) for name in own}


def _beside(name: str, own: Mapping[str, Palette], works: Mapping[str, str], *, itself: bool) -> list[Palette]:
    pages = [palette for other, palette in own.items() if works[other] == works[name] and (itself or other != name)]
    return pages or [own[name]]


def _volume(files: Mapping[str, Pixels], works: Mapping[str, str], work: str) -> Volume:
    def member(name: str) -> Member:
        return Member(f"{name}.png", lambda: encode_png(Image.fromarray(files[name])), is_page=True)

    return Volume(tuple(member(name) for name in files if works[name] == work))
