"""The palette that conditions a network: that of the page itself, of other pages of its work, or none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from grain.transforms import RandomMap
from jaxtyping import Float, Int
from tqdm import tqdm

from mangagan.data.archive.archive import Records
from mangagan.data.archive.record_picture import record_picture
from mangagan.palette import merge_palettes, palette_of
from mangagan.palette_bins import BINS


@dataclass(frozen=True)
class NoPalettes:
    """No palettes."""


@dataclass(frozen=True)
class PagePalettes:
    """Which palettes condition the network in training.

    The share `own` of the examples has the palette of the page itself, the share `others` that of other pages of its
    work; the rest has none. For `others` one or more pages are sampled; in a share `unsure` of them none or more, and
    the mean palette of all pages is merged in as one further page, as `mangagan colorize --palette=auto` does with few
    coloured pages. A page in evaluation has the palette of all other pages of its work. A share `recolored` of the
    examples with a palette is recoloured, see `mangagan.data.stream.recolor`.
    """

    own: float = 0.5
    others: float = 0.4
    unsure: float = 0.0
    recolored: float = 0.15

    def check(self) -> None:
        """Check the shares; not done at construction, since overrides may pass through invalid combinations.

        Raises:
            ValueError: for shares that are negative or too large.
        """
        if min(self.own, self.others) < 0 or self.own + self.others > 1:
            raise ValueError(
                f"data.palettes: own={self.own} and others={self.others} must be at least 0, and 0 to 1 in sum"
            )
        for name in ("unsure", "recolored"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"data.palettes.{name}={getattr(self, name)}: a share must be 0 to 1")


@dataclass(frozen=True)
class PaletteTable:
    """The palette and the work of each page of a set, from which the palettes of examples are sampled."""

    palettes: Float[np.ndarray, "n 1176"]
    works: tuple[str, ...]
    pages: Mapping[str, Int[np.ndarray, " m"]]  # indices of the pages of each work

    def __len__(self) -> int:
        return len(self.works)

    def __getitem__(self, index: int) -> int:
        return int(index)

    def of_work(self, page: int) -> dict[str, Float[np.ndarray, " 1176"]]:
        """Return the "palette" of all other pages of the work of a page; its own where it is the only one."""
        return {"palette": merge_palettes(self.palettes[self._others(page)])}

    def sample(
        self, page: int, shares: PagePalettes, rng: np.random.Generator
    ) -> dict[str, Float[np.ndarray, " 1176"]]:
        """Sample the "palette" of a page in training."""
        choice = rng.random()
        if choice < shares.own:
            return {"palette": self.palettes[page]}
        if choice >= shares.own + shares.others:
            return {"palette": np.zeros(BINS, np.float32)}
        others = self._others(page)
        unsure = rng.random() < shares.unsure
        # The number of pages is uniform: with a single page too often, which may be of another mood, the generator
        # would learn to ignore palettes.
        count = rng.integers(len(others) + unsure) + (not unsure)
        chosen = self.palettes[rng.choice(others, count, replace=False)]
        return {"palette": merge_palettes([*chosen, self._mean] if unsure else chosen)}

    @cached_property
    def _mean(self) -> Float[np.ndarray, " 1176"]:
        return merge_palettes(self.palettes)

    def _others(self, page: int) -> Int[np.ndarray, " m"]:
        pages = self.pages[self.works[page]]
        return pages[pages != page] if len(pages) > 1 else pages


@dataclass(frozen=True)
class SamplePalette(RandomMap):
    """Maps the index of a page to a sampled palette."""

    palette_table: PaletteTable
    shares: PagePalettes

    def random_map(self, page: int, rng: np.random.Generator) -> dict[str, Float[np.ndarray, " 1176"]]:
        return self.palette_table.sample(page, self.shares, rng)


def palette_table(records: Records, numbers: Sequence[int], *, joined: bool = False) -> PaletteTable:
    """Compute the palettes of these records, which must be in colour.

    With `joined` sources (see `sources.joined`) pages of one work must come from the same source.
    """
    palettes, works, pages = [], [], defaultdict(list)
    for index, number in enumerate(tqdm(numbers, "palettes", unit="page", delay=2, leave=False)):
        record = records[number]
        palettes.append(palette_of(record_picture(record.name, record.color)))
        works.append(f"{record.name.partition('/')[0]}: {record.work}" if joined else record.work)
        pages[works[-1]].append(index)
    return PaletteTable(np.stack(palettes), tuple(works), {work: np.array(indices) for work, indices in pages.items()})
