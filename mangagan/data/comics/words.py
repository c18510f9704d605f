"""Place the words of a panel: near their speaker, near the top, and off the faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mangagan.data.comics.balloons import (
    SOUND_COLORS,
    Shape,
    balloon,
    balloon_size,
    caption,
    caption_size,
    inside,
    sound,
    sound_size,
)
from mangagan.data.comics.canvas import Canvas, Point
from mangagan.data.comics.layout import Panel
from mangagan.data.comics.script import Script

Area = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Speech:
    """One text of a panel: the shape of its lettering, and for balloons the mouth of the speaker."""

    kind: Shape | Literal["caption", "sound"]
    mouth: Point | None = None


def place_words(
    page: Canvas,
    panel: Panel,
    speeches: list[Speech],
    faces: list[Area],
    script: Script,
    rng: np.random.Generator,
) -> None:
    """Letter one panel, in page pixels; a balloon without enough room is omitted."""
    taken: list[Area] = []
    room = panel.upright
    talks = sum(speech.mouth is not None for speech in speeches)
    for speech in speeches:
        if speech.kind == "caption":
            taken.append(_caption(page, next(script.captions), room))
        elif speech.kind == "sound":
            taken.append(_sound(page, next(script.sounds), room, faces + taken, rng))
        elif speech.mouth is not None:
            width = int(np.clip((room[2] - room[0]) / talks * 0.6, 76, 190))
            text = next(script.lines)
            half = balloon_size(text, width)
            covered, spot = _best_spot(room, half, speech.mouth, faces + taken)
            if covered < 0.12:
                balloon(page, text, spot, _chin(spot, speech.mouth, faces), speech.kind, width)
                taken.append(_around(spot, half))


def _caption(page: Canvas, text: str, room: Area) -> Area:
    width = int(np.clip((room[2] - room[0]) * 0.8, 60, 210))
    wide, high = caption_size(text, width)
    caption(page, text, (room[0] + 7, room[1] + 7), width)
    return room[0], room[1], room[0] + wide + 14, room[1] + high + 14


def _sound(page: Canvas, text: str, room: Area, kept_free: list[Area], rng: np.random.Generator) -> Area:
    size = int(np.clip((room[2] - room[0]) * 1.15 / len(text), 26, 96))
    half = tuple(side / 2 for side in sound_size(text, size))
    spot = inside(page, _best_spot(room, half, None, kept_free)[1], *half)
    sound(page, text, spot, size, rng.uniform(-14, 14), str(rng.choice(SOUND_COLORS)))
    return _around(spot, half)


def _chin(spot: Point, mouth: Point, faces: list[Area]) -> Point:
    """Return the point at which the line from a balloon to a mouth enters the face; the tail ends there."""
    steps = [(spot[0] + (mouth[0] - spot[0]) * t, spot[1] + (mouth[1] - spot[1]) * t) for t in np.linspace(0, 1, 24)]
    around = [face for face in faces if face[0] <= mouth[0] <= face[2] and face[1] <= mouth[1] <= face[3]]
    free = [p for p in steps if not any(f[0] < p[0] < f[2] and f[1] < p[1] < f[3] for f in around)]
    return free[-1] if free else mouth


def _best_spot(room: Area, half: tuple[float, ...], mouth: Point | None, kept_free: list[Area]) -> tuple[float, Point]:
    """Return (covered share of the areas to keep free, centre) of the best position of a grid in `room`."""
    left, top = min(room[0] + half[0], room[2] - half[0]), room[1] + half[1] * 0.9
    xs = np.linspace(left, max(room[2] - half[0], left), 9)
    ys = np.linspace(top, max(room[3] - half[1] * 0.9, top), 9)
    aim = mouth if mouth is not None else ((room[0] + room[2]) / 2, room[1])
    scale = max(room[2] - room[0], room[3] - room[1])
    best: tuple[float, float, Point] | None = None
    for x in xs.tolist():
        for y in ys.tolist():
            own = _around((x, y), half)
            covered = sum(_overlap(own, area) for area in kept_free) / ((own[2] - own[0]) * (own[3] - own[1]))
            far = np.hypot(x - aim[0], y - aim[1]) / scale
            # Covering a face is worst; then distance from the speaker, and a low position.
            cost = 4 * covered + 0.8 * float(far) + 0.7 * (y - room[1]) / scale
            if best is None or cost < best[0]:
                best = (cost, covered, (x, y))
    assert best is not None
    return best[1], best[2]


def _around(center: Point, half: tuple[float, ...]) -> Area:
    return center[0] - half[0], center[1] - half[1], center[0] + half[0], center[1] + half[1]


def _overlap(one: Area, other: Area) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(wide, 0.0) * max(high, 0.0)
