"""Remove the noise from pictures and volumes with a trained network.

clean = mangagan.load("runs/restore_denoise")
clean("scan.png").save("scan-clean.png")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, UInt8
from PIL import Image

from mangagan.color import from_bytes, to_bytes
from mangagan.images.picture import Pixels
from mangagan.images.volume import Volume
from mangagan.infer.restore.stored_page import AnyPicture, StoredPages, open_picture, to_image
from mangagan.infer.volume.page_stages import PageInput
from mangagan.infer.volume.plan import To
from mangagan.infer.volume.process_one import process_one
from mangagan.infer.volume.report import PageReport
from mangagan.tasks.base import Batch, Variables
from mangagan.tiles import PAGE_TILES, Tiles

# A task's `predict`: takes "input" [b h w 3] in [-1, 1], and "sigma" [b h w 1] of a known noise.
Predict = Callable[[Variables, Batch], Float[Array, "b h w 3"]]


@dataclass(frozen=True)
class Denoiser:
    """Removes noise from pictures of any size, tile by tile.

    Attributes:
        predict: The task's `predict`.
        variables: The generator's variables.
        takes_sigma: Whether the network needs the standard deviation of the noise; else it is blind.
        sigma: That standard deviation, from 0 to 255.
        tiles: How pictures are cut.
        identity: Tells this network and program from others.
    """

    predict: Predict
    variables: Variables
    takes_sigma: bool = False
    sigma: float | None = None
    tiles: Tiles = Tiles(PAGE_TILES.size, PAGE_TILES.overlap)
    identity: str = ""

    participle: ClassVar[str] = "denoised"
    colors: ClassVar[bool] = False

    def __call__(self, picture: AnyPicture, *, sigma: float | None = None) -> Image.Image:
        """Return a picture without its noise, of the same size and mode.

        Args:
            picture: A path, a PIL image, or an array [h w] or [h w 3] of 8 bits.
            sigma: The standard deviation of the noise, from 0 to 255, for networks that take it.

        Raises:
            ValueError: The picture cannot be restored, or sigma does not fit the network.
        """
        stored = open_picture(picture)
        return to_image(self.with_sigma(self.sigma if sigma is None else sigma).denoise(stored.pixels), stored)

    def with_sigma(self, sigma: float | None) -> Denoiser:
        """Return the same denoiser for noise of this standard deviation, from 0 to 255.

        Raises:
            ValueError: The network is blind, or needs sigma and there is none.
        """
        if self.takes_sigma and sigma is None:
            raise ValueError("this network takes the standard deviation of the noise: give sigma, such as 25")
        if sigma is not None and not self.takes_sigma:
            raise ValueError(f"sigma={sigma:g}: this network takes no standard deviation")
        return replace(self, sigma=sigma)

    def volume(
        self,
        source: str | Path,
        output: str | Path,
        *,
        sigma: float | None = None,
        to: To | None = None,
        overwrite: bool = False,
    ) -> Iterator[PageReport]:
        """Denoise a volume, and yield what became of each page as soon as it is finished (see `Colorizer.volume`).

        Raises:
            ValueError: There is no such source, or sigma does not fit the network.
        """
        return process_one(self.with_sigma(self.sigma if sigma is None else sigma), source, output, to, overwrite)

    def begin_volume(self, title: str, volume: Volume) -> VolumeDenoiser:
        """Return the denoiser of one open volume."""
        return VolumeDenoiser(self)

    def denoise(self, pixels: Pixels) -> Pixels:
        """Return denoised pixels.

        Args:
            pixels: 8-bit values.
        """
        sigma = None if self.sigma is None else jnp.float32(self.sigma / 255)

        def predict(maps: dict[str, Any]) -> Any:
            return self._compiled(self.variables, maps["pixels"], sigma)

        return to_bytes(self.tiles.predict({"pixels": pixels}, predict))

    @cached_property
    def _compiled(self) -> Callable[..., Array]:
        @jax.jit
        def predict(
            variables: Variables, pixels: UInt8[Array, "b t t 3"], sigma: Float[Array, ""] | None
        ) -> Float[Array, "b t t 3"]:
            batch = {"input": from_bytes(pixels)}
            if sigma is not None:
                batch["sigma"] = jnp.broadcast_to(sigma, (*pixels.shape[:3], 1))
            return self.predict(variables, batch)

        return predict


@dataclass(frozen=True)
class VolumeDenoiser(StoredPages):
    """Denoises the pages of one volume (see `VolumeProcessor`)."""

    denoiser: Denoiser

    def process(self, page: PageInput) -> Pixels:
        """Return the denoised pixels of a page."""
        return self.denoiser.denoise(np.asarray(page.pixels))

    def identity(self, page: str) -> str:
        """Return what decides the result: program, network, sigma and tiles."""
        return f"{self.denoiser.identity} {self.denoiser.sigma} {self.denoiser.tiles}"
