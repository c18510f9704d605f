"""Drawn inputs in a stream of windows: another drawing for every sample, or always the same one of a page."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from grain.transforms import Map, RandomMap
from PIL import Image

from mangagan.color import to_bytes
from mangagan.data.archive.archive import Record
from mangagan.data.drawing import Drawing, draw_page
from mangagan.data.stream.transforms import CutMiddle, Decode, Images


@dataclass(frozen=True)
class Redraw(RandomMap):
    """Draws a window's "input" after itself, `size` pixels wide; "own" is used up.

    Where the picture's luminance was drawn by lot there is no input left: it is made of the target, as ever.
    """

    drawing: Drawing
    size: int

    def random_map(self, images: Images, rng: np.random.Generator) -> Images:
        kind = self.drawing.kind(rng)
        target: Images = {role: image for role, image in images.items() if role == "target"}
        if kind == "luminance" and target:
            return target
        page = draw_page(images["input"], (self.size, self.size), kind, self.drawing, rng, images.get("own"))
        target["input"] = Image.fromarray(to_bytes(page)[..., 0])
        return target


@dataclass(frozen=True)
class DrawnByName(Map):
    """A record's window with an input that is drawn the same way whenever and wherever that page is met."""

    decode: Decode
    cut: CutMiddle
    redraw: Redraw

    def map(self, record: Record) -> Images:
        return self.redraw.random_map(self.cut.map(self.decode.map(record)), hand_of(record.name))


def hand_of(name: str) -> np.random.Generator:
    """The chance by which the page of a name is drawn: the same for the same name."""
    return np.random.default_rng(np.frombuffer(sha256(name.encode()).digest(), np.uint32))
