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

# own: the palette of the true page itself. others: that of all other pages of its work. work: that of all pages of its
# work. auto: what `--palette=auto` finds if the work has a cover in colour. prior: what it finds if nothing is in
# colour. none: no palette.
PaletteMode = Literal["own", "others", "work", "auto", "prior", "none"]
MODES: tuple[PaletteMode, ...] = get_args(PaletteMode)


@dataclass(frozen=True)
class TrialPages:
    """True pages and covers by their names without suffix, and the work of each.

    Covers are not evaluated: in print they are in colour. `--palette=auto` takes colours from them.
    """

    truth: Mapping[str, Pixels]
    covers: Mapping[str, Pixels]
    works: Mapping[str, str]


def split_covers(pages: Mapping[str, Pixels], works: Mapping[str, str]) -> TrialPages:
    """Separate covers from pages; if there are only covers, they are the pages.

    Args:
        pages: All pictures by their names without suffix. A cover is named like its work or has "cover" in its name.
        works: The work of each picture.
    """
    covers = {name: pixels for name, pixels in pages.items() if name == works[name] or "cover" in name.lower()}
    truth = {name: pixels for name, pixels in pages.items() if name not in covers}
    return TrialPages(truth, covers, works) if truth else TrialPages(pages, {}, works)


def mode_palettes(mode: PaletteMode, pages: TrialPages, inputs: Mapping[str, Pixels]) -> dict[str, Palette]:
    """Return the palette of each page by its name.

    Args:
        mode: The source of the palettes. In a work with a single page, `others` is the palette of that page.
        pages: The true pages.
        inputs: The pages as the network sees them, by their names.
    """
    works = pages.works
    if mode == "none":
        return dict.fromkeys(pages.truth, np.zeros(BINS, np.float32))
    if mode in ("auto", "prior"):
        files = {**inputs, **(pages.covers if mode == "auto" else {})}
        by_work = {work: volume_palette(_volume(files, works, work)) for work in set(works.values())}
        return {name: by_work[works[name]] for name in pages.truth}
    own = {name: palette_of(Image.fromarray(pixels)) for name, pixels in pages.truth.items()}
    if mode == "own":
        return own
    return {name: merge_palettes(_palettes_of_work(name, own, works, with_page=mode == "work")) for name in own}


def _palettes_of_work(
    name: str, own: Mapping[str, Palette], works: Mapping[str, str], *, with_page: bool
) -> list[Palette]:
    palettes = [of for other, of in own.items() if works[other] == works[name] and (with_page or other != name)]
    return palettes or [own[name]]


def _volume(files: Mapping[str, Pixels], works: Mapping[str, str], work: str) -> Volume:
    def member(name: str) -> Member:
        return Member(f"{name}.png", lambda: encode_png(Image.fromarray(files[name])), is_page=True)

    return Volume(tuple(member(name) for name in files if works[name] == work))
