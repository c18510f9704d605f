"""A panel while it is being drawn: its setting, its planes, and the actors and things put into it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from mangagan.data.comics.art import openmoji
from mangagan.data.comics.canvas import FIGURE, GROUND, PROP, Canvas, Point
from mangagan.data.comics.figure import FRAMES, Character, figure, window
from mangagan.data.comics.scenery import HIGH, HORIZON, panorama
from mangagan.data.comics.sprite import Plate, Sprite, engrave, mirrored, resized, rotated, silhouette
from mangagan.data.comics.words import Area, Speech
from mangagan.data.comics.work import Work


@dataclass(frozen=True)
class Setting:
    """Where and when the panels of one page are, and who is there."""

    work: Work
    cast: tuple[Character, ...]
    place: str
    hour: str
    variant: int


@dataclass
class Stage:
    """One panel: `canvas` is what is drawn so far; `faces` and `words` are in page pixels, `corner` its top left.

    `detail`: art is drawn so many times larger than for the panels of a page, for panels as large.
    """

    setting: Setting
    corner: tuple[int, int]
    canvas: Canvas
    rng: np.random.Generator
    detail: int = 1
    faces: list[Area] = field(default_factory=list)
    words: list[Speech] = field(default_factory=list)

    @property
    def width(self) -> int:
        return self.canvas.size[0]

    @property
    def height(self) -> int:
        return self.canvas.size[1]

    def pick(self, weights: dict[str, float]) -> str:
        """One of the names, drawn by weight."""
        shares = np.array(list(weights.values()))
        return list(weights)[self.rng.choice(len(weights), p=shares / shares.sum())]

    def actors(self, count: int) -> list[Character]:
        """Up to `count` different characters of those who are there."""
        cast = self.setting.cast
        return [cast[i] for i in self.rng.permutation(len(cast))[:count]]

    def place(self, zoom: float) -> None:
        """Covers the panel with a cut of the page's place, its horizon a little below the middle."""
        view = panorama(self.setting.place, self.setting.hour, self.setting.variant, self.detail)
        wide, high = view.size
        cut = min(wide / self.width, high / self.height) / zoom
        box_wide, box_high = self.width * cut, self.height * cut
        left = max(self.rng.uniform(0, 1) * (wide - box_wide), 0.0)
        top = float(np.clip(high * HORIZON / HIGH - box_high * 0.58, 0, high - box_high))
        box = (left, max(top, 0.0), min(left + box_wide, wide), min(top + box_high, high))
        self.canvas.place(resized(view, self.canvas.size, box), (0, 0), GROUND)

    def stand(self, who: Character, mood: str, pose: str, x: float, foot: float, tall: float, look: int) -> Point:
        """Puts a whole figure, `tall` pixels high, on its feet; returns where its mouth is in page pixels."""
        return self._put(figure(who, mood, pose, "full", self.detail), who, "full", x, foot, tall, look)

    def bust(self, who: Character, mood: str, x: float, base: float, tall: float, look: int) -> Point:
        """Puts head and shoulders above `base`, looking left (-1) or right (1); returns where the mouth is."""
        return self._put(figure(who, mood, "stand", "bust", self.detail), who, "bust", x, base, tall, look)

    def shadow(self, who: Character, pose: str, x: float, foot: float, tall: float) -> None:
        """Puts a whole figure as a solid black shape."""
        shape = silhouette(figure(who, "calm", pose, "full"))
        wide = tall * shape.size[0] / shape.size[1]
        self.canvas.place(resized(shape, (round(wide), round(tall))), (x - wide / 2, foot - tall), FIGURE)

    def leap(self, who: Character, mood: str, pose: str, center: Point, tall: float, degrees: float) -> None:
        """Puts a whole figure around `center`, turned by an angle."""
        sprite = figure(who, mood, pose, "full", self.detail)
        shown = rotated(resized(sprite, (round(tall * sprite.size[0] / sprite.size[1]), round(tall))), degrees)
        self.canvas.place(shown, (center[0] - shown.size[0] / 2, center[1] - shown.size[1] / 2), FIGURE)
        x, y = self.corner[0] + center[0], self.corner[1] + center[1]
        self.faces.append((x - 0.2 * tall, y - 0.5 * tall, x + 0.2 * tall, y + 0.1 * tall))

    def thing(self, code: str, center: Point, side: float, degrees: float) -> None:
        """Puts an OpenMoji drawing around `center`, turned by an angle."""
        shown = _thing(code, max(round(side), 16), self.detail)
        shown = rotated(shown, degrees) if degrees else shown
        shown = mirrored(shown) if self.rng.random() < 0.4 else shown
        self.canvas.place(shown, (center[0] - shown.size[0] / 2, center[1] - shown.size[1] / 2), PROP)
        x, y = self.corner[0] + center[0], self.corner[1] + center[1]
        self.faces.append((x - 0.3 * side, y - 0.3 * side, x + 0.3 * side, y + 0.3 * side))

    def _put(self, sprite: Sprite, who: Character, crop: str, x: float, base: float, tall: float, look: int) -> Point:
        frame, (left, top, wide_units, high_units) = FRAMES[who.style], window(who, crop)
        unit = tall / high_units
        wide = wide_units * unit
        shown = resized(sprite, (round(wide), round(tall)))
        self.canvas.place(mirrored(shown) if look != frame.faces else shown, (x - wide / 2, base - tall), FIGURE)
        turn = 1 if look == frame.faces else -1
        face_x = self.corner[0] + x + turn * (frame.center - left - wide_units / 2) * unit
        lips = (face_x + 6 * turn * unit, self.corner[1] + base - tall + (frame.mouth - top) * unit)
        self.faces.append((face_x - 33 * unit, lips[1] - 52 * unit, face_x + 33 * unit, lips[1] + 16 * unit))
        return lips


@lru_cache(maxsize=512)
def _thing_plate(code: str, side: int) -> Plate:
    # The line of a large drawing is thinned to the pens of the page.
    line = 2.0 if side <= 128 else 0.9 if side <= 384 else 0.6
    markup = openmoji(code).markup.replace('stroke-width="2"', f'stroke-width="{line}"')
    return engrave(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 72">{markup}</svg>', side)


def _thing(code: str, side: int, detail: int) -> Sprite:
    plate = 128 if side <= 128 else 384 if side <= 384 else 384 * detail
    return resized(_thing_plate(code, plate).print(), (side, side))
