"""The mask of what stays paper: speech balloons, captions and lettering, margins and gutters."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from jaxtyping import Bool, Float, Int
from PIL import Image
from scipy import ndimage, spatial

from mangagan.infer.page.black_surround import enclosed_gutter_mask
from mangagan.infer.page.guided_upsample import resize_planes
from mangagan.infer.page.gutters import gutter_mask
from mangagan.infer.page.lettering import LetteringBlock, find_lettering
from mangagan.infer.page.settings import PAGE

Mask = Bool[np.ndarray, "h w"]
Gray = Float[np.ndarray, "h w"]
# Connected white areas, numbered from 1; 0 is not white.
Areas = Int[np.ndarray, "h w"]

_SETTINGS = PAGE.paper


def paper_mask(gray: Gray, pitch: float | None) -> Float[np.ndarray, "h w"]:
    """Return how far each pixel of a page stays paper, from 0 to 1. No part of this is learned.

    Paper is: a white area that holds lettering and little else, if it is as compact as a balloon; the surroundings of
    lettering on any other white; the margin and the gutters. A white face, cloud or sky holds no rows of small similar
    shapes. A shaded sheet full of lettering, such as credits on parchment, stays paper up to its edge, by half where
    it is shaded: it may be old, but it is not blue.

    Args:
        gray: Brightness in [0, 1].
        pitch: Of its screentones in pixels; None without any.
    """
    height, width = gray.shape
    scale = min(1.0, _SETTINGS.side / min(height, width))
    small = (max(1, round(height * scale)), max(1, round(width * scale)))
    page = resize_planes(gray[..., None], *small, Image.Resampling.BILINEAR)[..., 0] if scale < 1 else gray
    white = float(np.quantile(page[::2, ::2], _SETTINGS.white_quantile))
    if white < _SETTINGS.darkest_white:
        return np.zeros(gray.shape, np.float32)
    soft = ndimage.gaussian_filter(_hard_mask(page, white, (pitch or 0) * scale), _SETTINGS.soft_edge)
    return resize_planes(soft[..., None], height, width, Image.Resampling.BILINEAR)[..., 0] if scale < 1 else soft


def _hard_mask(page: Gray, white: float, pitch: float) -> Float[np.ndarray, "h w"]:
    paper = _SETTINGS.paper_level * white
    mask, ink = _gutters(page, page > paper), page < _SETTINGS.ink_level * white
    sheets, shaded = np.zeros_like(mask), ndimage.maximum_filter(page, _SETTINGS.stroke) < paper
    # Both with and without regard to tones, since small print has less white between its lines than a tone between
    # its dots.
    for widest in sorted({0.0, pitch}):
        areas = _white_areas(page > _SETTINGS.area_level * white, widest)
        # Of all areas at once: a hostile page has thousands of them, each a search through the page by itself.
        boxes = ndimage.find_objects(areas)
        loose: list[LetteringBlock] = []
        for number, found in groupby(find_lettering(ink, areas), key=lambda block: block.area):
            blocks = list(found)
            if not _keep_lettering(blocks, areas, boxes[number - 1], ink, mask):
                loose += blocks
        sheets |= _sheets(loose, ~ink, shaded)
    result = _grown_to_lines(mask | sheets, page, paper).astype(np.float32)
    result[sheets & shaded] = _SETTINGS.sheet_mask
    return result


def _gutters(page: Gray, white: Mask) -> Mask:
    """Return the gutters of a page, found at half its size: they are wide, and distances take long to compute."""
    height, width = white.shape
    gap = max(1, round(_SETTINGS.frame_gap * min(height, width) / 2))
    # Without what is only as wide as the gap in a line: a frame with gaps is still a frame.
    padded = np.pad(_halved(white), gap, "edge")
    clear = ndimage.binary_opening(padded, np.ones((gap, gap)))[gap:-gap, gap:-gap]
    areas = ndimage.label(clear)[0]
    found = gutter_mask(areas) | enclosed_gutter_mask(areas, _halved(page < PAGE.ink.black))
    found = np.repeat(np.repeat(found, 2, 0), 2, 1)[:height, :width] & white
    # At half the size, the last white row beside a frame may be lost.
    return ndimage.binary_dilation(found, mask=white)


def _halved(mask: Mask) -> Mask:
    return np.asarray(Image.fromarray(mask.astype(np.uint8) * 255).reduce(2)) > _SETTINGS.clear_level


def _white_areas(white: Mask, pitch: float) -> Areas:
    """Return the connected white areas, without the white between dots and beyond the gap in a line."""
    side = max(_SETTINGS.least_opening, round(_SETTINGS.dot_opening * pitch))
    clear = ndimage.grey_opening(white, side, mode="nearest")
    # The opening removed the white between letters, which the dilation puts back.
    clear = ndimage.binary_dilation(clear, iterations=side, mask=white)
    return ndimage.label(clear)[0]


def _keep_lettering(
    blocks: list[LetteringBlock], areas: Areas, box: tuple[slice, slice], ink: Mask, mask: Mask
) -> bool:
    """Add to the mask what the lettering of one white area in a box makes paper; return whether it is a balloon."""
    number = blocks[0].area
    filled = ndimage.binary_fill_holes(areas[box] == number)
    whole = LetteringBlock(
        np.concatenate([block.boxes for block in blocks]), sum(block.ink for block in blocks), number
    )
    ink_of_letters = whole.ink / max(int((filled & ink[box]).sum()), 1)
    if _is_balloon(filled, whole, ink_of_letters, ink.size):
        mask[box] |= filled
        return True
    for block in blocks:
        if len(block.boxes) >= _SETTINGS.legible_letters:
            room = round(_SETTINGS.letter_margin * block.height)
            top, left, bottom, right = block.box
            around = (slice(max(top - room, 0), bottom + room), slice(max(left - room, 0), right + room))
            mask[around] |= areas[around] == number
            mask[top:bottom, left:right] = True
    return False


def _sheets(lettering: list[LetteringBlock], light: Mask, shaded: Mask) -> Mask:
    """Return the connected light areas that are partly shaded and lettered over a good part."""
    lettered = np.zeros(light.shape, bool)
    for block in lettering:
        if len(block.boxes) >= _SETTINGS.legible_letters:
            top, left, bottom, right = block.box
            lettered[top:bottom, left:right] = True
    if not lettered.any():
        return lettered
    numbers, count = ndimage.label(light)
    size, text, gray = (np.bincount(numbers[light & where], minlength=count + 1) for where in (True, lettered, shaded))
    return light & ((text > _SETTINGS.sheet_text * size) & (gray > _SETTINGS.sheet_shade * size))[numbers]


def _is_balloon(filled: Mask, lettering: LetteringBlock, ink_of_letters: float, pixels: int) -> bool:
    """Return whether a filled white area fits its lettering in size, is compact, and holds little else."""
    area = int(filled.sum())
    top, left, bottom, right = lettering.box
    many = len(lettering.boxes) >= _SETTINGS.few_letters
    ratio = _SETTINGS.balloon_ratio[many]
    if area > _SETTINGS.largest_balloon * pixels or area > ratio * (bottom - top) * (right - left):
        return False
    return ink_of_letters >= _SETTINGS.balloon_ink[many] and area >= _SETTINGS.balloon_hull[many] * _hull_area(filled)


def _hull_area(mask: Mask) -> float:
    edge = np.argwhere(mask & ~ndimage.binary_erosion(mask))
    # Qhull refuses points on one line.
    if np.ptp(edge[:, 0]) < 2 or np.ptp(edge[:, 1]) < 2:
        return float(len(edge))
    corners = (edge[:, None] + np.array([[0, 0], [0, 1], [1, 0], [1, 1]])).reshape(-1, 2)
    return float(spatial.ConvexHull(corners).volume)


def _grown_to_lines(mask: Mask, page: Gray, white: float) -> Mask:
    """Return a mask grown by the two pixels over which white turns into a line, and never beyond the line."""
    around = np.ones((3, 3))
    edge = ndimage.binary_dilation(mask, around) & ~mask & (page < white)
    darker = page < ndimage.grey_dilation(np.where(edge, page, 0), footprint=around)
    return mask | edge | (ndimage.binary_dilation(edge, around) & darker)
