"""Palette files: a picture in its colours, or a list of colours in JSON.

    {"version": 1, "colors": [{"color": "#d8453e", "share": 0.3}, {"color": "#f4d7b8"}, {"color": "#3b4a6b"}]}

`share`, from 0 to 1, is the part of a page's drawing, its white paper apart, that has this colour. Colours without a
share divide the rest evenly.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from mangagan.images.encode import Quality
from mangagan.images.errors import UnusableFile
from mangagan.images.files import read_file
from mangagan.images.limits import MAX_MEMBER_BYTES, Limits
from mangagan.images.names import IMAGE_SUFFIXES
from mangagan.images.page_file import read_page
from mangagan.infer.guidance.json_text import (
    check_fields,
    color_of,
    content_of,
    is_number,
    list_of,
    read_json_text,
    shown,
)
from mangagan.infer.page.color_kind import page_kind
from mangagan.palette import Palette, named_colors, named_palette, palette_of

VERSION, _WHAT = 1, "palette"
PALETTE_SUFFIXES = frozenset((".json", *IMAGE_SUFFIXES))


def read_palette(file: Path) -> Palette:
    """Return the palette that a JSON file lists, or that of a picture in colour.

    Raises:
        ValueError: There is no palette; the message names the file and the remedy.
    """
    if not file.is_file():
        raise ValueError(f"there is no file {file}; a palette is a picture in colour or a JSON file of colours")
    try:
        if file.suffix.lower() == ".json":
            return parse_palette(read_json_text(file))
        return picture_palette(read_page(read_file(file, MAX_MEMBER_BYTES), Limits(), Quality())[0])
    except (ValueError, UnusableFile) as error:
        raise ValueError(f"{file}: {error}") from error


def picture_palette(pixels: UInt8[np.ndarray, "h w 3"]) -> Palette:
    """Return the palette of a picture in colour.

    Args:
        pixels: 8-bit sRGB.

    Raises:
        ValueError: The picture is in black and white.
    """
    palette = palette_of(Image.fromarray(pixels))
    if page_kind(pixels) == "gray" or not palette.any():
        raise ValueError("the picture is in black and white: a palette is taken from one in colour")
    return palette


def parse_colors(colors: Sequence[str]) -> Palette:
    """Return the palette of colours such as "#d8453e", in equal shares.

    Raises:
        ValueError: A text is not a colour.
    """
    return parse_palette(json.dumps({"version": VERSION, "colors": [{"color": color} for color in colors]}))


def parse_palette(text: str) -> Palette:
    """Return the palette that a JSON text lists (see the head of this module).

    Raises:
        ValueError: The text has another form.
    """
    items = list_of(content_of(text, _WHAT, VERSION, {"colors"}), _WHAT, "colors")
    if not items:
        raise ValueError('palette: it has no colors; give a list of one or more, [{"color": "#d8453e"}]')
    where = [f"colors[{index}]" for index in range(len(items))]
    for item, place in zip(items, where, strict=True):
        check_fields(item, _WHAT, place, {"color", "share"})
    colors = [color_of(item, _WHAT, place) for item, place in zip(items, where, strict=True)]
    shares = [_share(item, place) for item, place in zip(items, where, strict=True)]
    return named_palette(list(zip(colors, _filled(shares), strict=True)))  # type: ignore[arg-type]


def palette_text(palette: Palette) -> str:
    """Return a JSON text that lists the colours of a palette with their shares; small shares are left out.

    Args:
        palette: Shares of the bins, which sum to 1.
    """
    named = named_colors(palette)
    # Rounded down, so that they never add up to more than 1.
    lines = [
        f'  {{"color": "#{bytes(rgb.tolist()).hex()}", "share": {math.floor(share * 1e4) / 1e4:g}}}'
        for rgb, share in named
    ]
    return '{{"version": {}, "colors": [\n{}\n]}}\n'.format(VERSION, ",\n".join(lines))


def _share(item: dict[str, Any], where: str) -> float | None:
    if "share" not in item:
        return None
    share = item["share"]
    if not (is_number(share) and 0 < share <= 1):
        raise ValueError(
            f"palette: share of {where} is {shown(share)}; it is a number above 0 and up to 1, or left out"
        )
    return float(share)


def _filled(shares: list[float | None]) -> list[float]:
    """Shares with numbers for those that are left out."""
    given = [share for share in shares if share is not None]
    left, count = 1 - sum(given), len(shares) - len(given)
    # Tenths that add up to 1 may miss it by a rounding.
    if left < -1e-6 or (count and left < 1e-6):
        room = f", and {count} colors without one are to have the rest" if count else ""
        raise ValueError(f"palette: the shares add up to {sum(given):g}, of 1 at most{room}")
    return [left / count if share is None else share for share in shares]
