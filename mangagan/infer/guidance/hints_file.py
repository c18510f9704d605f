"""Colour hints of one page, as a JSON file that can be kept under version control.

    {"version": 1, "size": [992, 1401],
     "points":  [{"at": [120, 80], "color": "#d8453e"}],
     "strokes": [{"path": [[10, 20], [60, 25]], "color": "#4a7fc9", "width": 9}],
     "regions": [{"outline": [[0, 0], [90, 0], [90, 60]], "color": "#f3c94b"}]}

Positions are x and y in pixels of the page, whose width and height are `size`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mangagan.infer.guidance.json_text import check_fields, color_of, content_of, is_number, list_of, shown

VERSION, _WHAT = 1, "hints"
# More than anybody draws, and few enough to be drawn in some seconds.
MOST_HINTS, MOST_COVERED = 10_000, 40
Point = tuple[float, float]
_KINDS: dict[str, tuple[Literal["point", "stroke", "region"], str]] = {
    "points": ("point", "at"),
    "strokes": ("stroke", "path"),
    "regions": ("region", "outline"),
}


@dataclass(frozen=True)
class Hint:
    """One hint: positions (x, y) in page pixels, an sRGB colour in [0, 255], and a width in page pixels for strokes."""

    kind: Literal["point", "stroke", "region"]
    places: tuple[Point, ...]
    color: tuple[int, int, int]
    width: float = 1.0


@dataclass(frozen=True)
class PageHints:
    """The hints of one page of `width` x `height` pixels; where two overlap, the later one counts."""

    width: int
    height: int
    hints: tuple[Hint, ...]


def parse_hints(text: str) -> PageHints:
    """Return the hints of a JSON text: points, then strokes, then regions, each in the order of the file.

    Raises:
        ValueError: The text has another form than the head of this module shows; the message says where.
    """
    content = content_of(text, _WHAT, VERSION, {"size", *_KINDS})
    size = content.get("size")
    if not (_is_pair(size) and all(isinstance(side, int) and side > 0 for side in size)):
        raise ValueError(f"hints: size is {shown(size)}; it is [width, height] of the page in whole pixels")
    found = []
    for name in _KINDS:
        items = list_of(content, _WHAT, name)
        found += [_hint(item, name, f"{name}[{index}]", size) for index, item in enumerate(items)]
    _check_cost(found, size)
    return PageHints(size[0], size[1], tuple(found))


def _check_cost(hints: Sequence[Hint], size: Sequence[int]) -> None:
    """Check that drawing the hints takes a bounded time, which goes by the boxes around them."""
    if len(hints) > MOST_HINTS:
        raise ValueError(f"hints: there are {len(hints)}, more than the limit of {MOST_HINTS}")
    covered = sum(_box_area(hint) for hint in hints if hint.kind != "point")
    if covered > MOST_COVERED * size[0] * size[1]:
        raise ValueError(f"hints: strokes and regions lie over each other: together they cover {MOST_COVERED} pages")


def _box_area(hint: Hint) -> float:
    (left, top), (right, bottom) = (tuple(f(values) for values in zip(*hint.places, strict=True)) for f in (min, max))
    return (right - left + hint.width) * (bottom - top + hint.width)


def _hint(item: Any, name: str, where: str, size: list[int]) -> Hint:
    kind, key = _KINDS[name]
    check_fields(item, _WHAT, where, {key, "color"} | ({"width"} if kind == "stroke" else set()))
    color = color_of(item, _WHAT, where)
    places = [item.get(key)] if kind == "point" else item.get(key)
    least = {"point": 1, "stroke": 1, "region": 3}[kind]
    if not (isinstance(places, list) and len(places) >= least and all(_is_place(place, size) for place in places)):
        wanted = "[x, y]" if kind == "point" else f"a list of {least} or more [x, y]"
        raise ValueError(f"hints: {key} of {where} is {shown(item.get(key))}; give {wanted} on the page of {size}")
    width = item.get("width", 1.0)
    if not (is_number(width) and width > 0):
        raise ValueError(f"hints: width of {where} is {shown(width)}; it is a number of pixels above 0")
    return Hint(kind, tuple((float(x), float(y)) for x, y in places), color, float(width))


def _is_place(place: Any, size: list[int]) -> bool:
    return _is_pair(place) and all(
        is_number(value) and 0 <= value < side for value, side in zip(place, size, strict=True)
    )


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2
