"""A fictional work: the properties that its pages share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mangagan.data.comics.tone_patterns import Screen


@dataclass(frozen=True)
class Work:
    """One fictional title.

    `places` name scenery, `props` and `animals` are OpenMoji codes. `rows` are the numbers of panel rows that a page
    may have, `gutter` and `border` are in pixels, and `slant`, `bleed` and `night` are probabilities.
    """

    name: str
    split: Literal["train", "validation"]
    style: str
    places: tuple[str, ...]
    props: tuple[str, ...]
    animals: tuple[str, ...]
    screens: tuple[Screen, ...]
    rows: tuple[int, ...] = (2, 3, 3, 4)
    slant: float = 0.25
    gutter: int = 12
    border: int = 3
    bleed: float = 0.1
    night: float = 0.08
