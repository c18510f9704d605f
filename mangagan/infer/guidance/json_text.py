"""Read JSON that people write by hand, with errors that say where something is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from mangagan.images.errors import UnusableFile
from mangagan.images.files import read_file

# Of hints or a palette: ten thousand hints have half of it.
MAX_TEXT_BYTES = 2**20
_LETTERS_SHOWN = 60


def read_json_text(file: Path) -> str:
    """Return the text of a JSON file.

    Raises:
        ValueError: The file cannot be read, is too large to be written by hand, or is no UTF-8; the message names it.
    """
    try:
        # Some editors begin files with a byte order mark.
        return read_file(file, MAX_TEXT_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} is no text in UTF-8: {error}") from None
    except UnusableFile as reason:
        raise ValueError(f"{file} {reason}") from reason


def shown(value: Any) -> str:
    """Return a value as it is shown in an error: its first letters.

    >>> shown([1, 2]), len(shown(list(range(1000))))
    ('[1, 2]', 63)
    """
    text = repr(value)
    return text if len(text) <= _LETTERS_SHOWN else f"{text[:_LETTERS_SHOWN]}..."


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
    except ValueError:  # a number of thousands of digits
        raise ValueError(f"{what}: no valid JSON: a number in it is too long") from None
    except RecursionError:
        raise ValueError(f"{what}: no valid JSON: it is nested too deeply") from None
    check_fields(content, what, "the file", {"version", *names})
    if content.get("version") != version or isinstance(content["version"], bool):
        raise ValueError(f"{what}: version is {shown(content.get('version'))}; this program reads version {version}")
    return content


def list_of(content: dict[str, Any], what: str, name: str) -> list[Any]:
    """Return the list under a name; it is empty if the name is missing.

    Raises:
        ValueError: The value is no list.
    """
    items = content.get(name, [])
    if not isinstance(items, list):
        raise ValueError(f"{what}: {name} is {shown(items)}; it is a list")
    return items


def check_fields(item: Any, what: str, where: str, names: Collection[str]) -> None:
    """Check that an item is an object with no other fields than `names`.

    Raises:
        ValueError: It is not.
    """
    if not isinstance(item, dict):
        raise ValueError(f"{what}: {where} is {shown(item)}; it is an object with {', '.join(sorted(names))}")
    if strange := sorted(set(item) - set(names)):
        raise ValueError(f"{what}: {where} has {shown(strange[0])}; known are {', '.join(sorted(names))}")


def color_of(item: dict[str, Any], what: str, where: str) -> tuple[int, int, int]:
    """Return the sRGB colour, in [0, 255], of an object's field "color".

    Raises:
        ValueError: The field is not of the form "#d8453e".
    """
    color = item.get("color")
    if not (isinstance(color, str) and re.fullmatch("#[0-9a-fA-F]{6}", color)):
        raise ValueError(f"{what}: color of {where} is {shown(color)}; write it as '#d8453e'")
    red, green, blue = bytes.fromhex(color[1:])
    return red, green, blue


def is_number(value: Any) -> bool:
    """Return whether a value is a finite number below 1e9; Python's JSON reader also accepts NaN and Infinity."""
    # Comparisons with NaN are false, and Infinity is excluded.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e9
