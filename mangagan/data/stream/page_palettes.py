"""The palette that a network is given with a page: its own, that of others of its work, or none."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from grain.transforms import RandomMap
from jaxtyping import Float, Int
from PIL import Image
from tqdm import tqdm

from mangagan.data.archive.archive import Records
from mangagan.palette import merged, palette_of
from mangagan.palette_bins import BINS


@dataclass(frozen=True)
class NoPalettes:
    """Pages come without."""


@dataclass(frozen=True)
class PagePalettes:
    """Shares of the pages that come with their own palette, and with that of others of their work; the rest has none.

    Of a work's other pages one or more are drawn, or, in a share `unsure`, none or more and the mean palette of all
    pages as one page more: so `mangagan colorize --palette=auto` counts a few pages in colour. A page that is judged
    comes with the palette of all others of its work. Of the pages that learn with a palette a share `recolored` is
    learned in other colours, see `mangagan.data.stream.recolor`.
    """

    own: float = 0.5
    others: float = 0.4
    unsure: float = 0.0
    recolored: float = 0.15

    def check(self) -> None:
        """Raises ValueError for shares that cannot be; they may for a moment, while they are overridden."""
        if min(self.own, self.others) < 0 or self.own + self.others > 1:
            raise ValueError(f"data.palettes: shares of {self.own} and {self.others}; 0 to 1 in all can be")
        for name in ("unsure", "recolored"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"data.palettes.{name}={getattr(self, name)}: a share is 0 to 1")


@dataclass(frozen=True)
class Steering:
    """For each page of a set, its own palette, the pages of its work, and what is drawn of them."""

    palettes: Float[np.ndarray, "n 1176"]
    works: tuple[str, ...]
    pages: Mapping[str, Int[np.ndarray, " m"]]  # of each work

    def __len__(self) -> int:
        return len(self.works)

    def __getitem__(self, index: int) -> int:
        return int(index)

    def of_work(self, page: int) -> dict[str, Float[np.ndarray, " 1176"]]:
        """The palette of all other pages of a page's work, "palette"; its own, where it is the only one."""
        return {"palette": merged(self.palettes[self._others(page)])}

    def drawn(self, page: int, shares: PagePalettes, rng: np.random.Generator) -> dict[str, Float[np.ndarray, " 1176"]]:
        """One of the palettes that a page may come with in training, "palette"."""
        choice = rng.random()
        if choice < shares.own:
            return {"palette": self.palettes[page]}
        if choice >= shares.own + shares.others:
            return {"palette": np.zeros(BINS, np.float32)}
        others = self._others(page)
        unsure = rng.random() < shares.unsure
        # A single page is often of another mood: told so too often, a generator would trust no palette.
        count = rng.integers(len(others) + unsure) + (not unsure)
        found = self.palettes[rng.choice(others, count, replace=False)]
        return {"palette": merged([*found, self._mean] if unsure else found)}

    @cached_property
    def _mean(self) -> Float[np.ndarray, " 1176"]:
        return merged(self.palettes)

    def _others(self, page: int) -> Int[np.ndarray, " m"]:
        pages = self.pages[self.works[page]]
        return pages[pages != page] if len(pages) > 1 else pages


@dataclass(frozen=True)
class DrawPalette(RandomMap):
    """A page's number becomes a palette."""

    steering: Steering
    shares: PagePalettes

    def random_map(self, page: int, rng: np.random.Generator) -> dict[str, Float[np.ndarray, " 1176"]]:
        return self.steering.drawn(page, self.shares, rng)


def steering(records: Records, numbers: Sequence[int], *, joined: bool = False) -> Steering:
    """The palettes of these records, all of which are in color, read once.

    Of several sources in one (see `sources.joined`), pages of a work are those that come from the same source.
    """
    palettes, works, pages = [], [], defaultdict(list)
    for place, number in enumerate(tqdm(numbers, "palettes", unit="page", delay=2, leave=False)):
        record = records[number]
        palettes.append(palette_of(Image.open(io.BytesIO(record.color))))
        works.append(f"{record.name.partition('/')[0]}: {record.work}" if joined else record.work)
        pages[works[-1]].append(place)
    return Steering(np.stack(palettes), tuple(works), {work: np.array(places) for work, places in pages.items()})
