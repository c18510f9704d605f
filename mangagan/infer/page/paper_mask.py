"""What of a page stays paper: speech balloons, captions and lettering, margins and gutters."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int
from PIL import Image
from scipy import ndimage, spatial

from mangagan.infer.page.guided_upsample import resized
from mangagan.infer.page.gutters import gutters
from mangagan.infer.page.lettering import Block, blocks

Gray = Float[np.ndarray, "h w"]
Mask = Bool[np.ndarray, "h w"]
Stretches = Int[np.ndarray, "h w"]

# Pages are looked at with a shorter side of so many pixels at most.
_SIDE = 1000
_LARGEST_BALLOON = 0.25
# So much of a sheet is lettering: 40 % and more of a page of text, a few hundredths of a sky with a caption; and so
# much of it is shaded, and stays paper no more than by half. Strokes of letters are so wide in pixels.
_TEXT, _SHADED, _TINTED, _LETTER = 0.25, 0.25, 0.5, 9
# Fewer letters may be none.
_LEGIBLE = 5
# The gap of a line is no wider than this share of the page's shorter side; a gutter is.
_GAP = 0.008


def paper(gray: Gray, pitch: float | None) -> Float[np.ndarray, "h w"]:
    """How far each pixel of a page [h w] in [0, 1] stays paper, from 0 to 1; pitch is that of its screentones.

    Paper is: a stretch of white that holds lettering and little else, if it is of one piece as a balloon is; the
    surroundings of lettering on any other white; the margin and the gutters. A white face, cloud or sky holds no
    rows of small shapes alike. A shaded sheet that is full of lettering, as credits on parchment are, stays paper up
    to its edge, by half where it is shaded: it may be old, not blue. Nothing is learned.
    """
    height, width = gray.shape
    scale = min(1.0, _SIDE / min(height, width))
    small = (max(1, round(height * scale)), max(1, round(width * scale)))
    page = resized(gray[..., None], *small, Image.Resampling.BILINEAR)[..., 0] if scale < 1 else gray
    white = float(np.quantile(page[::2, ::2], 0.99))
    if white < 0.6:
        return np.zeros(gray.shape, np.float32)
    soft = ndimage.gaussian_filter(_kept(page, white, (pitch or 0) * scale), 0.6)
    return resized(soft[..., None], height, width, Image.Resampling.BILINEAR)[..., 0] if scale < 1 else soft


def _kept(page: Gray, white: float, pitch: float) -> Float[np.ndarray, "h w"]:
    mask, ink = _gutters(page > 0.95 * white), page < 0.6 * white
    sheets, shaded = np.zeros_like(mask), ndimage.maximum_filter(page, _LETTER) < 0.95 * white
    # Small print has less white between its lines than a tone between its dots.
    for widest in sorted({0.0, pitch}):
        stretches = _stretches(page > 0.86 * white, widest)
        lettering = blocks(ink, stretches)
        loose: list[Block] = []
        for number in sorted({block.white for block in lettering}):
            written = [block for block in lettering if block.white == number]
            if not _protect(written, stretches, ink, mask):
                loose += written
        sheets |= _sheets(loose, ~ink, shaded)
    kept = _to_the_line(mask | sheets, page, 0.95 * white).astype(np.float32)
    kept[sheets & shaded] = _TINTED
    return kept


def _gutters(white: Mask) -> Mask:
    """The gutters of a page, found at half its size: they are wide, and distances take long."""
    height, width = white.shape
    share = np.asarray(Image.fromarray(white.astype(np.uint8) * 255).reduce(2))
    gap = max(1, round(_GAP * min(height, width) / 2))
    # Without what is only as wide as the gap of a line: a frame with gaps is a frame.
    clear = ndimage.binary_opening(np.pad(share > 200, gap, "edge"), np.ones((gap, gap)))[gap:-gap, gap:-gap]
    found = gutters(ndimage.label(clear)[0])
    found = np.repeat(np.repeat(found, 2, 0), 2, 1)[:height, :width] & white
    # At half the size, the last white row may be lost in a frame.
    return ndimage.binary_dilation(found, mask=white)


def _stretches(white: Mask, pitch: float) -> Stretches:
    """White that hangs together, numbered from 1; neither the white between dots nor that beyond the gap of a line."""
    side = max(3, round(1.25 * pitch))
    clear = ndimage.grey_opening(white, side, mode="nearest")
    # Back in between the letters.
    clear = ndimage.binary_dilation(clear, iterations=side, mask=white)
    return ndimage.label(clear)[0]


def _protect(written: list[Block], stretches: Stretches, ink: Mask, mask: Mask) -> bool:
    """Adds to the mask what the lettering of one stretch of white makes paper; whether that is a balloon."""
    number = written[0].white
    window = ndimage.find_objects(stretches, number)[-1]
    filled = ndimage.binary_fill_holes(stretches[window] == number)
    whole = Block(np.concatenate([block.boxes for block in written]), sum(block.ink for block in written), number)
    own = whole.ink / max(int((filled & ink[window]).sum()), 1)
    if _is_balloon(filled, whole, own, ink.size):
        mask[window] |= filled
        return True
    for block in written:
        if len(block.boxes) >= _LEGIBLE:
            room = round(0.8 * block.height)
            top, left, bottom, right = block.box
            about = (slice(max(top - room, 0), bottom + room), slice(max(left - room, 0), right + room))
            mask[about] |= stretches[about] == number
            mask[top:bottom, left:right] = True
    return False


def _sheets(lettering: list[Block], light: Mask, shaded: Mask) -> Mask:
    """What is light and hangs together, but is not all white, and a good part of it is lettered."""
    covered = np.zeros(light.shape, bool)
    for block in lettering:
        if len(block.boxes) >= _LEGIBLE:
            top, left, bottom, right = block.box
            covered[top:bottom, left:right] = True
    if not covered.any():
        return covered
    numbers, count = ndimage.label(light)
    size, written, gray = (
        np.bincount(numbers[light & where], minlength=count + 1) for where in (True, covered, shaded)
    )
    return light & ((written > _TEXT * size) & (gray > _SHADED * size))[numbers]


def _is_balloon(filled: Mask, block: Block, own: float, pixels: int) -> bool:
    """Whether a filled stretch of white is about as large as its lettering asks for, of one piece, and else empty."""
    area = int(filled.sum())
    top, left, bottom, right = block.box
    few = len(block.boxes) < 4
    if area > _LARGEST_BALLOON * pixels or area > (10 if few else 16) * (bottom - top) * (right - left):
        return False
    return own >= (0.9 if few else 0.75) and area >= (0.85 if few else 0.7) * _hull_area(filled)


def _hull_area(mask: Mask) -> float:
    edge = np.argwhere(mask & ~ndimage.binary_erosion(mask))
    if np.ptp(edge[:, 0]) < 2 or np.ptp(edge[:, 1]) < 2:
        return float(len(edge))
    corners = (edge[:, None] + np.array([[0, 0], [0, 1], [1, 0], [1, 1]])).reshape(-1, 2)
    return float(spatial.ConvexHull(corners).volume)


def _to_the_line(mask: Mask, page: Gray, white: float) -> Mask:
    """A mask grown by the two pixels over which white turns into the line around it, and never beyond the line."""
    around = np.ones((3, 3))
    edge = ndimage.binary_dilation(mask, around) & ~mask & (page < white)
    darker = page < ndimage.grey_dilation(np.where(edge, page, 0), footprint=around)
    return mask | edge | (ndimage.binary_dilation(edge, around) & darker)
