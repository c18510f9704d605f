"""Pages in colour from a trained network: at the size that suits both, whole or in tiles, under the page's own ink."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image
from scipy import ndimage

from mangagan.color import lightness_gray
from mangagan.images.ink_regions import ink_regions
from mangagan.images.picture import Pixels
from mangagan.infer.guidance.hint_maps import hint_maps
from mangagan.infer.guidance.hints_file import PageHints
from mangagan.infer.guidance.palettes import NO_PALETTE, PaletteOf
from mangagan.infer.network import Facts, Maps, Network
from mangagan.infer.page.analysis import Analysis, analyzed
from mangagan.infer.page.color_kind import page_kind
from mangagan.infer.page.compose import Compositing, compose
from mangagan.infer.page.guided_upsample import resized
from mangagan.infer.page.ink import brightness
from mangagan.infer.page.working_size import scaled_to, working_size
from mangagan.infer.volume.page_stages import Color, Keep, Page
from mangagan.tiles import Tiles

# Of volume and page: its hints, if it has any.
HintsOf = Callable[[str, str], PageHints | None]
# What a page looks like to a network, at any height and width.
Seen = Callable[[int, int], Maps]

# A page of 2 : 3 and 1024 pixels across is painted whole, larger ones in tiles.
WHOLE_PIXELS = 1024 * 1536
_TILE = 512
# Sides are filled up to multiples of this, so that one compiled program serves pages of nearly the same size.
_STEP = 64
# Between tiles and the whole page, colours are compared where both are reduced so far, over so many pixels there.
_REDUCED, _REACH = 16, 2.0


@dataclass(frozen=True)
class Coloring:
    """How pages are colored.

    size: of a page's shorter side, for the network; None: as the page's lines ask for. recolor: pages that are in
    colour already lose theirs, instead of being kept as they are. ValueError for a size below 16.
    """

    compositing: Compositing = Compositing()
    size: int | None = None
    recolor: bool = False

    def __post_init__(self) -> None:
        if self.size is not None and self.size < 16:
            raise ValueError(f"a size of {self.size} pixels shows nothing of a page; 16 is the least")


def colorizer(
    network: Network,
    coloring: Coloring,
    hints_of: HintsOf = lambda volume, page: None,
    palette_of: PaletteOf = lambda page: NO_PALETTE,
) -> Color:
    """A function that colors pages; a page in colour already is to be kept. Hints: ValueError for another page size.

    Of hints and palettes, those count that the network takes.
    """

    def color(page: Page) -> Pixels | Keep:
        kind = "gray" if coloring.recolor else page_kind(page.pixels)
        if kind == "color":
            return Keep("it is in colour already")
        hints = hints_of(page.volume, page.name)
        height, width = page.pixels.shape[:2]
        if hints and (hints.width, hints.height) != (width, height):
            raise ValueError(f"its hints are for {hints.width} x {hints.height} pixels; it has {width} x {height}")
        seen = analyzed(_without_colors(page.pixels) if coloring.recolor else page.pixels, kind)
        size = working_height_and_width(seen, coloring.size, network.facts.scale)
        told = network.under(palette_of(page.name)) if network.facts.palette else network
        predicted = network.picture(painted(told, seen_by(network.facts, page.pixels, hints), *size))
        return compose(seen, predicted, coloring.compositing)

    return color


def _without_colors(pixels: Pixels) -> UInt8[np.ndarray, "h w"]:
    return np.round(brightness(pixels) * 255).astype(np.uint8)


def working_height_and_width(seen: Analysis, size: int | None, scale: float) -> tuple[int, int]:
    """The size at which a network looks at a page: as wide as asked for, or as the page's lines ask for."""
    if size is None:
        return working_size(seen.even, seen.pitch, scale=scale)
    return scaled_to(size, seen.even.shape)


def seen_by(facts: Facts, pixels: Pixels, hints: PageHints | None) -> Seen:
    """What a network sees of a page: a function of height and width that makes its maps."""
    picture = Image.fromarray(pixels)

    def seen(height: int, width: int) -> Maps:
        small = np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0))
        gray = brightness(small)[..., None]
        if facts.input == "lightness":
            gray = lightness_gray(small.astype(np.float32) / np.float32(255))
        maps = {"input": (gray * 2 - 1).astype(np.float32)}
        if facts.hints:
            shown = hints or PageHints(width, height, ())
            maps["hint_ab"], maps["hint_mask"] = hint_maps(shown, height, width)
        if facts.instances:
            maps["instances"] = ink_regions(np.round(gray[..., 0] * 255).astype(np.uint8)).astype(np.int32)
        return maps

    return seen


def painted(network: Network, seen: Seen, height: int, width: int) -> Float[np.ndarray, "h w 3"]:
    """What the network paints of a page at a height and width.

    A page of more than WHOLE_PIXELS is painted in tiles; their colours, from afar, are those of the whole page painted
    at a size that it can be: a tile cannot tell what it is a part of.
    """
    share = math.sqrt(WHOLE_PIXELS / (height * width))
    if share >= 1:
        return _whole(network, seen(height, width))
    coarse = _whole(network, seen(max(1, int(height * share)), max(1, int(width * share))))
    return steered(_tiled(network, seen(height, width)), coarse)


def steered(fine: Float[np.ndarray, "h w c"], coarse: Float[np.ndarray, "H W c"]) -> Float[np.ndarray, "h w c"]:
    """`fine` with the low frequencies of `coarse`, the same picture at another size."""
    height, width = fine.shape[:2]
    reduced = max(1, height // _REDUCED), max(1, width // _REDUCED)
    away = resized(coarse, *reduced, Image.Resampling.BOX) - resized(fine, *reduced, Image.Resampling.BOX)
    smooth = ndimage.gaussian_filter(away, (_REACH, _REACH, 0), mode="nearest")
    return fine + resized(smooth, height, width, Image.Resampling.BILINEAR)


def _whole(network: Network, maps: Maps) -> Float[np.ndarray, "h w 3"]:
    height, width = maps["input"].shape[:2]
    step = math.lcm(_STEP, network.facts.multiple)
    rows, columns = -height % step, -width % step
    filled = {
        name: np.pad(array, [(0, rows), (0, columns)] + [(0, 0)] * (array.ndim - 2), "symmetric")[None]
        for name, array in maps.items()
    }
    return np.asarray(network.paint(filled), np.float32)[0, :height, :width]


def _tiled(network: Network, maps: Maps) -> Float[np.ndarray, "h w 3"]:
    size = -(-_TILE // network.facts.multiple) * network.facts.multiple
    planes = {name: array if array.ndim == 3 else array[..., None] for name, array in maps.items()}

    def paint(cut: Maps) -> Float[np.ndarray, "b t t 3"]:
        return network.paint({name: tile if maps[name].ndim == 3 else tile[..., 0] for name, tile in cut.items()})

    return Tiles(size, size // 4, network.batch).painted(planes, paint)
