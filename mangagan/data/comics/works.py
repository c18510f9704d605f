"""The fictional works that the pages belong to: each with its own cast, places, props, layout and tone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from mangagan.data.comics.figure import Character
from mangagan.data.comics.tones import Screen

_SKINS = ("#fbe0c8", "#f6cfae", "#eab68c", "#c98a5c", "#9a6240", "#70442c")
_HAIR = (
    "#000000",
    "#4a2f22",
    "#7a4a2a",
    "#a8642c",
    "#d99a3e",
    "#f0cf6a",
    "#c0452a",
    "#8d8f9a",
)
_TOPS = (
    "#d8453e",
    "#f08a3c",
    "#f3c94b",
    "#5ba85a",
    "#4a7fc9",
    "#6f5fb5",
    "#e9e4d6",
    "#7d8791",
)
_LEGS = ("#34507f", "#4b4f5a", "#7a5a3e", "#2f6b58", "#8a3b46", "#c9b48a")
_CUTS = {
    "adventurer": tuple(f"long{i:02d}" for i in (1, 3, 5, 7, 9, 13, 15, 19, 21, 24))
    + tuple(f"short{i:02d}" for i in (1, 2, 4, 6, 8, 10, 11, 12, 15, 18)),
    "lorelei": tuple(f"variant{i:02d}" for i in range(1, 49) if i not in (31, 33)),
    "micah": ("dannyPhantom", "fonze", "full", "pixie", "mrT", "turban"),
    "notionists": tuple(f"variant{i:02d}" for i in range(1, 56)),
    "open-peeps": (
        "afro bangs bangs2 bun buns dreads1 flatTop hatBeanie hatHip long longAfro longBangs longCurly medium1 medium2"
        " mediumBangs mediumStraight mohawk pomp short1 short2 short4 turban twists hijab"
    ).split(),
}


@dataclass(frozen=True)
class Work:
    """One fictional title. `places` name scenery, `props` and `animals` are OpenMoji codes."""

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


def _dots(pitch: float, angle: float = 45.0) -> Screen:
    return Screen("dots", pitch, angle)


def _lines(pitch: float, angle: float) -> Screen:
    return Screen("lines", pitch, angle)


_CROSS = Screen("cross", 5.0, 45.0)

WORKS: tuple[Work, ...] = (
    Work(
        "kite-harbour", "train", "lorelei", ("sea", "hills/day", "town"), ("1FA81", "2693", "1F9ED",
        "1F6DF", "1F392"), ("1F980", "1F419", "1F41F"), (_dots(4.3), _lines(4.1, 90), _dots(5.3, 30)),
        slant=0.3,
    ),
    Work(
        "the-copper-fox", "train", "adventurer", ("forest", "hills", "garden"), ("1F511", "1F344", "1F5FA",
        "1F451"), ("1F9A1", "1F994", "1F43F", "1F989"), (_dots(4.9), _dots(3.8, 15), _lines(4.9, 45)),
        rows=(2, 3, 3),
    ),
    Work(
        "noodle-street", "train", "micah", ("town", "room", "market"), ("1F35C", "1F9CB", "1F371", "1F6F5",
        "1F3EE"), ("1F408", "1F415"), (_dots(4.1), _lines(3.7, 0), _dots(5.7, 60)), slant=0.1, border=4,
        night=0.15,
    ),
    Work(
        "second-period", "train", "open-peeps", ("school", "room", "town"), ("1F4DA", "26BD", "1F3B8",
        "1F4F7", "1F4D6"), ("1F426", "1F408"), (_dots(4.5), _dots(4.5, 75), _lines(4.1, 45)), gutter=10,
        slant=0.15,
    ),
    Work(
        "orbit-of-two", "train", "lorelei", ("space", "room", "desert"), ("1F680", "1F6F0", "1F52D",
        "1F916", "1F6F8"), ("1F47E",), (_dots(3.8), _CROSS, _lines(3.3, 135)), slant=0.45, bleed=0.3,
        night=0.2,
    ),
    Work(
        "mud-and-marigolds", "train", "notionists", ("garden", "hills", "room"), ("1F33B", "1F490", "1F9FA",
        "1F34E"), ("1F411", "1F416", "1F41D", "1F986"), (_dots(4.9), _lines(4.1, 60), _CROSS), rows=(2, 2,
        3), slant=0.0, border=3,
    ),
    Work(
        "the-ninth-whistle", "train", "adventurer", ("snow", "town", "hills"), ("1F682", "1F3BA", "1F9E3",
        "1F381"), ("1F98C", "1F9AB"), (_dots(4.1, 20), _lines(4.9, 0), _dots(6.1)), slant=0.2,
    ),
    Work(
        "sunday-robots", "train", "micah", ("room", "school", "hills"), ("1F916", "1F527", "1F9F0", "1F4A1",
        "1F6B2"), ("1F995", "1F996"), (_dots(5.3), _lines(3.7, 45), _dots(4.1, 10)), rows=(3, 4), gutter=9,
    ),
    Work(
        "dune-post", "train", "open-peeps", ("desert", "hills", "sea"), ("1F4E6", "1F9ED", "1F5FA", "26FA",
        "1FA94"), ("1F42A", "1F98E", "1F40D"), (_dots(4.5), _CROSS, _lines(4.1, 120)), slant=0.35,
        bleed=0.2,
    ),
    Work(
        "lantern-inn", "train", "notionists", ("temple", "room", "forest"), ("1F3EE", "1F375", "1F4DC",
        "2602", "1F38B"), ("1F9A2", "1F422", "1F407"), (_dots(4.1, 45), _lines(3.7, 90), _dots(5.7, 15)),
        night=0.2, border=2,
    ),
    Work(
        "goal-kick-girls", "train", "lorelei", ("school", "garden", "town"), ("26BD", "1F3C6", "1F964",
        "1F392", "1F3AF"), ("1F415", "1F426"), (_dots(4.9), _lines(4.5, 30), _CROSS), slant=0.6, bleed=0.25,
        rows=(2, 3, 3),
    ),
    Work(
        "witch-of-block-c", "train", "adventurer", ("town", "room", "forest"), ("1F52E", "1FA84", "1F56F",
        "1F9EA", "1F383"), ("1F987", "1F408-200D-2B1B"), (_dots(3.9, 30), _dots(5.3), _lines(3.3, 60)),
        night=0.2, slant=0.3,
    ),
    Work(
        "paper-lighthouse", "validation", "lorelei", ("sea", "room", "hills"), ("26F5", "1F4D6", "1F50D",
        "1F41A", "2602"), ("1F40B", "1F980", "1F986"), (_dots(4.6, 35), _lines(4.1, 15), _dots(3.8)),
        slant=0.25,
    ),
    Work(
        "bakery-at-dawn", "validation", "micah", ("town", "market", "garden"), ("1F950", "1F382", "1F9C1",
        "1F369", "2615"), ("1F408", "1F415"), (_dots(5.1), _dots(4.1, 70), _lines(3.9, 45)), gutter=11,
    ),
    Work(
        "fern-valley-files", "validation", "adventurer", ("forest", "school", "snow"), ("1F50D", "1F4F7",
        "1F392", "1F6B2"), ("1F98C", "1F9A6", "1F98B"), (_dots(4.4, 45), _lines(4.3, 45), _CROSS),
        slant=0.4,
    ),
)  # fmt: skip

_BY_NAME = {work.name: work for work in WORKS}


def split_of(work: str) -> str:
    """Split, "train" or "validation", that a work belongs to. Raises ValueError for an unknown work."""
    if work not in _BY_NAME:
        raise ValueError(f"no work is called {work!r}; the works are {', '.join(_BY_NAME)}")
    return _BY_NAME[work].split


@lru_cache(maxsize=len(WORKS))
def cast_of(work: str) -> tuple[Character, ...]:
    """Four characters of a work, no two alike in hair, top or cut; the same whatever the seed of the pages."""
    index = list(_BY_NAME).index(work)
    style = _BY_NAME[work].style
    rng = np.random.default_rng(np.random.SeedSequence([71, index]))
    picks = {name: rng.permutation(len(values)) for name, values in (("top", _TOPS), ("cut", _CUTS[style]))}
    # Somebody always has black hair: comics live on solid blacks.
    hair = rng.permutation([0, *(1 + rng.permutation(len(_HAIR) - 1)[:3])])
    return tuple(
        Character(
            style=style,
            seed=f"{work}-{i}",
            cut=_CUTS[style][picks["cut"][i]],
            hair=_HAIR[hair[i]],
            skin=_SKINS[min(int(rng.triangular(0, 1, 6)), 5)],
            top=_TOPS[picks["top"][i]],
            legs=_LEGS[rng.integers(len(_LEGS))],
            shoes=("#5a3a28", "#c94b3f", "#e8e4da", "#3d4452")[rng.integers(4)],
            skirt=bool(rng.random() < 0.35),
        )
        for i in range(4)
    )
