"""Screentones: whether a page has them, how far apart their dots or lines are, and the page without them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft, ndimage

from mangagan.infer.page.settings import PAGE

_SETTINGS = PAGE.screentone


def screentone_pitch(gray: Float[np.ndarray, "h w"]) -> float | None:
    """Return the pixels between the dots or lines of the screentones of a page, None where it has none.

    Of several screentones one of the coarser ones counts. Pages smaller than 64 pixels have none.

    Args:
        gray: Brightness in [0, 1].
    """
    side = _SETTINGS.window
    if min(gray.shape) < side:
        return None
    windows = sliding_window_view(gray, (side, side))[:: side // 2, :: side // 2]
    # A sample of a large page tells as much as all of it, and only the sample is copied.
    count = windows.shape[0] * windows.shape[1]
    sample = np.arange(0, count, max(1, count // _SETTINGS.windows))
    windows = windows[np.unravel_index(sample, windows.shape[:2])]
    windows = windows[windows.std((1, 2)) > _SETTINGS.contrast]
    if not len(windows):
        return None
    share, sharpness, frequency = _strongest_frequency(windows)
    toned = (share > _SETTINGS.peak_share) & (sharpness > _SETTINGS.sharpness)
    if toned.mean() <= _SETTINGS.toned_share:
        return None
    return float(np.quantile(1 / frequency[toned], _SETTINGS.pitch_quantile))


def remove_screentones(gray: Float[np.ndarray, "h w"], pitch: float | None) -> Float[np.ndarray, "h w"]:
    """Return a page whose screentones are even greys; the page itself where it has none.

    Lines and solid blacks stay as they are and do not darken the greys beside them. An area counts as toned where it
    has fine structure over more than four pitches in each direction: lines have it only along themselves.

    Args:
        gray: Brightness in [0, 1].
        pitch: Of its screentones in pixels (see `screentone_pitch`); None without any.
    """
    if pitch is None:
        return gray
    sigma = _SETTINGS.blur * pitch
    smooth = ndimage.gaussian_filter(gray, sigma, mode="nearest")
    lines = _lines(gray, smooth, pitch)
    # The blurred page without its lines, divided by the blurred share that is not line: lines leave no halo.
    free = ndimage.gaussian_filter((~lines).astype(np.float32), sigma, mode="nearest")
    between = ndimage.gaussian_filter(np.where(lines, 0, gray), sigma, mode="nearest")
    even = np.where(lines, gray, between / np.maximum(free, 1e-3))
    energy = ndimage.gaussian_filter(np.square(gray - smooth), pitch, mode="nearest")
    side = 2 * int(_SETTINGS.area_reach * pitch) + 1
    areas = ndimage.minimum_filter(energy, side, mode="nearest") > _SETTINGS.area_energy
    areas = ndimage.maximum_filter(areas, side, mode="nearest")
    soft = ndimage.gaussian_filter(areas.astype(np.float32), _SETTINGS.area_edge * pitch, mode="nearest")
    return gray + soft * (even - gray)


def _strongest_frequency(
    windows: Float[np.ndarray, "n s s"],
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Return the strongest frequency of each window: its share of the power, its sharpness, and cycles per pixel.

    The sharpness is 1 where the neighbours of the frequency have no power. A lone line has a whole ray of frequencies.
    """
    side = _SETTINGS.window
    slowest, fastest = 1 / _SETTINGS.longest_pitch, 1 / _SETTINGS.shortest_pitch
    taper = np.hanning(side).astype(np.float32)
    flat = windows - windows.mean((1, 2), keepdims=True)
    cycles = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side), indexing="ij")).astype(np.float32)
    # The power of pictures falls with frequency: weighted by it, their coarse structure does not hide a tone.
    power = np.square(np.abs(fft.fft2(flat * taper[:, None] * taper))) * cycles
    # Under the taper one frequency fills three bins in each direction.
    near, wide = (ndimage.uniform_filter(power, (0, size, size), mode="wrap") * size**2 for size in (3, 9))
    band = (cycles >= slowest) & (cycles <= fastest)
    strongest = np.where(band, near, 0).reshape(len(windows), -1).argmax(1)
    each = np.arange(len(windows)), strongest
    peak = near.reshape(len(windows), -1)[each]
    total = power[:, cycles <= fastest].sum(1)
    return peak / (total + 1e-9), peak / (wide.reshape(len(windows), -1)[each] + 1e-9), cycles.ravel()[strongest]


def _lines(gray: Float[np.ndarray, "h w"], smooth: Float[np.ndarray, "h w"], pitch: float) -> Bool[np.ndarray, "h w"]:
    """Return the ink that belongs to no tone: narrow and darker than the tones beside it, or solid."""
    around = ndimage.grey_closing(smooth, 2 * int(_SETTINGS.line_reach * pitch) + 1, mode="nearest")
    ridge = ndimage.binary_dilation(around - smooth > _SETTINGS.line_contrast, np.ones((3, 3)))
    width = round(_SETTINGS.solid_width * pitch) + 1
    solid = ndimage.grey_opening(gray < _SETTINGS.solid_level, width, mode="nearest")
    # The grey rim of a line belongs to the line.
    return ndimage.binary_dilation((ridge | solid) & (gray < _SETTINGS.line_level), np.ones((3, 3)))
