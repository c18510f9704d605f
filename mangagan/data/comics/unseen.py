"""Twelve random works for evaluation only, with no page in `comics`, since its three held-out works are few."""

from __future__ import annotations

import numpy as np

from mangagan.data.comics.tone_patterns import Screen
from mangagan.data.comics.work import Work
from mangagan.data.comics.works import WORKS

_COUNT = 12
_ROWS = ((2, 3, 3, 4), (2, 3, 3), (2, 2, 3), (3, 4))
# OpenMoji codes of no other work: an object always has the same colour, which a model could have memorised.
_PROPS = """
1F6F7 1F3A8 1F3BB 1F941 1F3B7 1F4FB 260E 1F5DD 1F528 1FA93 1FA9C 1F339 1F33D 1F955 1F346 1F34D 1F352 1F951 1F9C0
1F354 1F355 1F366 1F36F 1FAD6 1F452 1F45C 1F45F 1F462 1F9E4 1F3A9 1F514 1F4EF 1F3F9 1F6E1 1F3C0 1F3BE 1F6F9 1F6F4
1F69C 1F6A4 1F681 1F388 1F9F8 1FA86 1F9E9 1F9F5 1F9F6 1FAA3 1F9F9 1F4BC 1F570 1F526 1F52C 1F3A5 1F4BB 1FA9A 1F3FA
1F36A 1F968 1F370
""".split()
_ANIMALS = """
1F418 1F405 1F406 1F40E 1F992 1F98F 1F99B 1F404 1F402 1F410 1F40F 1F413 1F983 1F99A 1F9A9 1F99C 1F9A5 1F998 1F9A8
1F412 1F400 1F40A 1F427 1F425 1F40C 1F41B 1F41E 1F99E 1F42C 1F988 1F420 1F433 1F985 1F409 1F999 1F9A3
""".split()
_PLACES = sorted({place.split("/")[0] for work in WORKS for place in work.places})
_STYLES = ("adventurer", "lorelei", "micah", "notionists", "open-peeps")


def _sample_work(number: int) -> Work:
    """Sample a work with the places of other works, but its own objects, animals, layout, screens and cast."""
    rng = np.random.default_rng(np.random.SeedSequence([83, number]))
    dots = [Screen("dots", float(rng.uniform(*span)), float(rng.uniform(15, 75))) for span in ((3.8, 4.6), (4.8, 6.0))]
    lines = Screen(("lines", "cross")[rng.integers(2)], float(rng.uniform(3.5, 5.0)), float(rng.uniform(0, 180)))
    return Work(
        f"unseen-{number + 1:02}",
        "validation",
        # All styles of drawing are equally frequent.
        _STYLES[number % len(_STYLES)],
        tuple(rng.choice(_PLACES, 3, replace=False).tolist()),
        tuple(_PROPS[number::_COUNT]),
        tuple(_ANIMALS[number::_COUNT]),
        (dots[0], lines, dots[1]),
        rows=_ROWS[rng.integers(len(_ROWS))],
        slant=float(rng.uniform(0, 0.5)),
        gutter=int(rng.integers(9, 14)),
        border=int(rng.integers(2, 5)),
        bleed=float(rng.uniform(0, 0.3)),
        night=float(rng.uniform(0, 0.2)),
    )


UNSEEN = tuple(_sample_work(number) for number in range(_COUNT))
