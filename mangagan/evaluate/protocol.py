"""Evaluation protocols: which pages, at which size, with which input."""

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
    """Which pages a run is evaluated on, and how they are shown to it.

    `native` takes pages at their own size; `512x800` resizes each page to 512 x 800 (width x height); `256` takes its
    centre square, scaled to 256 x 256; `training` takes centre crops as in the run's own training, as ink versions if
    it was trained on these alone, else in grey. Palette-guided runs get no palette (see `mangagan trial`). All runs get
    the same grey page, its luminance (ITU-R 601): the grey of equal lightness, on which some are trained, would give
    these the L of the truth, which the others must predict.

    Attributes:
        name: The name of the protocol.
        data: A source of pages; "" is the run's own.
        works: Works, or patterns of pages' names such as "E1*"; none: the held-out ones.
        pages: The most pages, evenly spaced; None: all.
        kinds: The kinds of input.
        seed: The seed of the intervals.

    Raises:
        ValueError: There is no such protocol or kind, or fewer than one page.
    """

    name: Name = "native"
    data: str = ""
    works: tuple[str, ...] = ()
    pages: int | None = None
    kinds: tuple[InputKind, ...] = ("gray", "bw")
    seed: int = 0

    def __post_init__(self) -> None:
        if self.name not in get_args(Name):
            raise ValueError(f"there is no protocol {self.name!r}; there are {', '.join(get_args(Name))}")
        if self.pages is not None and self.pages < 1:
            raise ValueError(f"pages={self.pages}: must be at least 1")
        if not self.kinds or set(self.kinds) - set(Protocol.kinds):
            raise ValueError(f"kinds of input {', '.join(self.kinds)}; there are {', '.join(Protocol.kinds)}")

    def size(self, data: Data) -> tuple[int, int] | None:
        """Return height and width of all pages; None: their own."""
        return {"native": None, "512x800": (800, 512), "256": (256, 256), "training": (data.size, data.size)}[self.name]

    def fitted(self, images: Images, data: Data) -> Images:
        """Return the images of a page at the size of the protocol; each may have its own size before."""
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
        """Return the kinds of input as which pages are shown, if they have them."""
        if self.name != "training":
            return self.kinds
        return ("bw",) if data.input == "bw" else ("gray",)


def match_patterns(patterns: Sequence[str], labels: Sequence[tuple[str, str]], where: object) -> list[bool]:
    """Return whether each page matches a pattern (see `data.archive.splits`); without patterns, all do.

    Args:
        patterns: Names of works, or patterns of pages' names.
        labels: The name and the work of each page.
        where: What messages call the source.

    Raises:
        ValueError: A pattern matches no page.
    """
    found = matching_patterns(patterns, labels)
    if unknown := [pattern for pattern in patterns if not any(pattern in page for page in found)]:
        there = sorted({work for _, work in labels}, key=natural_key)
        more = f" and {len(there) - _WORKS_SHOWN} more" if len(there) > _WORKS_SHOWN else ""
        listed = ", ".join(there[:_WORKS_SHOWN])
        raise ValueError(f"there is no work {', '.join(unknown)} in {where}; there are {listed}{more}")
    return [bool(page) or not patterns for page in found]


def evenly_spaced(items: Sequence[T], count: int | None) -> list[T]:
    """Return at most `count` evenly spaced items, in order; None: all of them."""
    if count is None or count >= len(items):
        return list(items)
    return [items[n * len(items) // count] for n in range(count)]


def _longest(image: Image.Image) -> int:
    return max(image.size)
