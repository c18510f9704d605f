"""How pages are judged: which of them, at which size, with which input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

from PIL import Image

from mangagan.data.archive.splits import matching_patterns
from mangagan.data.settings import Data
from mangagan.data.stream.transforms import Crop, Images
from mangagan.evaluate.result import InputKind
from mangagan.images.names import natural_key

Name = Literal["native", "512x800", "256", "training"]
T = TypeVar("T")

_WORKS_SHOWN = 12


@dataclass(frozen=True)
class Protocol:
    """Which pages a run is judged by, and how they are shown to it.

    native: pages at their own size. 512x800: each page as a whole, brought to 512 x 800 (width x height). 256: its
    middle square, scaled to 256 x 256. training: the middle windows of a run's own training at their size, in ink and
    tones where it has learned from these alone, else in grey. A steered run is told no palette (`mangagan trial` tells
    it some). All runs are given the same grey page, its luminance (ITU-R 601): the
    grey of the same lightness, from which some learn, would give these the L of the truth, which others must guess.
    Raises ValueError for an unknown name, and for numbers that cannot be.
    """

    name: Name = "native"
    data: str = ""  # a source of pages; "": the run's own
    works: tuple[str, ...] = ()  # or patterns of pages' names, "E1*"; none: those held out
    pages: int | None = None  # so many at most, evenly spread
    kinds: tuple[InputKind, ...] = ("gray", "bw")
    seed: int = 0  # of the intervals

    def __post_init__(self) -> None:
        if self.name not in get_args(Name):
            raise ValueError(f"there is no protocol {self.name!r}; there are {', '.join(get_args(Name))}")
        if self.pages is not None and self.pages < 1:
            raise ValueError(f"{self.pages} pages cannot be judged; 1 is the least")
        if not self.kinds or set(self.kinds) - set(Protocol.kinds):
            raise ValueError(f"kinds of input {', '.join(self.kinds)}; there are {', '.join(Protocol.kinds)}")

    def size(self, data: Data) -> tuple[int, int] | None:
        """Height and width at which all pages are judged; None: their own."""
        return {"native": None, "512x800": (800, 512), "256": (256, 256), "training": (data.size, data.size)}[self.name]

    def fitted(self, images: Images, data: Data) -> Images:
        """Pictures of a page at the size at which it is judged; each may have its own size before."""
        if self.name == "native":
            return images
        if self.name == "512x800":
            return {
                role: image.resize((512, 800), Image.Resampling.BICUBIC, reducing_gap=3.0)
                for role, image in images.items()
            }
        crop = (
            Crop(data.size, data.window) if self.name == "training" else Crop(256, max(map(_longest, images.values())))
        )
        return {
            role: crop.crop_at({role: image}, side=1.0, across=0.5, down=0.5)[role] for role, image in images.items()
        }

    def kinds_of(self, data: Data) -> tuple[InputKind, ...]:
        """The kinds of input that pages are to be shown as, where they have them."""
        if self.name != "training":
            return self.kinds
        return ("bw",) if data.input == "bw" else ("gray",)


def chosen(patterns: Sequence[str], labels: Sequence[tuple[str, str]], where: object) -> list[bool]:
    """Whether each page (name, work) fits a pattern, as `archive.splits` has them; without patterns, all do.

    Raises ValueError for a pattern that fits no page of those in `where`.
    """
    found = matching_patterns(patterns, labels)
    if unknown := [pattern for pattern in patterns if not any(pattern in page for page in found)]:
        there = sorted({work for _, work in labels}, key=natural_key)
        more = f" and {len(there) - _WORKS_SHOWN} more" if len(there) > _WORKS_SHOWN else ""
        listed = ", ".join(there[:_WORKS_SHOWN])
        raise ValueError(f"there is no work {', '.join(unknown)} in {where}; there are {listed}{more}")
    return [bool(page) or not patterns for page in found]


def spread(items: Sequence[T], count: int | None) -> list[T]:
    """So many of the items at most, evenly spread, in their order; None: all of them."""
    if count is None or count >= len(items):
        return list(items)
    return [items[n * len(items) // count] for n in range(count)]


def _longest(image: Image.Image) -> int:
    return max(image.size)
