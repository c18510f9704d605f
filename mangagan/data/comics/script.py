"""The texts of balloons, captions and sound effects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

import numpy as np

LINES = (
    "WAIT FOR ME!", "DID YOU HEAR THAT?", "I KNEW IT...", "THAT CAN'T BE RIGHT.",
    "HURRY, IT'S GETTING LATE!", "WHO ARE YOU?", "WE SHOULD GO BACK.", "NOT AGAIN!", "LOOK OVER THERE!",
    "I'M NOT AFRAID OF A LITTLE RAIN.", "THIS IS THE PLACE.", "REALLY?", "YOU PROMISED, REMEMBER?", "HMM.",
    "IT WAS HERE A MINUTE AGO!", "LET ME TRY.", "THAT'S MINE!", "EVERYONE IS WAITING FOR US.",
    "WHAT DO WE DO NOW?", "TRUST ME.", "I'VE NEVER SEEN ONE SO BIG!", "SHH... LISTEN.", "HA! TOO EASY.",
    "THANK YOU. FOR EVERYTHING.", "ONE MORE TIME!", "YOU'RE LATE.", "IT SMELLS LIKE RAIN.",
    "I THOUGHT YOU WERE GONE.", "GOOD MORNING!", "ARE WE THERE YET?", "NO WAY!", "OKAY, HERE'S THE PLAN.",
    "I CAN FIX IT. I THINK.", "KEEP YOUR VOICE DOWN.", "HOW MUCH FOR ALL OF THEM?", "OH NO.",
    "IT ONLY OPENS FROM THE OUTSIDE.", "MY GRANDMOTHER MADE IT.", "SOMEBODY WAS HERE BEFORE US.",
    "COUNT ME IN!", "YES!", "...",
)  # fmt: skip
CAPTIONS = (
    "THE NEXT MORNING.", "MEANWHILE...", "THREE DAYS LATER.", "FAR FROM HOME.", "IT BEGAN WITH A LETTER.",
    "THAT EVENING...", "NOBODY SAID A WORD.", "ON THE OTHER SIDE OF TOWN.", "JUST BEFORE NOON.",
    "AND SO THEY WAITED.",
)  # fmt: skip
SOUNDS = (
    "BOOM!",
    "CRASH!",
    "WHOOSH!",
    "THUD",
    "SPLASH!",
    "CLICK",
    "POW!",
    "ZOOM!",
    "RING!",
    "CRACK!",
    "BANG!",
    "SNAP!",
)


@dataclass(frozen=True)
class Script:
    """The texts of one page, in random order, so that none is repeated on a page."""

    lines: Iterator[str]
    captions: Iterator[str]
    sounds: Iterator[str]


def shuffled_script(rng: np.random.Generator) -> Script:
    """Return endless iterators over the lines, captions and sounds in random order."""
    lines, captions, sounds = ([str(text) for text in rng.permutation(texts)] for texts in (LINES, CAPTIONS, SOUNDS))
    return Script(cycle(lines), cycle(captions), cycle(sounds))
