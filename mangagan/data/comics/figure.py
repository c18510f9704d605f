"""Draw characters: a DiceBear head or bust on a body, in poses and moods."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mangagan.data.comics.art import avatar
from mangagan.data.comics.character_styles import EXTRAS, FACES, FRAMES, BodyFrame
from mangagan.data.comics.sprite import RenderedSprite, Sprite, render_svg

# Pixels of a rendered figure; other sizes are scaled from these.
HEIGHTS = {"bust": 480, "full": 400}
LINE = 1.3


@dataclass(frozen=True)
class Character:
    """One member of a cast, the same on every page: the style of the head, and colours as "#rrggbb"."""

    style: str
    seed: str
    cut: str
    hair: str
    skin: str
    top: str
    legs: str
    shoes: str
    skirt: bool


# Elbow and hand of each arm, from its shoulder, outward to the right.
_DOWN = ((4, 16), (2, 31))
_ARMS = {
    "stand": (_DOWN, _DOWN),
    "walk": (((6, 14), (12, 26)), ((3, 15), (-2, 28))),
    "wave": (_DOWN, ((14, 2), (17, -19))),
    "cheer": (((14, -1), (17, -23)), ((14, -1), (17, -23))),
    "point": (((13, 13), (3, 24)), ((15, 2), (33, -3))),
}


def draw_figure(who: Character, mood: str, pose: str, crop: str, detail: int = 1) -> Sprite:
    """Return the sprite of a character, HEIGHTS[crop] * detail pixels high; `crop` is "bust" or "full"."""
    return _plate(who, mood, pose, crop, detail).sprite()


def view_box(who: Character, crop: str) -> tuple[float, float, float, float]:
    """Return the SVG view box of a crop: (left, top, width, height) in hundredths of the canvas of the style."""
    frame = FRAMES[who.style]
    if crop == "bust":
        return (-14.0, -9.0, 128.0, frame.bust + 9.0)
    return (frame.center - 72.0, -9.0, 144.0, frame.foot + 15.0)


@lru_cache(maxsize=4096)
def _plate(who: Character, mood: str, pose: str, crop: str, detail: int) -> RenderedSprite:
    left, top, wide, high = view_box(who, crop)
    head, body = _head(who, mood), _body(who, pose)
    layers = body + head if FRAMES[who.style].head_last else head + body
    box = f"{left} {top} {wide} {high}"
    return render_svg(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" fill="none">{layers}</svg>',
        round(HEIGHTS[crop] * detail * wide / high),
    )


def _head(who: Character, mood: str) -> str:
    options: dict[str, Any] = {"seed": who.seed}
    for part, variant in FACES[who.style][mood].items():
        options[f"{part}Variant"] = [variant]
    for part in EXTRAS[who.style]:
        options[f"{part}Probability"] = 0
    options["headVariant" if who.style == "open-peeps" else "hairVariant"] = [who.cut]
    options.update(_colors(who))
    drawing = avatar(who.style, tuple(options.items()))
    markup = drawing.markup
    if who.style in ("lorelei", "notionists") and who.hair != "#000000":
        # These two draw hair as a black shape: in a color it needs the outline that every other shape has.
        outline = f'stroke="#000000" stroke-linejoin="round" stroke-width="{drawing.size * 0.011:.1f}"'
        markup = markup.replace(f'fill="{who.hair}"', f'fill="{who.hair}" {outline}')
    return f'<g transform="scale({100 / drawing.size:.5f})">{markup}</g>'


def _colors(who: Character) -> dict[str, list[str]]:
    names = {
        "adventurer": {"hair": who.hair, "skin": who.skin},
        "lorelei": {"hair": who.hair, "skin": who.skin},
        "micah": {"hair": who.hair, "base": who.skin, "shirt": who.top},
        "notionists": {"hair": who.hair, "skin": who.skin, "clothing": who.top},
        "open-peeps": {"headContrast": who.hair, "skin": who.skin, "clothing": who.top},
    }[who.style]
    return {f"{part}Color": [value] for part, value in names.items()}


def _body(who: Character, pose: str) -> str:
    frame = FRAMES[who.style]
    legs = _legs(who, frame, pose)
    if frame.own_torso:
        return legs + _hands(who)
    arms = [_arm(who, frame, side, joints) for side, joints in zip((-1, 1), _ARMS[pose], strict=True)]
    return legs + _torso(who, frame) + "".join(arms)


def _torso(who: Character, frame: BodyFrame) -> str:
    x, y, wide, hip = frame.center, frame.neck, frame.shoulder, frame.hip
    if frame.sleeve > 12:  # these styles draw a bust: continue below it without a seam
        sides = f"M{x - wide},{y} L{x - wide + 3},{hip} H{x + wide - 3} L{x + wide},{y}"
        return f'<path d="{sides}" fill="{who.top}"/>' + f'<path d="{sides}" stroke="#000000" stroke-width="{LINE}"/>'
    shape = (
        f"M{x - 7},{y} Q{x},{y + 9} {x + 7},{y} Q{x + wide},{y + 1} {x + wide},{y + 12} L{x + wide - 4},{hip}"
        f"H{x - wide + 4} L{x - wide},{y + 12} Q{x - wide},{y + 1} {x - 7},{y}Z"
    )
    neck = f'<path d="M{x - 5},{y - 8} V{y} Q{x},{y + 10} {x + 5},{y} V{y - 8}Z" fill="{who.skin}"/>'
    torso = f'<path d="{shape}" fill="{who.top}" stroke="#000000" stroke-width="{LINE}" stroke-linejoin="round"/>'
    return (neck if frame.head_last else "") + torso


def _arm(who: Character, frame: BodyFrame, side: int, joints: tuple[tuple[float, float], ...]) -> str:
    reach = frame.sleeve / 9.0
    x, y = frame.center + side * (frame.shoulder - 1), frame.neck + (2 if frame.sleeve > 12 else 8)
    points = [(x, y)] + [(x + side * dx * reach, y + dy * reach) for dx, dy in joints]
    hand_x, hand_y = points[-1]
    hand = (
        f'<circle cx="{hand_x:.1f}" cy="{hand_y:.1f}" r="{frame.sleeve * 0.5:.1f}" fill="{who.skin}" stroke="#000000"'
        f' stroke-width="{LINE}"/>'
    )
    return hand + _limb(points, frame.sleeve, who.top)


def _hands(who: Character) -> str:
    # The drawings of Open Peeps end at the wrist.
    attributes = f'r="6" fill="{who.skin}" stroke="#000000" stroke-width="{LINE}"'
    return f'<circle cx="14" cy="168" {attributes}/><circle cx="99" cy="168" {attributes}/>'


def _legs(who: Character, frame: BodyFrame, pose: str) -> str:
    x, hip, foot = frame.center, frame.hip - 2, frame.foot
    wide, stride = frame.shoulder * 0.42, 9 if pose == "walk" else 1
    # A solid black shadow on the ground.
    parts = f'<ellipse cx="{x + 4}" cy="{foot + 2.5}" rx="{frame.shoulder * 1.5:.1f}" ry="3.4" fill="#000000"/>'
    for side in (-1, 1):
        end = (x + side * (wide + stride), foot)
        shoe = f'<ellipse cx="{end[0] + 3}" cy="{foot}" rx="{wide * 0.95}" ry="4.4" fill="{who.shoes}"'
        parts += _limb([(x + side * wide, hip), end], wide * 1.5, who.skin if who.skirt else who.legs)
        parts += f'{shoe} stroke="#000000" stroke-width="{LINE}"/>'
    flare = frame.shoulder * (1.05 if who.skirt else 0.9)
    hem = hip + ((foot - hip) * 0.5 if who.skirt else 7)
    half = frame.shoulder - 3
    return parts + (
        f'<path d="M{x - half},{hip - 4} H{x + half} L{x + flare},{hem} Q{x},{hem + 4} {x - flare},{hem}Z"'
        f' fill="{who.legs}" stroke="#000000" stroke-width="{LINE}" stroke-linejoin="round"/>'
    )


def _limb(points: list[tuple[float, float]], width: float, color: str) -> str:
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    common = f'points="{line}" stroke-linecap="round" stroke-linejoin="round"'
    outer = f'<polyline {common} stroke="#000000" stroke-width="{width + 2 * LINE:.1f}"/>'
    return outer + f'<polyline {common} stroke="{color}" stroke-width="{width:.1f}"/>'
