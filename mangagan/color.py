"""Colour spaces: 8 bits and [-1, 1], sRGB and CIE Lab (D65, 2 degrees), and the CIEDE2000 difference.

Every function takes NumPy or JAX arrays and returns the same kind, so that loaders (NumPy) and compiled steps (JAX)
share one definition.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

# The share of each sRGB channel in the luminance of ITU-R BT.601, which Pillow uses for grey as well.
LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
# The primaries of IEC 61966-2-1 and the D65 white of ASTM E308, as scikit-image has them.
_XYZ_FROM_RGB = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])
# The linear part of Lab near black, with the rounded constants of scikit-image and the papers on colourisation.
_KNEE, _KNEE_ROOT, _SLOPE, _OFFSET = 0.008856, 0.2068966, 7.787, 16 / 116


def to_bytes(picture: Float[Any, "*shape"]) -> UInt8[Any, "*shape"]:
    """Return values as the nearest of the 256 levels of an 8-bit file.

    Args:
        picture: In [-1, 1]; other values are clipped.
    """
    xp = picture.__array_namespace__()
    return xp.round((xp.clip(picture, -1, 1) + 1) * 127.5).astype(xp.uint8)


def from_bytes(pixels: UInt8[Any, "*shape"]) -> Float[Any, "*shape"]:
    """Return the levels of an 8-bit file as float32 in [-1, 1].

    Args:
        pixels: In [0, 255].
    """
    return pixels.astype(np.float32) / 127.5 - 1


def srgb_to_lab(rgb: Float[Any, "*shape 3"]) -> Float[Any, "*shape 3"]:
    """Return CIE Lab (D65, 2 degrees): L in [0, 100], a and b in about [-110, 110].

    Args:
        rgb: sRGB in [0, 1].
    """
    xp = rgb.__array_namespace__()
    xyz = _linear(rgb) @ xp.asarray((_XYZ_FROM_RGB / _WHITE[:, None]).T, dtype=rgb.dtype)
    # The cube root has no finite gradient at 0, so the dropped branch gets 1 there.
    steep = xyz > _KNEE
    f = xp.where(steep, xp.cbrt(xp.where(steep, xyz, 1.0)), _SLOPE * xyz + _OFFSET)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return xp.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def lab_to_srgb(lab: Float[Any, "*shape 3"]) -> Float[Any, "*shape 3"]:
    """Return sRGB, clipped to [0, 1].

    Args:
        lab: CIE Lab (D65, 2 degrees), L in [0, 100].
    """
    xp = lab.__array_namespace__()
    y = (lab[..., 0] + 16) / 116
    f = xp.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    xyz = xp.where(f > _KNEE_ROOT, f**3, (f - _OFFSET) / _SLOPE)
    return _gamma(xyz @ xp.asarray((np.linalg.inv(_XYZ_FROM_RGB) @ np.diag(_WHITE)).T, dtype=lab.dtype))


def lightness_gray(rgb: Float[Any, "*shape 3"]) -> Float[Any, "*shape 1"]:
    """Return the grey, as sRGB in [0, 1], that has the same CIE L as each colour.

    Args:
        rgb: sRGB in [0, 1].
    """
    xp = rgb.__array_namespace__()
    return _gamma(_linear(rgb) @ xp.asarray(_XYZ_FROM_RGB[1], dtype=rgb.dtype))[..., None]


def _linear(rgb: Any) -> Any:
    xp = rgb.__array_namespace__()
    high = rgb > 0.04045
    # The branch that `where` drops still has a gradient: its argument is kept where the power is smooth.
    return xp.where(high, ((xp.where(high, rgb, 1.0) + 0.055) / 1.055) ** 2.4, rgb / 12.92)


def _gamma(linear: Any) -> Any:
    xp = linear.__array_namespace__()
    high = linear > 0.0031308
    return xp.clip(xp.where(high, 1.055 * xp.where(high, linear, 1.0) ** (1 / 2.4) - 0.055, 12.92 * linear), 0, 1)


def ciede2000(lab: Float[Any, "*shape 3"], other: Float[Any, "*shape 3"]) -> Float[Any, "*shape"]:
    """Return the CIEDE2000 difference with kL = kC = kH = 1 (Sharma, Wu and Dalal 2005).

    Args:
        lab: CIE Lab, L in [0, 100].
        other: CIE Lab, L in [0, 100].
    """
    xp = lab.__array_namespace__()
    mean_chroma = (xp.hypot(lab[..., 1], lab[..., 2]) + xp.hypot(other[..., 1], other[..., 2])) / 2
    stretch = 1 + 0.5 * (1 - _chroma_weight(mean_chroma, xp))
    light, chroma, hue = _cylinder(lab, stretch, xp)
    other_light, other_chroma, other_hue = _cylinder(other, stretch, xp)
    colored = chroma * other_chroma > 0
    turn = xp.where(colored, (other_hue - hue + 180) % 360 - 180, 0.0)
    # The mean hue is half of the signed turn away from the first one; where one colour is grey, the other's counts.
    mean_hue = xp.where(colored, hue + turn / 2, hue + other_hue)
    mean_light, mean_chroma = (light + other_light) / 2, (chroma + other_chroma) / 2
    light_weight = 1 + 0.015 * (mean_light - 50) ** 2 / xp.sqrt(20 + (mean_light - 50) ** 2)
    d_light = (other_light - light) / light_weight
    d_chroma = (other_chroma - chroma) / (1 + 0.045 * mean_chroma)
    d_hue = 2 * xp.sqrt(chroma * other_chroma) * xp.sin(turn * (math.pi / 360))
    d_hue = d_hue / (1 + 0.015 * mean_chroma * _hue_weight(mean_hue, xp))
    offset = (mean_hue % 360 - 275) / 25
    rotation = -2 * _chroma_weight(mean_chroma, xp) * xp.sin(math.pi / 3 * xp.exp(-(offset**2)))
    return xp.sqrt(xp.maximum(d_light**2 + d_chroma**2 + d_hue**2 + rotation * d_chroma * d_hue, 0))


def _cylinder(lab: Any, stretch: Any, xp: Any) -> tuple[Any, Any, Any]:
    """Return lightness, chroma and hue (degrees in [0, 360)) with the a axis stretched."""
    a = lab[..., 1] * stretch
    return lab[..., 0], xp.hypot(a, lab[..., 2]), xp.arctan2(lab[..., 2], a) * (180 / math.pi) % 360


def _chroma_weight(chroma: Any, xp: Any) -> Any:
    return xp.sqrt(chroma**7 / (chroma**7 + 25.0**7))


def _hue_weight(hue: Any, xp: Any) -> Any:
    radians = hue * (math.pi / 180)
    return (
        1
        - 0.17 * xp.cos(radians - math.pi / 6)
        + 0.24 * xp.cos(2 * radians)
        + 0.32 * xp.cos(3 * radians + math.pi / 30)
        - 0.20 * xp.cos(4 * radians - math.pi * 63 / 180)
    )
