"""From an archive's record to a training example: decode, cut one window out of its pictures, scale, make arrays."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from grain.transforms import Map, RandomMap
from jaxtyping import Float, UInt8
from PIL import Image

from mangagan.color import from_bytes, lightness_gray, to_bytes
from mangagan.data.archive.archive import Record
from mangagan.images.ink_regions import ink_regions

# "own" is a page's own black and white, which drawn inputs may be made of.
Role = Literal["input", "target", "own"]
Form = Literal["color", "bw", "any"]
# Luminance of the page (ITU-R 601), the grey of the same CIE L, its ink and screentone, the page itself, or what
# `mangagan.data.drawing` makes of it.
Input = Literal["gray", "lightness", "bw", "color", "drawn"]
Images = dict[Role, Image.Image]


@dataclass(frozen=True)
class Decode(Map):
    """A record's pictures for the roles they play, in the form named; "any" is the colored form where there is one.

    With `keep` each process decodes a page once and holds it from then on: for sets that fit into memory.
    """

    forms: tuple[tuple[Role, Form], ...]
    keep: bool = False
    _kept: dict[str, Images] = field(default_factory=dict, repr=False, compare=False)

    def map(self, record: Record) -> Images:
        images = self._kept.get(record.name) or self._decoded(record)
        if self.keep:
            self._kept[record.name] = images
        return images

    def _decoded(self, record: Record) -> Images:
        forms = {role: form for role, form in self.forms if role != "own" or record.bw}
        pictures = {form: _decoded(record, form) for form in dict.fromkeys(forms.values())}
        return {role: pictures[form] for role, form in forms.items()}


@dataclass(frozen=True)
class Cut:
    """Cuts a square of about `window` pixels, clipped to the page's shorter side, and scales it to `size` pixels.

    Roles in `fine` are scaled to twice that size.
    """

    size: int
    window: int
    fine: tuple[Role, ...] = ()

    def at(self, images: Images, side: float, across: float, down: float, mirrored: bool = False) -> Images:
        """The same square of all pictures: `side` times the window, at a share of the way across and down in [0, 1]."""
        width, height = next(iter(images.values())).size
        edge = max(1, min(round(side * self.window), width, height))
        left, top = round(across * (width - edge)), round(down * (height - edge))
        box = (left, top, left + edge, top + edge)
        return {role: self._scaled(image.crop(box), role, mirrored) for role, image in images.items()}

    def _scaled(self, image: Image.Image, role: Role, mirrored: bool) -> Image.Image:
        side = 2 * self.size if role in self.fine else self.size
        scaled = image.resize((side, side), Image.Resampling.BICUBIC, reducing_gap=3.0)
        return scaled.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else scaled


@dataclass(frozen=True)
class CutMiddle(Map):
    """The middle of the page, exactly one window wide."""

    cut: Cut

    def map(self, images: Images) -> Images:
        return self.cut.at(images, side=1.0, across=0.5, down=0.5)


@dataclass(frozen=True)
class CutAnywhere(RandomMap):
    """A window anywhere on the page, its side varied by the share `jitter`, mirrored half of the time with `flip`.

    Before that the side is made larger or smaller by up to so many `octaves`, all scales equally likely.
    """

    cut: Cut
    jitter: float
    flip: bool
    octaves: float = 0.0

    def random_map(self, images: Images, rng: np.random.Generator) -> Images:
        # One draw for all pictures of the record: they stay aligned.
        side, across, down, mirror, octave = rng.random(5)
        zoom = 2.0 ** (self.octaves * (2 * octave - 1))
        return self.cut.at(images, zoom * (1 + self.jitter * (2 * side - 1)), across, down, self.flip and mirror < 0.5)


@dataclass(frozen=True)
class ToArrays(Map):
    """Pictures as float32 in [-1, 1]: "input" [h w 1], or [h w 3] in color, and RGB "target" [h w 3].

    A missing input is made of the target. With `instances` there are also the numbers of the input's regions,
    "instances" [h w], int32.
    """

    input: Input = "gray"
    instances: bool = False

    def map(self, images: Images) -> dict[str, Any]:
        arrays: dict[str, Any] = {role: _scaled(image) for role, image in images.items() if role == "target"}
        arrays["input"] = self._input(images.get("input") or images["target"])
        if self.instances:
            arrays["instances"] = ink_regions(_gray_bytes(arrays["input"]))
        return arrays

    def _input(self, image: Image.Image) -> Float[np.ndarray, "h w c"]:
        if self.input == "color":
            return _scaled(image)
        lightness = self.input == "lightness" and image.mode == "RGB"
        return _same_lightness(_scaled(image)) if lightness else _scaled(image.convert("L"))


def _decoded(record: Record, form: Form) -> Image.Image:
    data = record.bw if form == "bw" or (form == "any" and not record.color) else record.color
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def _scaled(image: Image.Image) -> Float[np.ndarray, "h w c"]:
    pixels = from_bytes(np.asarray(image))
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _gray_bytes(picture: Float[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "h w"]:
    pixels = to_bytes(picture)
    return np.asarray(Image.fromarray(pixels).convert("L")) if pixels.shape[-1] == 3 else pixels[..., 0]


def _same_lightness(picture: Float[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w 1"]:
    return (lightness_gray((picture + 1) / 2) * 2 - 1).astype(np.float32)
