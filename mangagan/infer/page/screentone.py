"""Screentones: where a page has them, how far their dots or lines are apart, and the page without them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft, ndimage

Gray = Float[np.ndarray, "h w"]

_WINDOW = 64
# Cycles to a pixel that a tone may have: dots 2.5 to 14 pixels apart.
_SLOWEST, _FASTEST = 1 / 14, 1 / 2.5
# The share of a window's fine structure that one of a tone's four frequencies holds, and how sharp it is.
_PEAK, _SHARP = 0.08, 0.8
_CONTRAST = 0.05


def tone_pitch(gray: Gray) -> float | None:
    """Pixels between the dots or lines of the screentones of a page in [0, 1]; None where it has none.

    One of the wider ones where there are several. Pages smaller than 64 pixels have none.
    """
    if min(gray.shape) < _WINDOW:
        return None
    windows = sliding_window_view(gray, (_WINDOW, _WINDOW))[:: _WINDOW // 2, :: _WINDOW // 2]
    # A third of a large page tells as much as the whole of it; only what is chosen is copied.
    count = windows.shape[0] * windows.shape[1]
    windows = windows[np.unravel_index(np.arange(0, count, max(1, count // 400)), windows.shape[:2])]
    windows = windows[windows.std((1, 2)) > _CONTRAST]
    if not len(windows):
        return None
    share, sharpness, frequency = _strongest(windows)
    toned = (share > _PEAK) & (sharpness > _SHARP)
    return float(np.quantile(1 / frequency[toned], 0.75)) if toned.mean() > 0.02 else None


def _strongest(
    windows: Float[np.ndarray, "n s s"],
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """The strongest frequency of each window: its share of the power, how sharp it is, and its cycles to a pixel.

    Sharp, up to 1, is a frequency whose neighbours have none of its power. A lone line has a whole ray of frequencies.
    """
    taper = np.hanning(_WINDOW).astype(np.float32)
    flat = windows - windows.mean((1, 2), keepdims=True)
    speed = np.hypot(*np.meshgrid(np.fft.fftfreq(_WINDOW), np.fft.fftfreq(_WINDOW), indexing="ij")).astype(np.float32)
    # The power of pictures falls with frequency: weighed so, their coarse structure does not hide a tone.
    power = np.square(np.abs(fft.fft2(flat * taper[:, None] * taper))) * speed
    # One frequency fills three bins each way under the taper.
    near, wide = (ndimage.uniform_filter(power, (0, side, side), mode="wrap") * side**2 for side in (3, 9))
    band = (speed >= _SLOWEST) & (speed <= _FASTEST)
    place = np.where(band, near, 0).reshape(len(windows), -1).argmax(1)
    each = np.arange(len(windows)), place
    peak = near.reshape(len(windows), -1)[each]
    total = power[:, speed <= _FASTEST].sum(1)
    return peak / (total + 1e-9), peak / (wide.reshape(len(windows), -1)[each] + 1e-9), speed.ravel()[place]


def without_tones(gray: Gray, pitch: float | None) -> Gray:
    """The page with its tones as even greys; the page itself where pitch is None.

    Lines and solid blacks stay as they are, and do not darken the greys beside them. An area counts as toned where it
    has fine structure over more than four pitches each way: lines have it along themselves only.
    """
    if pitch is None:
        return gray
    smooth = ndimage.gaussian_filter(gray, 0.45 * pitch, mode="nearest")
    lines = _lines(gray, smooth, pitch)
    free = ndimage.gaussian_filter((~lines).astype(np.float32), 0.45 * pitch, mode="nearest")
    between = ndimage.gaussian_filter(np.where(lines, 0, gray), 0.45 * pitch, mode="nearest")
    even = np.where(lines, gray, between / np.maximum(free, 1e-3))
    energy = ndimage.gaussian_filter(np.square(gray - smooth), pitch, mode="nearest")
    side = 2 * int(2 * pitch) + 1
    areas = ndimage.minimum_filter(energy, side, mode="nearest") > 0.012
    areas = ndimage.maximum_filter(areas, side, mode="nearest")
    soft = ndimage.gaussian_filter(areas.astype(np.float32), 0.25 * pitch, mode="nearest")
    return gray + soft * (even - gray)


def _lines(gray: Gray, smooth: Gray, pitch: float) -> Bool[np.ndarray, "h w"]:
    """Ink that no tone is made of: narrow and darker than the tones beside it, or solid."""
    around = ndimage.grey_closing(smooth, 2 * int(1.5 * pitch) + 1, mode="nearest")
    ridge = ndimage.binary_dilation(around - smooth > 0.12, np.ones((3, 3)))
    solid = ndimage.grey_opening(gray < 0.45, round(1.3 * pitch) + 1, mode="nearest")
    # The grey rim of a line is the line's.
    return ndimage.binary_dilation((ridge | solid) & (gray < 0.6), np.ones((3, 3)))
