"""Draw one manga page from a colour picture, as an artist might have drawn it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from PIL import Image
from scipy import ndimage

from mangagan.data.drawing.areas import flatten_areas, lift_shadows, solid_blacks
from mangagan.data.drawing.drawing_settings import Drawing, DrawingStyle
from mangagan.data.drawing.lines import Pen, ink
from mangagan.data.drawing.press import Size, downsample, print_and_scan, resize_plane
from mangagan.data.drawing.screening import ToneRecipe, apply_screentone, tone_limits
from mangagan.data.drawing.value_mapping import ValueMapping, map_values

Plane = Float[np.ndarray, "h w"]

FINE = 2  # supersampling: the dots of screentone are finer than the pixels of a page


def draw_page(
    picture: Image.Image,
    size: Size,
    style: DrawingStyle,
    drawing: Drawing,
    rng: np.random.Generator,
    own: Image.Image | None = None,
) -> Float[np.ndarray, "h w 1"]:
    """Return a grey page in [-1, 1], aligned with the picture to a fraction of a pixel.

    Equal arguments give equal pages.

    Args:
        picture: RGB or L of any size.
        size: (width, height) of the page.
        style: how it is drawn.
        drawing: the strengths of the drawing.
        rng: the random generator of the page.
        own: the same view in black and white, L or RGB, where there is one; a share `drawing.own` of the toned pages
            use it instead of a drawing.
    """
    if style == "luminance":
        # At the size of the page at once: there is no screen to supersample.
        gray = picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0).convert("L")
        return _to_page(np.asarray(gray, np.float32) / 255)
    fine = (FINE * size[0], FINE * size[1])
    if style == "toned" and own is not None and rng.random() < drawing.own:
        light = np.asarray(own.convert("L").resize(fine, Image.Resampling.BICUBIC), np.float32) / 255
    else:
        view = picture.convert("RGB").resize(fine, Image.Resampling.BICUBIC, reducing_gap=3.0)
        light = _draw(view, size, style, drawing, rng)
    if rng.random() < drawing.scanned:
        return np.clip(print_and_scan(light, size, drawing.wear, rng), -1, 1)
    return _to_page(downsample(light, size, rng))


def _draw(view: Image.Image, size: Size, style: DrawingStyle, drawing: Drawing, rng: np.random.Generator) -> Plane:
    """Return the lightness [h w] in [0, 1] of a drawing of an RGB view, at the size of the view."""
    planes = map_values(view, ValueMapping.sample(rng))
    pen = Pen.sample(FINE * drawing.low_line, FINE * drawing.high_line, rng)
    lines = ink(planes.light, planes.tint, pen)
    if style == "lines":
        return 1 - lines
    value = flatten_areas(resize_plane(planes.value, size))
    if style == "wash":
        return np.minimum(1 - lines, resize_plane(_wash(lift_shadows(value, rng.uniform(0, 0.8)), rng), view.size))
    return _add_tones(value, lines, pen, drawing, rng)


def _add_tones(value: Plane, lines: Plane, pen: Pen, drawing: Drawing, rng: np.random.Generator) -> Plane:
    tones = ToneRecipe.sample(FINE * drawing.low_pitch, FINE * drawing.high_pitch, rng)
    fine, raised = lines.shape[::-1], lift_shadows(value, rng.uniform(0, 0.8))
    tone = apply_screentone(resize_plane(raised, fine), tone_limits(raised, tones), tones, rng)
    black = solid_blacks(lift_shadows(value, 0.3), rng.uniform(0.16, 0.36), lines.shape)
    if rng.random() < 0.6:
        # Lines inside a black area become white.
        # Only deep inside: near the edge of a black area its outline stays black.
        deep = ndimage.uniform_filter(black, 2 * round(1.5 * pen.weight) + 1) > 0.97
        return 1 - np.maximum(np.maximum(black, lines) * (1 - deep * lines), tone * (1 - black))
    return 1 - np.maximum(np.maximum(black, lines), tone)


def _wash(value: Plane, rng: np.random.Generator) -> Plane:
    """Return soft greys in [0, 1]: paper above a limit of the value, and a few levels below it."""
    paper, depth, levels = rng.uniform(0.6, 0.95), rng.uniform(0.3, 0.75), rng.integers(2, 9)
    dark = np.clip((paper - value) / paper, 0, 1) * levels
    steps = np.floor(dark) + np.clip((dark - np.floor(dark)) * 6, 0, 1)
    return (1 - depth * np.clip(steps / levels, 0, 1)).astype(np.float32)


def _to_page(light: Plane) -> Float[np.ndarray, "h w 1"]:
    return (2 * light - 1)[..., None].astype(np.float32)
