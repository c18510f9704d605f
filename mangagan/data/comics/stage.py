"""A panel while it is drawn: its setting, its canvas, and the figures and objects that are added to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from mangagan.data.comics.art import openmoji
from mangagan.data.comics.canvas import FIGURE, GROUND, PROP, Canvas, Point
from mangagan.data.comics.character_styles import FRAMES
from mangagan.data.comics.figure import Character, draw_figure, view_box
from mangagan.data.comics.scenery import HIGH, HORIZON, panorama
from mangagan.data.comics.sprite import RenderedSprite, Sprite, mirror, render_svg, resize, rotate, silhouette
from mangagan.data.comics.words import Area, Speech
from mangagan.data.comics.work import Work


@dataclass(frozen=True)
class Setting:
    """The work, the characters, the place and the time of day of a page."""

    work: Work
    cast: tuple[Character, ...]
    place: str
    hour: str
    variant: int


@dataclass
class Stage:
    """One panel, whose top left corner is `corner` in page pixels; `faces` and `speeches` are in page pixels, too.

    `detail`: the resolution of the art, 1 for the panels of a page, 2 for single large drawings.
    """

    setting: Setting
    corner: tuple[int, int]
    canvas: Canvas
    rng: np.random.Generator
    detail: int = 1
    faces: list[Area] = field(default_factory=list)
    speeches: list[Speech] = field(default_factory=list)

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return self.canvas.size[0]

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return self.canvas.size[1]

    def choose(self, weights: dict[str, float]) -> str:
        """Draw one of the names by weight."""
        shares = np.array(list(weights.values()))
        return list(weights)[self.rng.choice(len(weights), p=shares / shares.sum())]

    def choose_characters(self, count: int) -> list[Character]:
        """Draw up to `count` different characters of the cast."""
        cast = self.setting.cast
        return [cast[i] for i in self.rng.permutation(len(cast))[:count]]

    def add_scenery(self, zoom: float) -> None:
        """Cover the panel with a crop of the scenery of the page, its horizon a little below the middle."""
        view = panorama(self.setting.place, self.setting.hour, self.setting.variant, self.detail)
        wide, high = view.size
        scale = min(wide / self.width, high / self.height) / zoom
        box_wide, box_high = self.width * scale, self.height * scale
        left = max(self.rng.uniform(0, 1) * (wide - box_wide), 0.0)
        top = float(np.clip(high * HORIZON / HIGH - box_high * 0.58, 0, high - box_high))
        box = (left, max(top, 0.0), min(left + box_wide, wide), min(top + box_high, high))
        self.canvas.paste(resize(view, self.canvas.size, box), (0, 0), GROUND)

    def add_figure(self, who: Character, mood: str, pose: str, x: float, foot: float, tall: float, look: int) -> Point:
        """Add a whole figure, `tall` pixels high, and return the position of its mouth in page pixels."""
        return self._put(draw_figure(who, mood, pose, "full", self.detail), who, "full", x, foot, tall, look)

    def add_bust(self, who: Character, mood: str, x: float, base: float, tall: float, look: int) -> Point:
        """Add head and shoulders above `base`, looking left (-1) or right (1); return the position of the mouth."""
        return self._put(draw_figure(who, mood, "stand", "bust", self.detail), who, "bust", x, base, tall, look)

    def add_silhouette(self, who: Character, pose: str, x: float, foot: float, tall: float) -> None:
        """Add a whole figure as a solid black shape."""
        shape = silhouette(draw_figure(who, "calm", pose, "full"))
        wide = tall * shape.size[0] / shape.size[1]
        self.canvas.paste(resize(shape, (round(wide), round(tall))), (x - wide / 2, foot - tall), FIGURE)

    def add_leaping_figure(
        self, who: Character, mood: str, pose: str, center: Point, tall: float, degrees: float
    ) -> None:
        """Add a whole figure around `center`, rotated by an angle."""
        sprite = draw_figure(who, mood, pose, "full", self.detail)
        shown = rotate(resize(sprite, (round(tall * sprite.size[0] / sprite.size[1]), round(tall))), degrees)
        self.canvas.paste(shown, (center[0] - shown.size[0] / 2, center[1] - shown.size[1] / 2), FIGURE)
        x, y = self.corner[0] + center[0], self.corner[1] + center[1]
        self.faces.append((x - 0.2 * tall, y - 0.5 * tall, x + 0.2 * tall, y + 0.1 * tall))

    def add_object(self, code: str, center: Point, side: float, degrees: float) -> None:
        """Add an OpenMoji drawing around `center`, rotated by an angle."""
        shown = _object_sprite(code, max(round(side), 16), self.detail)
        shown = rotate(shown, degrees) if degrees else shown
        shown = mirror(shown) if self.rng.random() < 0.4 else shown
        self.canvas.paste(shown, (center[0] - shown.size[0] / 2, center[1] - shown.size[1] / 2), PROP)
        x, y = self.corner[0] + center[0], self.corner[1] + center[1]
        self.faces.append((x - 0.3 * side, y - 0.3 * side, x + 0.3 * side, y + 0.3 * side))

    def _put(self, sprite: Sprite, who: Character, crop: str, x: float, base: float, tall: float, look: int) -> Point:
        frame, (left, top, wide_units, high_units) = FRAMES[who.style], view_box(who, crop)
        unit = tall / high_units
        wide = wide_units * unit
        shown = resize(sprite, (round(wide), round(tall)))
        self.canvas.paste(mirror(shown) if look != frame.faces else shown, (x - wide / 2, base - tall), FIGURE)
        # A mirrored sprite has its face on the other side of its centre.
        turn = 1 if look == frame.faces else -1
        face_x = self.corner[0] + x + turn * (frame.center - left - wide_units / 2) * unit
        lips = (face_x + 6 * turn * unit, self.corner[1] + base - tall + (frame.mouth - top) * unit)
        self.faces.append((face_x - 33 * unit, lips[1] - 52 * unit, face_x + 33 * unit, lips[1] + 16 * unit))
        return lips


@lru_cache(maxsize=512)
def _render_object(code: str, side: int) -> RenderedSprite:
    # Lines of a large drawing are thinned, so that all lines of a page are about as wide.
    line = 2.0 if side <= 128 else 0.9 if side <= 384 else 0.6
    markup = openmoji(code).markup.replace('stroke-width="2"', f'stroke-width="{line}"')
    return render_svg(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 72">{markup}</svg>', side)


def _object_sprite(code: str, side: int, detail: int) -> Sprite:
    resolution = 128 if side <= 128 else 384 if side <= 384 else 384 * detail
    return resize(_render_object(code, resolution).sprite(), (side, side))
