"""The characters of a work: four per work, each with its own hair, top and haircut."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mangagan.data.comics.figure import Character
from mangagan.data.comics.unseen import UNSEEN
from mangagan.data.comics.work import Work
from mangagan.data.comics.works import WORKS

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


_NUMBERS = {work.name: number for number, work in enumerate((*WORKS, *UNSEEN))}


def number_of(work: Work) -> int:
    """Return the index of a work among all works. Raises KeyError for an unknown one."""
    return _NUMBERS[work.name]


@lru_cache(maxsize=len(_NUMBERS))
def cast_of(work: Work) -> tuple[Character, ...]:
    """Return the four characters of a work, all different in hair, top and haircut, for any seed of the pages."""
    index, style = _NUMBERS[work.name], work.style
    rng = np.random.default_rng(np.random.SeedSequence([71, index]))
    picks = {name: rng.permutation(len(values)) for name, values in (("top", _TOPS), ("cut", _CUTS[style]))}
    # One character always has black hair: solid black areas are typical of comics.
    hair = rng.permutation([0, *(1 + rng.permutation(len(_HAIR) - 1)[:3])])
    return tuple(
        Character(
            style=style,
            seed=f"{work.name}-{i}",
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
