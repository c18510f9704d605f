"""Places as panoramas with sky, land, buildings and plants, rendered once per work and cropped for each panel."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from mangagan.data.comics.art import avatar, openmoji
from mangagan.data.comics.sprite import RenderedSprite, Sprite, render_svg

WIDE, HIGH, HORIZON = 200, 125, 78  # a panorama in SVG units; figures stand below the horizon
PIXELS = 800
LINE = 0.55

_SKIES = {"day": ("#58aee8", "#d3f0fb"), "dusk": ("#f0a070", "#ffdf9e"), "night": ("#3a4fa8", "#8fb0e8")}
_LAND = {
    "green": (
        ("#a5ccd8", "#b0d2b0", "#a8cde8"),
        ("#8fbf7f", "#9cc46c"),
        ("#6dab58", "#7db35a"),
        ("#4f9148", "#5b9a41"),
    ),
    "forest": (
        ("#8fbfae", "#9cc7a0"),
        ("#6da872", "#74a868"),
        ("#4d8a4f", "#56904a"),
        ("#3f7a45", "#4a7d3c"),
    ),
    "sand": (("#e6c9a0", "#dba98a"), ("#e3b878", "#e0b488"), ("#dba65f", "#d9a86c"), ("#e6c084", "#e3b574")),
    "snow": (("#b9d3e6", "#a9c4e0"), ("#d3e6f2", "#c9dff0"), ("#e3eff7", "#dbeaf5"), ("#eaf3fa", "#e2eef8")),
    "moon": (("#6d6f92", "#7d7a9c"), ("#8c8aa8", "#85839f"), ("#a3a0b8", "#9b98b2"), ("#b3b0c2", "#aaa7bc")),
    "sea": (("#7fbfd9", "#8cc4d8"), ("#3d9ccb", "#45a3c9"), ("#2d86bd", "#3590c0"), ("#ecd49c", "#e8cc94")),
}

_Rng = np.random.Generator


@lru_cache(maxsize=3)
def panorama(place: str, hour: str, variant: int, detail: int = 1) -> Sprite:
    """Return the opaque sprite of a place, PIXELS * detail wide; equal arguments give equal views.

    Raises:
        ValueError: for an unknown place.
    """
    if place.split("/")[0] not in _PLACES:
        raise ValueError(f"no place is called {place!r}; the places are {', '.join(_PLACES)}")
    return _plate(place, hour, variant, detail).sprite()


@lru_cache(maxsize=256)
def _plate(place: str, hour: str, variant: int, detail: int) -> RenderedSprite:
    rng = np.random.default_rng(np.random.SeedSequence([variant, sorted(_PLACES).index(place.split("/")[0])]))
    indoors = place == "room"
    scene = _PLACES[place.split("/")[0]](rng)
    sky = "" if indoors else _sky(hour, rng)
    return render_svg(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}">{_gradient("sky", _SKIES[hour])}'
        f"{sky}{scene}</svg>",
        PIXELS * detail,
    )


def _sky(hour: str, rng: _Rng) -> str:
    parts = [f'<rect width="{WIDE}" height="{HIGH}" fill="url(#sky)"/>']
    if hour == "night":
        parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.2f}" fill="#fff6cf"/>'
            for x, y, r in zip(rng.uniform(0, WIDE, 40), rng.uniform(0, 60, 40), rng.uniform(0.2, 0.6, 40), strict=True)
        ]
        parts.append(_emoji("1F319", rng.uniform(20, 160), 26, 20))
        return "".join(parts)
    if rng.random() < 0.6:
        color = "#fff1b0" if hour == "day" else "#ffdf7a"
        parts.append(f'<circle cx="{rng.uniform(20, 180):.0f}" cy="16" r="9" fill="{color}" {_INK}/>')
    parts += [_cloud(rng.uniform(0, WIDE), rng.uniform(8, 42), rng.uniform(0.7, 1.6)) for _ in range(4)]
    return "".join(parts)


def _cloud(x: float, y: float, scale: float) -> str:
    shape = "M-12,5 Q-17,5 -16,0 Q-14,-4 -9,-3 Q-6,-9 0,-7 Q6,-9 8,-3 Q15,-4 15,1 Q15,5 10,5Z"
    width = LINE / scale
    return (
        f'<path transform="translate({x:.1f} {y:.1f}) scale({scale:.2f})" d="{shape}" fill="#ffffff"'
        f' stroke="#000000" stroke-width="{width:.2f}"/>'
    )


def _hills(land: str, rng: _Rng) -> str:
    """Return the landscape of DiceBear in the colours of one kind of land, with an ink outline around each hill."""
    colors = tuple((f"hill{i + 1}Color", [str(rng.choice(choices))]) for i, choices in enumerate(_LAND[land]))
    drawing = avatar("landscape", (("seed", f"land-{rng.integers(1 << 30)}"), ("orbProbability", 0), *colors))
    markup = re.sub(r"<rect [^>]*/>(?=<use)", "", drawing.markup)
    markup = re.sub(r'(<path d="[^"]*" fill="#\w{6}")/>', rf'\1 stroke="#000000" stroke-width="{LINE}"/>', markup)
    return f'<g transform="translate(25 26) scale(1.5 1)">{markup}</g>'


def _open_land(land: str, trees: tuple[str, ...], count: int, extras: tuple[str, ...] = ()) -> Callable[[_Rng], str]:
    def draw(rng: _Rng) -> str:
        spots = np.sort(rng.uniform(0.0, 1.0, count))
        plants = [
            _emoji(str(rng.choice(trees)), rng.uniform(-4, WIDE - 4), 78 + 40 * spot**1.5, 16 + 26 * spot)
            for spot in spots
        ]
        sights = [_emoji(code, rng.uniform(10, 160), 84, 34) for code in extras]
        return _hills(land, rng) + "".join(sights) + "".join(plants)

    return draw


def _sea(rng: _Rng) -> str:
    parts = [f'<rect y="70" width="{WIDE}" height="60" fill="{rng.choice(_LAND["sea"][1])}" {_INK}/>']
    for _ in range(26):
        x, y = rng.uniform(0, WIDE), rng.uniform(74, 98)
        parts.append(f'<path d="M{x:.1f},{y:.1f} q2,-1.6 4,0 t4,0" fill="none" {_INK}/>')
    parts += [_emoji("26F5", rng.uniform(10, 160), 76, 20), _emoji("1F3DD", rng.uniform(10, 150), 76, 22)]
    parts.append(f'<path d="M-2,104 Q50,94 110,101 T202,97 V130 H-2Z" fill="{_LAND["sea"][3][0]}" {_INK}/>')
    parts += [_emoji("1F334", x, 116, 44) for x in (rng.uniform(-5, 30), rng.uniform(140, 175))]
    return "".join(parts)


def _street(rng: _Rng) -> str:
    walls = ("#e9b48c", "#d98a6a", "#f0d9a8", "#b9c7cf", "#c77a5c", "#e8cfc0", "#a9b8a0", "#d9c58f")
    parts, x = [], -4.0
    while x < WIDE:
        wide, high = rng.uniform(20, 36), rng.uniform(34, 70)
        parts.append(_house(x, wide, high, str(rng.choice(walls)), rng))
        x += wide
    parts.append(f'<rect x="-2" y="92" width="204" height="8" fill="#cfc8bd" {_INK}/>')
    parts.append(f'<rect x="-2" y="100" width="204" height="30" fill="#8f929c" {_INK}/>')
    parts += [f'<rect x="{x}" y="110" width="12" height="1.6" fill="#f4f1e4"/>' for x in range(0, WIDE, 26)]
    parts += [_emoji(str(rng.choice(("1F333", "1F332"))), rng.uniform(0, 180), 95, 30) for _ in range(2)]
    parts.append(_emoji(str(rng.choice(("1F697", "1F695", "1F6B2", "1F6F5"))), rng.uniform(10, 160), 106, 28))
    return "".join(parts)


def _house(x: float, wide: float, high: float, color: str, rng: _Rng) -> str:
    top, roof = 94 - high, str(rng.choice(("#b5533f", "#7a4b3a", "#5a6f86", "#4f7d62")))
    parts = [f'<rect x="{x:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{high:.1f}" fill="{color}" {_INK}/>']
    if rng.random() < 0.6:
        points = f"{x - 1.5:.1f},{top:.1f} {x + wide / 2:.1f},{top - wide * 0.36:.1f} {x + wide + 1.5:.1f},{top:.1f}"
        parts.append(f'<polygon points="{points}" fill="{roof}" {_INK}/>')
    for row in np.arange(top + 5, 80, 12):
        for column in np.arange(x + 4, x + wide - 7, 8.5):
            glass = "#ffe28a" if rng.random() < 0.15 else "#9fd0e8"
            parts.append(f'<rect x="{column:.1f}" y="{row:.1f}" width="5" height="7" fill="{glass}" {_INK}/>')
    parts.append(f'<rect x="{x + wide / 2 - 3:.1f}" y="82" width="6" height="12" fill="{roof}" {_INK}/>')
    return "".join(parts)


def _market(rng: _Rng) -> str:
    goods = ("1F34E", "1F34A", "1F34C", "1F347", "1F950", "1F349", "1F353", "1F33B")
    stalls = []
    for x in (6, 74, 142):
        cloth = str(rng.choice(("#d8453e", "#3f9c6a", "#f0b03c", "#4a7fc9")))
        stripes = "".join(
            f'<path d="M{x + i * 8},58 h8 l1,10 q-4.5,4 -9,0Z" fill="{cloth if i % 2 else "#fbf4e4"}" {_INK}/>'
            for i in range(6)
        )
        fruit = "".join(_emoji(str(rng.choice(goods)), x + 1 + i * 11, 94, 13) for i in range(4))
        stalls.append(
            f'<path d="M{x + 2},60 V104 M{x + 46},60 V104" stroke="#000000" stroke-width="1.6"/>{fruit}'
            f'<rect x="{x}" y="92" width="48" height="14" fill="#b98552" {_INK}/>{stripes}'
        )
    return _street(rng) + "".join(stalls)


def _room(rng: _Rng) -> str:
    wall = str(rng.choice(("#f0d9b5", "#ecdcc0", "#f0cfb0")))
    floor = str(rng.choice(("#b07d4f", "#c4935f", "#9a6b47")))
    parts = [
        f'<rect width="{WIDE}" height="96" fill="{wall}"/>',
        f'<rect x="-2" y="92" width="204" height="40" fill="{floor}" {_INK}/>',
    ]
    parts += [
        f'<path d="M{100 + (x - 100) * 0.8:.0f},92 L{100 + (x - 100) * 1.6:.0f},126" {_INK}/>'
        for x in range(-60, 280, 20)
    ]
    parts.append(f'<rect x="-2" y="88" width="204" height="4" fill="#f4ead6" {_INK}/>')
    x = rng.uniform(20, 120)
    parts.append(
        f'<rect x="{x:.0f}" y="24" width="46" height="38" fill="url(#sky)" {_INK}/>'
        f'<path d="M{x:.0f},52 q12,-9 23,-2 t23,-3 V62 h-46Z" fill="#7db35a" {_INK}/>'
        f'<path d="M{x + 23:.0f},24 v38 M{x:.0f},43 h46" {_INK}/>'
    )
    wide = [("1F6CB", 44), ("1FAB4", 30), ("1FA91", 32), ("1F6AA", 62), ("1F4FA", 30), ("1F6CF", 46)]
    picks = rng.permutation(len(wide))[:3]
    parts += [_emoji(wide[i][0], 8 + 66 * k + rng.uniform(0, 20), 106, wide[i][1]) for k, i in enumerate(picks)]
    parts.append(_emoji("1F5BC", (x + 80) % 170, 50, 24))
    return "".join(parts)


_INK = f'stroke="#000000" stroke-width="{LINE}"'
_PLACES: dict[str, Callable[[_Rng], str]] = {
    "desert": _open_land("sand", ("1F335", "1FAA8"), 7),
    "forest": _open_land("forest", ("1F332", "1F332", "1F333"), 22),
    "garden": _open_land("green", ("1F333", "1F33B", "1F337", "1F33C", "1F33F"), 16, ("1F3E1",)),
    "hills": _open_land("green", ("1F333", "1F332"), 8, ("1F3E0",)),
    "market": _market,
    "room": _room,
    "school": _open_land("green", ("1F333",), 6, ("1F3EB",)),
    "sea": _sea,
    "snow": _open_land("snow", ("1F332",), 10, ("1F3D4",)),
    "space": _open_land("moon", ("1FAA8",), 5, ("1F680",)),
    "temple": _open_land("green", ("1F38B", "1F333"), 9, ("1F3EF",)),
    "town": _street,
}


def _emoji(code: str, x: float, base: float, size: float) -> str:
    """Return an OpenMoji drawing that stands on `base`, with lines as thin as those of the scenery."""
    line = max(LINE * 72 / size, 0.9)
    markup = re.sub(r'stroke-width="2"', f'stroke-width="{line:.2f}"', openmoji(code).markup)
    return f'<g transform="translate({x:.1f} {base - size * 0.86:.1f}) scale({size / 72:.3f})">{markup}</g>'


def _gradient(name: str, stops: tuple[str, str]) -> str:
    return (
        f'<linearGradient id="{name}" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{stops[0]}"/>'
        f'<stop offset="0.75" stop-color="{stops[1]}"/></linearGradient>'
    )
