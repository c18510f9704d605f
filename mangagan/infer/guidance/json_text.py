"""JSON that people write by hand, read with complaints that say where in it something is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any


def content_of(text: str, what: str, version: int, names: Collection[str]) -> Any:
    """The object in a JSON text of a version, with no other fields than `names` and "version".

    `what` begins every complaint. Raises ValueError for a text that is none.
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
    """The list under a name, empty where there is none. Raises ValueError for anything else."""
    items = content.get(name, [])
    if not isinstance(items, list):
        raise ValueError(f"{what}: {name} is {items!r}; it is a list")
    return items


def check_fields(item: Any, what: str, where: str, names: Collection[str]) -> None:
    """Raises ValueError for what is no object, or has a field that is none of `names`."""
    if not isinstance(item, dict):
        raise ValueError(f"{what}: {where} is {item!r}; it is an object with {', '.join(sorted(names))}")
    if strange := sorted(set(item) - set(names)):
        raise ValueError(f"{what}: {where} has {strange[0]!r}; known are {', '.join(sorted(names))}")


def color_of(item: dict[str, Any], what: str, where: str) -> tuple[int, int, int]:
    """The sRGB colour in [0, 255] of an object's field "color". Raises ValueError where it is not like "#d8453e"."""
    color = item.get("color")
    if not (isinstance(color, str) and re.fullmatch("#[0-9a-fA-F]{6}", color)):
        raise ValueError(f"{what}: color of {where} is {color!r}; write it as '#d8453e'")
    red, green, blue = bytes.fromhex(color[1:])
    return red, green, blue


def is_number(value: Any) -> bool:
    """Whether a value is a number of some size, and no NaN, which JSON as Python reads it also knows."""
    # Comparisons with NaN are false, and Infinity is excluded.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e9
