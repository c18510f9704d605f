"""Colour hints of one page, as a JSON file that can be kept under version control.

    {"version": 1, "size": [992, 1401],
     "points":  [{"at": [120, 80], "color": "#d8453e"}],
     "strokes": [{"path": [[10, 20], [60, 25]], "color": "#4a7fc9", "width": 9}],
     "regions": [{"outline": [[0, 0], [90, 0], [90, 60]], "color": "#f3c94b"}]}

Places are x and y in pixels of the page, whose width and height are `size`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

VERSION = 1
Point = tuple[float, float]
_KINDS: dict[str, tuple[Literal["point", "stroke", "region"], str]] = {
    "points": ("point", "at"),
    "strokes": ("stroke", "path"),
    "regions": ("region", "outline"),
}


@dataclass(frozen=True)
class Hint:
    """One wish: places in page pixels (x, y), an sRGB colour in [0, 255], and for strokes a width in page pixels."""

    kind: Literal["point", "stroke", "region"]
    places: tuple[Point, ...]
    color: tuple[int, int, int]
    width: float = 1.0


@dataclass(frozen=True)
class PageHints:
    """The hints of one page of `width` x `height` pixels; where two meet, the later one counts."""

    width: int
    height: int
    hints: tuple[Hint, ...]


def parse_hints(text: str) -> PageHints:
    """The hints that a JSON text holds: points, then strokes, then regions, each in the order of the file.

    Raises ValueError, which says where in the file, for anything that is not as the head of this module has it.
    """
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"hints: no valid JSON at line {error.lineno}, column {error.colno}: {error.msg}") from None
    _known(content, "the file", {"version", "size", *_KINDS})
    if content.get("version") != VERSION or isinstance(content["version"], bool):
        raise ValueError(f"hints: version is {content.get('version')!r}; this program reads version {VERSION}")
    size = content.get("size")
    if not (_is_pair(size) and all(isinstance(side, int) and side > 0 for side in size)):
        raise ValueError(f"hints: size is {size!r}; it is [width, height] of the page in whole pixels")
    found = []
    for name in _KINDS:
        items = content.get(name, [])
        if not isinstance(items, list):
            raise ValueError(f"hints: {name} is {items!r}; it is a list")
        found += [_hint(item, name, f"{name}[{index}]", size) for index, item in enumerate(items)]
    return PageHints(size[0], size[1], tuple(found))


def _hint(item: Any, name: str, where: str, size: list[int]) -> Hint:
    kind, key = _KINDS[name]
    _known(item, where, {key, "color"} | ({"width"} if kind == "stroke" else set()))
    color = item.get("color")
    if not (isinstance(color, str) and re.fullmatch("#[0-9a-fA-F]{6}", color)):
        raise ValueError(f"hints: color of {where} is {color!r}; write it as '#d8453e'")
    places = [item.get(key)] if kind == "point" else item.get(key)
    least = {"point": 1, "stroke": 1, "region": 3}[kind]
    if not (isinstance(places, list) and len(places) >= least and all(_is_place(place, size) for place in places)):
        wanted = "[x, y]" if kind == "point" else f"a list of {least} or more [x, y]"
        raise ValueError(f"hints: {key} of {where} is {item.get(key)!r}; give {wanted} on the page of {size}")
    width = item.get("width", 1.0)
    if not (_is_number(width) and width > 0):
        raise ValueError(f"hints: width of {where} is {width!r}; it is a number of pixels above 0")
    red, green, blue = bytes.fromhex(color[1:])
    return Hint(kind, tuple((float(x), float(y)) for x, y in places), (red, green, blue), float(width))


def _known(item: Any, where: str, names: set[str]) -> None:
    if not isinstance(item, dict):
        raise ValueError(f"hints: {where} is {item!r}; it is an object with {', '.join(sorted(names))}")
    if strange := sorted(set(item) - names):
        raise ValueError(f"hints: {where} has {strange[0]!r}; known are {', '.join(sorted(names))}")


def _is_place(place: Any, size: list[int]) -> bool:
    return _is_pair(place) and all(
        _is_number(value) and 0 <= value < side for value, side in zip(place, size, strict=True)
    )


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2


def _is_number(value: Any) -> bool:
    # JSON as Python reads it also knows NaN and Infinity: comparisons with them are false, or exclude them.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e9
