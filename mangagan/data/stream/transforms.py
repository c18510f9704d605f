"""From an archive's record to a training example: decode, crop all pictures alike, scale, make arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from grain.transforms import Map, RandomMap
from jaxtyping import Float, UInt8
from PIL import Image

from mangagan.color import from_bytes, lightness_gray, to_bytes
from mangagan.data.archive.archive import Record
from mangagan.data.archive.record_picture import record_picture
from mangagan.images.ink_regions import ink_regions

# "own" is the black-and-white form of a page, which drawn inputs may use.
Role = Literal["input", "target", "own"]
Form = Literal["color", "bw", "any"]
# The luminance of the page (ITU-R 601), the grey of equal CIE L, its ink and screentone, the page itself, or a drawing
# of it by `mangagan.data.drawing`.
Input = Literal["gray", "lightness", "bw", "color", "drawn"]
Images = dict[Role, Image.Image]


@dataclass(frozen=True)
class Decode(Map):
    """Decodes the pictures of a record for each role, in the given form; "any" is the coloured form where there is one.

    With `keep` each process decodes a page once and keeps it: for data sets that fit into memory.
    """

    forms: tuple[tuple[Role, Form], ...]
    keep: bool = False
    _cache: dict[str, Images] = field(default_factory=dict, repr=False, compare=False)

    def map(self, record: Record) -> Images:
        images = self._cache.get(record.name) or self._decoded(record)
        if self.keep:
            self._cache[record.name] = images
        return images

    def _decoded(self, record: Record) -> Images:
        forms = {role: form for role, form in self.forms if role != "own" or record.bw}
        pictures = {form: _open_form(record, form) for form in dict.fromkeys(forms.values())}
        return {role: pictures[form] for role, form in forms.items()}


@dataclass(frozen=True)
class Crop:
    """Crops a square of about `window` pixels, at most the shorter side of the page, and scales it to `size` pixels.

    Roles in `fine` are scaled to twice that size, for drawings, whose screens are finer than the pixels.
    """

    size: int
    window: int
    fine: tuple[Role, ...] = ()

    def crop_at(self, images: Images, side: float, across: float, down: float, mirrored: bool = False) -> Images:
        """Crop the same square from all pictures.

        Args:
            images: pictures of equal size by role.
            side: of the square, relative to `window`.
            across: horizontal position in [0, 1], from the left edge to the right edge of the page.
            down: vertical position in [0, 1], from the top to the bottom.
            mirrored: whether the squares are flipped left to right.
        """
        width, height = next(iter(images.values())).size
        edge = max(1, min(round(side * self.window), width, height))
        left, top = round(across * (width - edge)), round(down * (height - edge))
        box = (left, top, left + edge, top + edge)
        return {role: self._scale(image.crop(box), role, mirrored) for role, image in images.items()}

    def _scale(self, image: Image.Image, role: Role, mirrored: bool) -> Image.Image:
        side = 2 * self.size if role in self.fine else self.size
        # `reducing_gap` lets Pillow shrink by a whole factor first: faster, and hardly different.
        scaled = image.resize((side, side), Image.Resampling.BICUBIC, reducing_gap=3.0)
        return scaled.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else scaled


@dataclass(frozen=True)
class CenterCrop(Map):
    """Crops the middle of the page, exactly one window wide."""

    crop: Crop

    def map(self, images: Images) -> Images:
        return self.crop.crop_at(images, side=1.0, across=0.5, down=0.5)


@dataclass(frozen=True)
class RandomCrop(RandomMap):
    """Crops a random square whose side varies by the share `jitter`; with `flip` half of the squares are mirrored.

    The side is also multiplied by a factor of up to 2**`octaves` or down to 2**-`octaves`, sampled log-uniformly.
    """

    crop: Crop
    jitter: float
    flip: bool
    octaves: float = 0.0

    def random_map(self, images: Images, rng: np.random.Generator) -> Images:
        # One draw for all pictures of the record, so that they stay aligned. Always five numbers, so that the octaves
        # do not change the other four.
        side, across, down, mirror, octave = rng.random(5)
        zoom = 2.0 ** (self.octaves * (2 * octave - 1))
        scale = zoom * (1 + self.jitter * (2 * side - 1))
        return self.crop.crop_at(images, scale, across, down, self.flip and mirror < 0.5)


@dataclass(frozen=True)
class ToArrays(Map):
    """Converts pictures to float32 in [-1, 1]: "input" [h w 1], or [h w 3] in colour, and RGB "target" [h w 3].

    A missing input is computed from the target. With `instances` there is also "instances" [h w], int32, which numbers
    the regions of the input.
    """

    input: Input = "gray"
    instances: bool = False

    def map(self, images: Images) -> dict[str, Any]:
        arrays: dict[str, Any] = {role: _to_array(image) for role, image in images.items() if role == "target"}
        arrays["input"] = self._input(images.get("input") or images["target"])
        if self.instances:
            arrays["instances"] = ink_regions(_gray_bytes(arrays["input"]))
        return arrays

    def _input(self, image: Image.Image) -> Float[np.ndarray, "h w c"]:
        if self.input == "color":
            return _to_array(image)
        lightness = self.input == "lightness" and image.mode == "RGB"
        return _same_lightness(_to_array(image)) if lightness else _to_array(image.convert("L"))


def _open_form(record: Record, form: Form) -> Image.Image:
    data = record.bw if form == "bw" or (form == "any" and not record.color) else record.color
    return record_picture(record.name, data)


def _to_array(image: Image.Image) -> Float[np.ndarray, "h w c"]:
    pixels = from_bytes(np.asarray(image))
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _gray_bytes(picture: Float[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "h w"]:
    pixels = to_bytes(picture)
    return np.asarray(Image.fromarray(pixels).convert("L")) if pixels.shape[-1] == 3 else pixels[..., 0]


def _same_lightness(picture: Float[np.ndarray, "h w 3"]) -> Float[np.ndarray, "h w 1"]:
    return (lightness_gray((picture + 1) / 2) * 2 - 1).astype(np.float32)
