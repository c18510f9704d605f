"""One page drawn after a colour picture, as a manga artist would have drawn it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from PIL import Image
from scipy import ndimage

from mangagan.data.drawing.areas import blacks, flat, lifted
from mangagan.data.drawing.drawing_settings import Drawing, Kind
from mangagan.data.drawing.eye import Eye, look
from mangagan.data.drawing.lines import Pen, ink
from mangagan.data.drawing.press import Size, reduced, rescanned, resized
from mangagan.data.drawing.screening import Tones, limits, screened

Plane = Float[np.ndarray, "h w"]

FINE = 2  # pages are drawn so many times larger than they are wanted, since screens are finer than a scan's pixels


def draw_page(
    picture: Image.Image,
    size: Size,
    kind: Kind,
    drawing: Drawing,
    rng: np.random.Generator,
    own: Image.Image | None = None,
) -> Float[np.ndarray, "h w 1"]:
    """A grey page in [-1, 1] of `size` = (width, height), drawn after an RGB picture of the same view and any size.

    All that is in the picture stays in its place to a fraction of a pixel. `own` is the view in black and white, where
    there is one: a share `drawing.own` of the toned pages are made of it. Equal arguments give equal pages.
    """
    if kind == "luminance":
        gray = picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0).convert("L")
        return _page(np.asarray(gray, np.float32) / 255)
    fine = (FINE * size[0], FINE * size[1])
    if kind == "toned" and own is not None and rng.random() < drawing.own:
        light = np.asarray(own.convert("L").resize(fine, Image.Resampling.BICUBIC), np.float32) / 255
    else:
        view = picture.convert("RGB").resize(fine, Image.Resampling.BICUBIC, reducing_gap=3.0)
        light = _drawn(view, size, kind, drawing, rng)
    if rng.random() < drawing.scanned:
        return np.clip(rescanned(light, size, drawing.wear, rng), -1, 1)
    return _page(reduced(light, size, rng))


def _drawn(view: Image.Image, size: Size, kind: Kind, drawing: Drawing, rng: np.random.Generator) -> Plane:
    """The light [h w] in [0, 1] of a drawing after an RGB view, at the view's size."""
    seen = look(view, Eye.drawn(rng))
    pen = Pen.drawn(FINE * drawing.low_line, FINE * drawing.high_line, rng)
    lines = ink(seen.light, seen.tint, pen)
    if kind == "lines":
        return 1 - lines
    worth = flat(resized(seen.worth, size))
    if kind == "wash":
        return np.minimum(1 - lines, resized(_washed(lifted(worth, rng.uniform(0, 0.8)), rng), view.size))
    return _toned(worth, lines, pen, drawing, rng)


def _toned(worth: Plane, lines: Plane, pen: Pen, drawing: Drawing, rng: np.random.Generator) -> Plane:
    tones = Tones.drawn(FINE * drawing.low_pitch, FINE * drawing.high_pitch, rng)
    fine, raised = lines.shape[::-1], lifted(worth, rng.uniform(0, 0.8))
    tone = screened(resized(raised, fine), limits(raised, tones), tones, rng)
    black = blacks(lifted(worth, 0.3), rng.uniform(0.16, 0.36), lines.shape)
    if rng.random() < 0.6:
        # Lines within a black area are left white.
        deep = ndimage.uniform_filter(black, 2 * round(1.5 * pen.weight) + 1) > 0.97
        return 1 - np.maximum(np.maximum(black, lines) * (1 - deep * lines), tone * (1 - black))
    return 1 - np.maximum(np.maximum(black, lines), tone)


def _washed(worth: Plane, rng: np.random.Generator) -> Plane:
    """Soft greys in [0, 1] after a worth: paper above a limit, and some levels below it."""
    paper, depth, levels = rng.uniform(0.6, 0.95), rng.uniform(0.3, 0.75), rng.integers(2, 9)
    dark = np.clip((paper - worth) / paper, 0, 1) * levels
    steps = np.floor(dark) + np.clip((dark - np.floor(dark)) * 6, 0, 1)
    return (1 - depth * np.clip(steps / levels, 0, 1)).astype(np.float32)


def _page(light: Plane) -> Float[np.ndarray, "h w 1"]:
    return (2 * light - 1)[..., None].astype(np.float32)
