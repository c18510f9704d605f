"""Read JSON that people write by hand, with errors that say where something is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any


def content_of(text: str, what: str, version: int, names: Collection[str]) -> Any:
    """Return the object of a JSON text with no other fields than `names` and "version".

    Args:
        text: The JSON text.
        what: What the text is; errors begin with it.
        version: The version that must be in the text.
        names: The other fields that are allowed.

    Raises:
        ValueError: The text has another form.
    """
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{what}: no valid JSON at line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise ValueError(f"{what}: no valid JSON: it is nested too deeply") from None
    check_fields(content, what, "the file", {"version", *names})
    if content.get("version") != version or isinstance(content["version"], bool):
        raise ValueError(f"{what}: version is {content.get('version')!r}; this program reads version {version}")
    return content


def list_of(content: dict[str, Any], what: str, name: str) -> list[Any]:
    """Return the list under a name; it is empty if the name is missing.

    Raises:
        ValueError: The value is no list.
    """
    items = content.get(name, [])
    if not isinstance(items, list):
        raise ValueError(f"{what}: {name} is {items!r}; it is a list")
    return items


def check_fields(item: Any, what: str, where: str, names: Collection[str]) -> None:
    """Check that an item is an object with no other fields than `names`.

    Raises:
        ValueError: It is not.
    """
    if not isinstance(item, dict):
        raise ValueError(f"{what}: {where} is {item!r}; it is an object with {', '.join(sorted(names))}")
    if strange := sorted(set(item) - set(names)):
        raise ValueError(f"{what}: {where} has {strange[0]!r}; known are {', '.join(sorted(names))}")


def color_of(item: dict[str, Any], what: str, where: str) -> tuple[int, int, int]:
    """Return the sRGB colour, in [0, 255], of an object's field "color".

    Raises:
        ValueError: The field is not of the form "#d8453e".
    """
    color = item.get("color")
    if not (isinstance(color, str) and re.fullmatch("#[0-9a-fA-F]{6}", color)):
        raise ValueError(f"{what}: color of {where} is {color!r}; write it as '#d8453e'")
    red, green, blue = bytes.fromhex(color[1:])
    return red, green, blue


def is_number(value: Any) -> bool:
    """Return whether a value is a finite number below 1e9; Python's JSON reader also accepts NaN and Infinity."""
    # Comparisons with NaN are false, and Infinity is excluded.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e9
