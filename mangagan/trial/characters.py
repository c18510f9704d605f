"""Whether characters keep their colours from page to page.

A file says where they are, in pixels of the true pages, left, top, right and bottom of boxes of one colour each:

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
# Of a page's name without suffix: of a character's part, its boxes.
Characters = Mapping[str, Mapping[str, list[Box]]]


def read_characters(file: Path) -> Characters:
    """Raises ValueError where the file is not as the head of this module has it."""
    try:
        pages = json.loads(file.read_text("utf-8"))
        return {
            page.rsplit(".", 1)[0]: {part: [_box(box) for box in boxes] for part, boxes in parts.items()}
            for page, parts in pages.items()
        }
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f'{file}: {error}; it is {{"PAGE": {{"PART": [[left, top, right, bottom], ...]}}}}') from error


def check_boxes(characters: Characters, pages: Mapping[str, Pixels]) -> None:
    """Raises ValueError where a box is not on its page, or where no page has any."""
    if not pages.keys() & characters.keys():
        raise ValueError(f"characters are on {', '.join(sorted(characters)[:5])} ..., of which no page is judged")
    for page in sorted(pages.keys() & characters.keys()):
        height, width = pages[page].shape[:2]
        for part, boxes in characters[page].items():
            if beyond := [box for box in boxes if box[2] > width or box[3] > height]:
                raise ValueError(f"{page} is {width} x {height}: {part} cannot be in {list(beyond[0])}")


def spread(characters: Characters, pages: Mapping[str, Pixels], works: Mapping[str, str]) -> float:
    """How far, in CIE ab, a part's colour on a page lies from its mean over the pages of a work.

    The root mean square over pages, then the mean over all parts of all works that are on two pages or more. nan where
    there are none.
    """
    seen: dict[tuple[str, str], list[np.ndarray]] = defaultdict(list)
    for page in pages.keys() & characters.keys():
        for part, boxes in characters[page].items():
            seen[works[page], part].append(_color(pages[page], boxes))
    spreads = [_deviation(np.array(colors)) for colors in seen.values() if len(colors) > 1]
    return float(np.mean(spreads)) if spreads else float("nan")


def _color(pixels: Pixels, boxes: list[Box]) -> np.ndarray:
    """The mean a and b over boxes, each counting as much."""
    colors = [pixels[top:bottom, left:right].reshape(-1, 3) for left, top, right, bottom in boxes]
    return np.mean([srgb_to_lab(one.astype(np.float32) / np.float32(255)).mean(0)[1:] for one in colors], axis=0)


def _deviation(colors: np.ndarray) -> float:
    return float(np.sqrt(np.square(colors - colors.mean(0)).sum(-1).mean()))


def _box(box: object) -> Box:
    left, top, right, bottom = map(int, box)  # type: ignore[call-overload]
    if not (0 <= left < right and 0 <= top < bottom):
        raise ValueError(f"{box} is no box")
    return left, top, right, bottom
