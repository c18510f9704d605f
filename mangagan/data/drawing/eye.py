"""What an artist sees in a colour picture: its lightness, what each colour is worth on paper, and its hues."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageFilter

from mangagan.color import srgb_to_lab

Plane = Float[np.ndarray, "h w"]

_STEPS = 17  # of each channel in the table from colours to what is seen
_WAVES = 3  # how often the worth of a colour rises and falls around the circle of hues, at most


@dataclass(frozen=True)
class Eye:
    """How one artist sees colours: `worth` are phases and heights of waves over the hues, `turn` is an angle."""

    phases: tuple[float, ...]
    heights: tuple[float, ...]
    turn: float
    pale_skin: float

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Eye:
        """The eye of an artist drawn by chance."""
        heights = rng.normal(0, 0.11, _WAVES) / np.arange(1, _WAVES + 1)
        phases = rng.uniform(0, 2 * np.pi, _WAVES)
        skin = rng.uniform(0.1, 0.35) if rng.random() < 0.9 else 0.0
        return cls(tuple(phases), tuple(heights), rng.uniform(0, 2 * np.pi), skin)


@dataclass(frozen=True)
class Seen:
    """Planes in [0, 1]: CIE lightness; worth, lightness as the artist takes it; tint, one direction of ab."""

    light: Plane
    worth: Plane
    tint: Plane


def look(picture: Image.Image, eye: Eye) -> Seen:
    """What an eye sees in an RGB picture."""
    table = ImageFilter.Color3DLUT(_STEPS, _table(eye), channels=3)
    planes = np.asarray(picture.filter(table)).astype(np.float32) / 255
    return Seen(*(np.ascontiguousarray(plane) for plane in np.moveaxis(planes, -1, 0)))


def _table(eye: Eye) -> Float[np.ndarray, " n"]:
    light, chroma, hue = _grid()
    strength = np.clip(chroma / 40, 0, 1)
    waves = sum(
        height * np.cos((n + 1) * hue + phase)
        for n, (phase, height) in enumerate(zip(eye.phases, eye.heights, strict=True))
    )
    # Around the hue of skin, where it is neither dark nor garish.
    skin = np.exp(-(((hue - 0.95) / 0.35) ** 2)) * np.clip(chroma / 12, 0, 1) * np.clip((62 - chroma) / 20, 0, 1)
    skin = skin * np.clip((light - 0.45) / 0.15, 0, 1)
    worth = light + strength * waves + eye.pale_skin * skin
    tint = 0.5 + chroma * np.cos(hue - eye.turn) / 200
    return np.clip(np.stack([light, worth, tint], -1), 0, 1).astype(np.float32).ravel()


@lru_cache(maxsize=1)
def _grid() -> tuple[Float[np.ndarray, " n"], ...]:
    """Lightness in [0, 1], chroma and hue (radians) of a grid of colours, red changing fastest."""
    axis = np.linspace(0, 1, _STEPS)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
    lab = srgb_to_lab(np.stack([red, green, blue], -1).reshape(-1, 3))
    return lab[:, 0] / 100, np.hypot(lab[:, 1], lab[:, 2]), np.arctan2(lab[:, 2], lab[:, 1])
