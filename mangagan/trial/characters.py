"""Whether characters keep their colours from page to page.

A JSON file has the boxes (left, top, right, bottom, in pixels of the true pages) of the parts of characters, each part
of a single colour:

    {"E15P01.jpg": {"pepper hair": [[573, 645, 586, 666], [502, 665, 516, 683]]}}
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mangagan.color import srgb_to_lab
from mangagan.images.picture import Pixels

Box = tuple[int, int, int, int]
# The boxes by the name of the page (without suffix) and the part of the character.
CharacterBoxes = Mapping[str, Mapping[str, list[Box]]]


def read_characters(file: Path) -> CharacterBoxes:
    """Read the boxes of characters.

    Raises:
        ValueError: The file does not have the format in the docstring of this module.
    """
    try:
        pages = json.loads(file.read_text("utf-8"))
        return {
            page.rsplit(".", 1)[0]: {part: [_box(box) for box in boxes] for part, boxes in parts.items()}
            for page, parts in pages.items()
        }
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(
            f'{file}: {error}; the format is {{"PAGE": {{"PART": [[left, top, right, bottom], ...]}}}}'
        ) from error


def check_boxes(characters: CharacterBoxes, pages: Mapping[str, Pixels]) -> None:
    """Check that the boxes lie on the pages.

    Args:
        characters: The boxes.
        pages: The true pages [h w 3] by their names.

    Raises:
        ValueError: A box is not on its page, or no page has boxes.
    """
    if not pages.keys() & characters.keys():
        names = ", ".join(sorted(characters)[:5])
        raise ValueError(f"characters are on {names} ..., but the trial has none of these pages")
    for page in sorted(pages.keys() & characters.keys()):
        height, width = pages[page].shape[:2]
        for part, boxes in characters[page].items():
            if outside := [box for box in boxes if box[2] > width or box[3] > height]:
                raise ValueError(f"{page} is {width} x {height}: {part} cannot be in {list(outside[0])}")


def color_deviation(characters: CharacterBoxes, pages: Mapping[str, Pixels], works: Mapping[str, str]) -> float:
    """Return how far the colour of a part on one page is from its mean over the pages of the work.

    It is the root mean square over pages, then the mean over all parts of all works that occur on at least two pages.

    Args:
        characters: The boxes.
        pages: The pages to measure, [h w 3], 8-bit sRGB, by their names.
        works: The work of each page.

    Returns:
        A distance in CIE ab; nan if no part is on two pages.
    """
    colors: dict[tuple[str, str], list[np.ndarray]] = defaultdict(list)
    for page in pages.keys() & characters.keys():
        for part, boxes in characters[page].items():
            colors[works[page], part].append(_mean_color(pages[page], boxes))
    deviations = [_root_mean_square(np.array(of)) for of in colors.values() if len(of) > 1]
    return float(np.mean(deviations)) if deviations else float("nan")


def _mean_color(pixels: Pixels, boxes: list[Box]) -> np.ndarray:
    """Return the mean a and b of all boxes, each with the same weight."""
    parts = [pixels[top:bottom, left:right].reshape(-1, 3) for left, top, right, bottom in boxes]
    return np.mean([srgb_to_lab(part.astype(np.float32) / np.float32(255)).mean(0)[1:] for part in parts], axis=0)


def _root_mean_square(colors: np.ndarray) -> float:
    return float(np.sqrt(np.square(colors - colors.mean(0)).sum(-1).mean()))


def _box(box: object) -> Box:
    left, top, right, bottom = map(int, box)  # type: ignore[call-overload]
    if not (0 <= left < right and 0 <= top < bottom):
        raise ValueError(f"{box} is not a box")
    return left, top, right, bottom
