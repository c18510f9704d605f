"""The DiceBear styles of characters: proportions of the body, faces for each mood, parts to leave out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BodyFrame:
    """Positions and widths of the body of a style, in hundredths of its canvas.

    `own_torso`: the drawing of the style has a torso. `head_last`: the head is drawn over the body.
    """

    center: float
    neck: float
    shoulder: float
    hip: float
    foot: float
    bust: float
    mouth: float
    sleeve: float = 9.0
    own_torso: bool = False
    head_last: bool = False
    faces: int = 1  # direction in which the drawing looks: -1 left, 1 right


FRAMES = {
    "adventurer": BodyFrame(47, 76, 17, 112, 152, 108, 66, head_last=True, faces=-1),
    "lorelei": BodyFrame(52, 89, 21, 136, 186, 124, 72, sleeve=10.0),
    "micah": BodyFrame(50, 98, 26, 138, 186, 101, 60, sleeve=14.0),
    "notionists": BodyFrame(48, 99, 27, 140, 190, 102, 56, sleeve=13.0),
    "open-peeps": BodyFrame(55, 165, 30, 169, 226, 128, 68, own_torso=True, head_last=True),
}

# The parts of a face for each mood, as DiceBear names them.
FACES: dict[str, dict[str, dict[str, str]]] = {
    "adventurer": {
        "calm": {"mouth": "variant02", "eyes": "variant26", "eyebrows": "variant10"},
        "happy": {"mouth": "variant25", "eyes": "variant23", "eyebrows": "variant12"},
        "sad": {"mouth": "variant04", "eyes": "variant15", "eyebrows": "variant14"},
        "shock": {"mouth": "variant15", "eyes": "variant03", "eyebrows": "variant13"},
        "angry": {"mouth": "variant11", "eyes": "variant25", "eyebrows": "variant02"},
    },
    "lorelei": {
        "calm": {"mouth": "happy14", "eyes": "variant06", "eyebrows": "variant02"},
        "happy": {"mouth": "happy05", "eyes": "variant11", "eyebrows": "variant03"},
        "sad": {"mouth": "sad03", "eyes": "variant19", "eyebrows": "variant04"},
        "shock": {"mouth": "sad01", "eyes": "variant09", "eyebrows": "variant09"},
        "angry": {"mouth": "sad06", "eyes": "variant24", "eyebrows": "variant13"},
    },
    "micah": {
        "calm": {"mouth": "smirk", "eyes": "eyes", "eyebrows": "up"},
        "happy": {"mouth": "laughing", "eyes": "smiling", "eyebrows": "up"},
        "sad": {"mouth": "sad", "eyes": "eyes", "eyebrows": "eyelashesDown"},
        "shock": {"mouth": "surprised", "eyes": "round", "eyebrows": "up"},
        "angry": {"mouth": "nervous", "eyes": "round", "eyebrows": "down"},
    },
    "notionists": {
        "calm": {"mouth": "variant13", "eyes": "variant05", "eyebrows": "variant05"},
        "happy": {"mouth": "variant08", "eyes": "variant04", "eyebrows": "variant08"},
        "sad": {"mouth": "variant03", "eyes": "variant03", "eyebrows": "variant11"},
        "shock": {"mouth": "variant15", "eyes": "variant05", "eyebrows": "variant12"},
        "angry": {"mouth": "variant11", "eyes": "variant02", "eyebrows": "variant02"},
    },
    "open-peeps": {
        "calm": {"expression": "calm"},
        "happy": {"expression": "smileBig"},
        "sad": {"expression": "concerned"},
        "shock": {"expression": "fear"},
        "angry": {"expression": "angryWithFang"},
    },
}

# Parts that DiceBear would add at random; they are switched off, so that a character is the same on every page.
EXTRAS = {
    "adventurer": ("details", "glasses", "earrings"),
    "lorelei": ("beard", "freckles", "hairAccessories", "earrings"),
    "micah": ("facialHair", "glasses", "earrings"),
    "notionists": ("beard", "gesture", "clothesGraphic"),
    "open-peeps": ("mask",),
}
