"""Predict the colours of one page with a network: what it sees of the page, whole or in tiles."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from PIL import Image
from scipy import ndimage

from mangagan.color import lightness_gray
from mangagan.images.ink_regions import ink_regions
from mangagan.images.picture import Pixels
from mangagan.infer.canvas import Canvas, canvas_for
from mangagan.infer.guidance.hint_maps import hint_maps
from mangagan.infer.guidance.hints_file import PageHints
from mangagan.infer.network import Maps, Network, NetworkInfo
from mangagan.infer.page.analysis import PageAnalysis
from mangagan.infer.page.guided_upsample import resize_planes
from mangagan.infer.page.ink import brightness
from mangagan.infer.page.working_size import scaled_to, working_size
from mangagan.tiles import Tiles, TileSettings


@dataclass(frozen=True)
class PageView:
    """What a network sees of a page, at any size.

    Attributes:
        info: What the network takes.
        pixels: The page in 8-bit sRGB.
        hints: Its hints, if it has any.
    """

    info: NetworkInfo
    pixels: Pixels
    hints: PageHints | None = None
    _image: Image.Image = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_image", Image.fromarray(self.pixels))

    def maps(self, height: int, width: int) -> Maps:
        """Return the network's inputs [h w c] at a size; `input` is in [-1, 1]."""
        small = np.asarray(self._image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0))
        gray = brightness(small)[..., None]
        if self.info.input == "lightness":
            gray = lightness_gray(small.astype(np.float32) / np.float32(255))
        maps = {"input": (gray * 2 - 1).astype(np.float32)}
        if self.info.hints:
            shown = self.hints or PageHints(width, height, ())
            maps["hint_ab"], maps["hint_mask"] = hint_maps(shown, height, width)
        if self.info.instances:
            maps["instances"] = ink_regions(np.round(gray[..., 0] * 255).astype(np.uint8)).astype(np.int32)
        return maps


def working_height_and_width(page: PageAnalysis, size: int | None, scale: float) -> tuple[int, int]:
    """Return the size at which a network sees a page: as wide as asked for, or as the page's lines require."""
    if size is None:
        return working_size(page.even, page.pitch, scale=scale)
    return scaled_to(size, page.even.shape)


def predict_page(
    network: Network, view: PageView, height: int, width: int, tiles: TileSettings
) -> Float[np.ndarray, "h w 3"]:
    """Return the network's prediction of a page at a size, in the network's own numbers.

    The prediction may be smaller by a tenth where the page then fits a canvas that others have (`canvas_for`). A page
    of more than `tiles.whole_pixels` is predicted in tiles. A tile cannot tell what it is a part of, so the low
    frequencies are those of the whole page, predicted at a size that fits.
    """
    canvas = canvas_for(height, width, network.info.multiple, tiles)
    if math.prod(canvas.page) <= tiles.whole_pixels:
        return _predict_whole(network, view, canvas)
    shorter_side = math.sqrt(tiles.whole_pixels / tiles.ratio)
    share = min(shorter_side / min(height, width), shorter_side * tiles.ratio / max(height, width))
    coarse_size = max(1, int(height * share)), max(1, int(width * share))
    coarse = _predict_whole(network, view, canvas_for(*coarse_size, network.info.multiple, tiles))
    return replace_low_frequencies(_predict_tiled(network, view.maps(height, width), tiles), coarse, tiles)


def replace_low_frequencies(
    fine: Float[np.ndarray, "h w c"], coarse: Float[np.ndarray, "H W c"], tiles: TileSettings
) -> Float[np.ndarray, "h w c"]:
    """Return `fine` with the low frequencies of `coarse`.

    Args:
        fine: A picture, of any range.
        coarse: The same picture at another size.
        tiles: Says what a low frequency is.
    """
    height, width = fine.shape[:2]
    reduced = max(1, height // tiles.reduction), max(1, width // tiles.reduction)
    difference = resize_planes(coarse, *reduced, Image.Resampling.BOX)
    difference = difference - resize_planes(fine, *reduced, Image.Resampling.BOX)
    smooth = ndimage.gaussian_filter(difference, (tiles.blur, tiles.blur, 0), mode="nearest")
    return fine + resize_planes(smooth, height, width, Image.Resampling.BILINEAR)


def _predict_whole(network: Network, view: PageView, canvas: Canvas) -> Float[np.ndarray, "h w 3"]:
    height, width = canvas.page
    padding = [(0, whole - side) for whole, side in zip(canvas.canvas, canvas.page, strict=True)]
    padded = {
        name: np.pad(array, padding + [(0, 0)] * (array.ndim - 2), "symmetric")[None]
        for name, array in view.maps(height, width).items()
    }
    return np.asarray(network.predict(padded), np.float32)[0, :height, :width]


def _predict_tiled(network: Network, maps: Maps, tiles: TileSettings) -> Float[np.ndarray, "h w 3"]:
    size = -(-tiles.size // network.info.multiple) * network.info.multiple
    planes = {name: array if array.ndim == 3 else array[..., None] for name, array in maps.items()}

    def predict(crops: Maps) -> Float[np.ndarray, "b t t 3"]:
        return network.predict({name: tile if maps[name].ndim == 3 else tile[..., 0] for name, tile in crops.items()})

    return Tiles(size, size * tiles.overlap // tiles.size, network.batch).predict(planes, predict)
