"""What a person draws on a page: hints of colour, masks, and places where the original is painted back.

Operations are vectors in pixels of the page, so that a page has any number of them and each can be undone.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

Place = tuple[float, float]

# By kind: the key of its places, the fewest of them, and the other keys, those with defaults after "?".
_FORMS: dict[str, tuple[str, int, frozenset[str]]] = {
    "point": ("at", 1, frozenset({"color"})),
    "flood": ("at", 1, frozenset({"color"})),
    "stroke": ("path", 1, frozenset({"color", "width"})),
    "region": ("outline", 3, frozenset({"color"})),
    "restore": ("path", 1, frozenset({"width", "softness"})),
}
_SHAPES: dict[str, tuple[str, int, frozenset[str]]] = {
    "stroke": ("path", 1, frozenset({"width", "erase"})),
    "polygon": ("outline", 3, frozenset({"erase"})),
    "clear": ("", 0, frozenset()),
    "invert": ("", 0, frozenset()),
    "grow": ("", 0, frozenset({"by"})),
}
HINTS = frozenset({"point", "flood", "stroke", "region"})
MASKS = frozenset({"mask", "white"})
# A stroke drawn for a minute has about 7,000 places.
MOST_PLACES = 20_000
_WIDEST, _FARTHEST_GROWTH = 2000.0, 200
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Operation:
    """One operation.

    Attributes:
        kind: "point", "stroke", "region" and "flood" are hints of colour; "mask" marks a hole that a network fills, and
            "white" one that becomes paper; "restore" paints the original back over the result.
        shape: Of masks: "stroke", "polygon", "clear", "invert" or "grow".
        places: Positions (x, y) in pixels of the page.
        color: As "#rrggbb".
        width: Of strokes, in pixels.
        softness: Share of the width over which a restored place fades.
        erase: Whether a mask is taken away instead.
        by: Pixels by which a mask grows, or shrinks where negative.
    """

    kind: str
    shape: str = ""
    places: tuple[Place, ...] = ()
    color: str = ""
    width: float = 1.0
    softness: float = 0.0
    erase: bool = False
    by: int = 0


def parse_operation(value: Any, width: int, height: int) -> Operation:
    """Return an operation from JSON (`docs/studio.md` has its form).

    Args:
        value: A JSON object.
        width: Of the page, in pixels.
        height: Of the page, in pixels.

    Raises:
        ValueError: The object has another form, or places off the page.
    """
    if not isinstance(value, dict) or not isinstance(kind := value.get("kind"), str):
        raise ValueError("an operation is a JSON object with a kind")
    if kind in MASKS:
        shape = value.get("shape")
        if not isinstance(shape, str) or shape not in _SHAPES:
            raise ValueError(f"the shape of a mask is one of {', '.join(_SHAPES)}")
        key, least, others = _SHAPES[shape]
    elif kind in _FORMS:
        shape, (key, least, others) = "", _FORMS[kind]
    else:
        raise ValueError(f"the kind of an operation is one of {', '.join([*_FORMS, *sorted(MASKS)])}")
    known = {"kind", *others} | ({key} if key else set()) | ({"shape"} if shape else set())
    if unknown := sorted(set(value) - known):
        raise ValueError(f"an operation of kind {kind} has no {unknown[0][:40]}")
    places = _places(value.get(key), key, least, width, height) if key else ()
    return Operation(
        kind,
        shape,
        places,
        _color(value.get("color")) if "color" in others else "",
        _number(value.get("width", 1.0), "width", 0.1, _WIDEST) if "width" in others else 1.0,
        _number(value.get("softness", 0.0), "softness", 0.0, 1.0) if "softness" in others else 0.0,
        _flag(value.get("erase", False)),
        round(_number(value.get("by", 0), "by", -_FARTHEST_GROWTH, _FARTHEST_GROWTH)),
    )


def to_json(operation: Operation) -> dict[str, Any]:
    """Return the JSON object that `parse_operation` takes."""
    key, _, others = _SHAPES[operation.shape] if operation.shape else _FORMS[operation.kind]
    places = [list(place) for place in operation.places]
    result: dict[str, Any] = {"kind": operation.kind} | ({"shape": operation.shape} if operation.shape else {})
    if key:
        result[key] = places[0] if key == "at" else places
    return result | {name: getattr(operation, name) for name in sorted(others)}


def _places(value: Any, key: str, least: int, width: int, height: int) -> tuple[Place, ...]:
    found = [value] if key == "at" else value
    if not isinstance(found, list) or not least <= len(found) <= MOST_PLACES:
        raise ValueError(f"{key} is a list of {least} to {MOST_PLACES} places")
    return tuple(_place(place, key, width, height) for place in found)


def _place(value: Any, key: str, width: int, height: int) -> Place:
    if not (isinstance(value, list) and len(value) == 2 and all(_is_number(part) for part in value)):
        raise ValueError(f"{key} holds places [x, y] in pixels of the page")
    # A stroke may leave the page; what counts is on it.
    x, y = (min(max(float(part), 0.0), side - 1.0) for part, side in zip(value, (width, height), strict=True))
    return round(x, 2), round(y, 2)


def _color(value: Any) -> str:
    if not (isinstance(value, str) and _COLOR.fullmatch(value)):
        raise ValueError('a color is written as "#d8453e"')
    return value.lower()


def _number(value: Any, name: str, least: float, most: float) -> float:
    if not (_is_number(value) and least <= value <= most):
        raise ValueError(f"{name} is a number from {least:g} to {most:g}")
    return float(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("erase is true or false")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
