"""Drawn inputs in the stream: a new drawing for every example, or always the same one for a page."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from grain.transforms import Map, RandomMap
from PIL import Image

from mangagan.color import to_bytes
from mangagan.data.archive.archive import Record
from mangagan.data.drawing import Drawing, draw_page
from mangagan.data.stream.transforms import CenterCrop, Decode, Images


@dataclass(frozen=True)
class Redraw(RandomMap):
    """Replaces "input" by a drawing of it, `size` pixels wide, and removes "own".

    Where the sampled style is the luminance and there is a target, "input" is removed, too: `ToArrays` then computes it
    from the target exactly as for undrawn inputs.
    """

    drawing: Drawing
    size: int

    def random_map(self, images: Images, rng: np.random.Generator) -> Images:
        style = self.drawing.sample_style(rng)
        target: Images = {role: image for role, image in images.items() if role == "target"}
        if style == "luminance" and target:
            return target
        page = draw_page(images["input"], (self.size, self.size), style, self.drawing, rng, images.get("own"))
        target["input"] = Image.fromarray(to_bytes(page)[..., 0])
        return target


@dataclass(frozen=True)
class DrawnByName(Map):
    """Crops and draws a record with the random generator of its name, so that a page always has the same drawing."""

    decode: Decode
    crop: CenterCrop
    redraw: Redraw

    def map(self, record: Record) -> Images:
        return self.redraw.random_map(self.crop.map(self.decode.map(record)), page_rng(record.name))


def page_rng(name: str) -> np.random.Generator:
    """Return a random generator that depends on the name of a page alone."""
    # Not `hash`, which differs between processes.
    return np.random.default_rng(np.frombuffer(sha256(name.encode()).digest(), np.uint32))
