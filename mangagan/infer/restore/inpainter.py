"""Fill holes in pictures and volumes with a trained network.

fill = mangagan.load("runs/restore_inpaint")
fill("page.png", mask="mask.png").save("page-whole.png")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, UInt8
from PIL import Image

from mangagan.color import from_bytes, to_bytes
from mangagan.images.errors import UnusableFile
from mangagan.images.picture import Picture, Pixels
from mangagan.images.volume import Volume
from mangagan.infer.restore.hole_pyramid import erode, halve, upscale
from mangagan.infer.restore.holes import Hole, HoleSource
from mangagan.infer.restore.stored_page import AnyPicture, StoredPages, open_picture, to_image
from mangagan.infer.volume.page_stages import Keep, PageInput
from mangagan.infer.volume.plan import To
from mangagan.infer.volume.process_one import process_one
from mangagan.infer.volume.report import PageReport
from mangagan.tasks.base import Batch, Variables
from mangagan.tiles import PAGE_TILES, Tiles

# A task's `predict`: takes "input" [b h w 3] in [-1, 1] and "mask" [b h w 1], 1 in the hole.
Predict = Callable[[Variables, Batch], Float[Array, "b h w 3"]]


@dataclass(frozen=True)
class Inpainter:
    """Fills holes in pictures of any size, tile by tile; all other pixels stay as they are.

    Attributes:
        predict: The task's `predict`.
        variables: The generator's variables.
        holes: Where the holes of a volume's pages are.
        tiles: How pictures are cut.
        identity: Tells this network and program from others.
    """

    predict: Predict
    variables: Variables
    holes: HoleSource = HoleSource()
    tiles: Tiles = Tiles(PAGE_TILES.size, PAGE_TILES.overlap)
    identity: str = ""

    participle: ClassVar[str] = "inpainted"
    colors: ClassVar[bool] = False

    def __call__(self, picture: AnyPicture, *, mask: AnyPicture | None = None, hole: str | None = None) -> Image.Image:
        """Return a picture with its holes filled, of the same size and mode.

        Args:
            picture: A path, a PIL image, or an array [h w] or [h w 3] of 8 bits.
            mask: A picture of the same size, white in the hole.
            hole: "black" or "white": the hole is every pixel of exactly this colour. Without either, the hole is where
                the picture is fully transparent; it becomes opaque.

        Raises:
            ValueError: The picture cannot be restored, or the mask does not fit it.
        """
        stored = open_picture(picture)
        try:
            if mask is not None:
                found = self.holes.in_mask(stored, open_picture(mask).encode())
            else:
                found = replace(self.holes, color=hole, masks=None).in_picture(stored)
            filled = self.fill(stored.pixels, found) if found.any() else stored.pixels
        except UnusableFile as error:
            raise ValueError(str(error)) from error
        opened = mask is None and hole is None
        return to_image(filled, replace(stored, alpha=without_hole(stored, found)) if opened else stored)

    def volume(
        self,
        source: str | Path,
        output: str | Path,
        *,
        masks: str | Path | None = None,
        hole: str | None = None,
        to: To | None = None,
        overwrite: bool = False,
    ) -> Iterator[PageReport]:
        """Fill the holes of a volume's pages, and yield what became of each page as soon as it is finished.

        Args:
            source: A picture, a folder, an archive or a PDF.
            output: A folder, or the file of the result.
            masks: One mask for all pages, or a folder of masks of the same names.
            hole: "black" or "white", as in a call.
            to: What volumes become; None keeps folders folders, and archives CBZ.
            overwrite: Whether existing output is replaced.

        Raises:
            ValueError: There is no such source, or the output does not fit it.
        """
        holes = HoleSource(Path(masks) if masks else None, hole)
        return process_one(replace(self, holes=holes), source, output, to, overwrite)

    def begin_volume(self, title: str, volume: Volume) -> VolumeInpainter:
        """Return the inpainter of one open volume."""
        return VolumeInpainter(self, title)

    def fill(self, pixels: Pixels, hole: Hole) -> Pixels:
        """Return a picture with its hole filled.

        A hole may be larger than a tile. What lies deeper in it than a quarter of a tile is filled in the picture of
        half the size, where the same rule applies, and then guides the tiles around it: every tile has known pixels.

        Args:
            pixels: 8-bit values.
            hole: The pixels to fill.

        Raises:
            UnusableFile: Nothing of the picture is known.
        """
        if hole.all():
            raise UnusableFile("all of it is a hole: nothing is known to fill it from")
        here = hole
        if max(hole.shape) > self.tiles.size and (deep := erode(hole, self.tiles.size // 4)).any():
            pixels = np.where(deep[..., None], upscale(self.fill(*halve(pixels, hole)), hole), pixels)
            here = hole & ~deep

        def predict(maps: dict[str, Any]) -> Any:
            return self._compiled(self.variables, maps["pixels"], maps["hole"])

        fresh = self.tiles.predict({"pixels": pixels, "hole": here[..., None]}, predict, wanted=here)
        return np.where(here[..., None], to_bytes(fresh), pixels) if here.any() else pixels

    @cached_property
    def _compiled(self) -> Callable[..., Array]:
        @jax.jit
        def predict(
            variables: Variables, pixels: UInt8[Array, "b t t 3"], hole: Bool[Array, "b t t 1"]
        ) -> Float[Array, "b t t 3"]:
            known = jnp.where(hole, 0.0, from_bytes(pixels))
            return self.predict(variables, {"input": known, "mask": hole.astype(jnp.float32)})

        return predict


@dataclass(frozen=True)
class VolumeInpainter(StoredPages):
    """Fills the holes of the pages of one volume (see `VolumeProcessor`)."""

    inpainter: Inpainter
    title: str

    def process(self, page: PageInput) -> Pixels | Keep:
        """Return a page with its holes filled. Raises UnusableFile for a page whose hole is not known."""
        hole = self.inpainter.holes.of_page(page.envelope, self.title, page.name)
        return self.inpainter.fill(page.pixels, hole) if hole.any() else Keep("it has no hole")

    def encode(self, pixels: Pixels, picture: Picture) -> bytes:
        """Return the file of a page; transparent holes that were filled are opaque."""
        holes = self.inpainter.holes
        if holes.is_transparency and picture.alpha is not None:
            picture = replace(picture, alpha=without_hole(picture, picture.alpha == 0))
        return super().encode(pixels, picture)

    def identity(self, page: str) -> str:
        """Return what decides the result: program, network, mask and tiles."""
        try:
            mask = self.inpainter.holes.mask_bytes(self.title, page)
            digest = sha256(mask).hexdigest() if mask is not None else self.inpainter.holes.color
        except UnusableFile:
            digest = None  # `process` says what is wrong with the mask
        return f"{self.inpainter.identity} {digest} {self.inpainter.tiles}"


def without_hole(picture: Picture, hole: Hole) -> UInt8[np.ndarray, "h w"] | None:
    """Return the alpha channel of a picture whose transparent hole is filled: opaque there.

    Args:
        picture: The source.
        hole: The pixels that were filled.
    """
    return None if picture.alpha is None else np.where(hole, np.uint8(255), picture.alpha)
