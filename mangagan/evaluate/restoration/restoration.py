"""Evaluate a restorer on a folder of undamaged pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import jax
import numpy as np
from jaxtyping import UInt8
from tqdm import tqdm

from mangagan.config import Experiment
from mangagan.data.degradation.degrade import Gaussian, Noise
from mangagan.evaluate.restoration.conditions import Denoising, Inpainting, Truth, mean, truths, white_noises
from mangagan.evaluate.restoration.predict import whole_or_tiled
from mangagan.evaluate.restoration.restoration_table import classes_won, denoising_table, inpainting_table
from mangagan.images.errors import UnusableFile
from mangagan.tasks.base import Variables
from mangagan.tasks.inpaint import Inpaint


@dataclass(frozen=True)
class CleanPictures:
    """Which undamaged pictures are used: whole, or their centre squares of `window` pixels scaled to `size`."""

    folder: Path
    works: tuple[str, ...] = ()  # works or patterns of pictures' names; none: all
    pictures: int | None = None
    seed: int = 0
    size: int | None = None
    window: int | None = None

    def measured(
        self, metrics: Callable[[Truth, UInt8[np.ndarray, "h w 3"]], Any]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the metrics of each picture with their mean, and why pictures were skipped, by their names.

        Args:
            metrics: Returns the metrics of a picture and its 8-bit pixels.

        Raises:
            ValueError: There is no picture, or none that can be used.
        """
        by_picture, skipped = {}, {}
        for truth in tqdm(truths(self.folder, self.works, self.pictures), unit="picture"):
            try:
                pixels = truth.middle(self.size, self.window) if self.size else truth.pixels()
                by_picture[truth.name] = metrics(truth, pixels)
            except (UnusableFile, OSError) as reason:
                skipped[truth.name] = str(reason)
        if not by_picture:
            raise ValueError(f"no picture of {self.folder} can be used: {skipped}")
        return {"mean": mean(by_picture.values()), "by_picture": by_picture}, skipped


@dataclass(frozen=True)
class Restored:
    """The result of a restorer: the content of its file, the text for people, and what was skipped."""

    content: dict[str, Any]
    text: str
    skipped: dict[str, str]


def evaluate_denoiser(
    experiment: Experiment, variables: Variables, clean: CleanPictures, *, sigmas: Sequence[int], rounded: bool
) -> Restored:
    """Return the PSNR of a denoiser under white noise of each sigma; without a sigma, under its training noise.

    Args:
        experiment: The experiment that trained it.
        variables: The generator's variables.
        clean: The undamaged pictures.
        sigmas: Standard deviations, from 0 to 255.
        rounded: Whether noisy pictures are clipped and rounded to 8 bits.
    """
    damage = cast(Noise, experiment.data.damage)
    own = not isinstance(damage.kind, Gaussian) and not sigmas
    noises = (
        {type(damage.kind).__name__: replace(damage, gray=0.0)}
        if own
        else white_noises(sigmas or (25,), known=damage.known, rounded=rounded)
    )
    judge = Denoising(noises, clean.seed)
    predict = whole_or_tiled(experiment.task.predict, variables)
    metrics, skipped = clean.measured(lambda truth, pixels: judge.metrics(predict, truth, pixels))
    note = (
        ""
        if own
        else f"\nThe noisy pictures were {_CLIPPED if rounded else _AS_DRAWN}.{_training_note(damage, rounded)}"
    )
    protocol = {"noises": {name: str(noise) for name, noise in noises.items()}, "size": clean.size}
    return Restored(_content(clean, protocol, metrics), denoising_table(metrics["mean"]) + note, skipped)


def evaluate_inpainter(experiment: Experiment, variables: Variables, clean: CleanPictures) -> Restored:
    """Return L1, PSNR and SSIM of an inpainter by the size of the hole.

    Args:
        experiment: The experiment that trained it.
        variables: The generator's variables.
        clean: The undamaged pictures, with a size and a window.
    """
    judge, run = Inpainting(clean.seed), jax.jit(cast(Inpaint, experiment.task).stages)
    metrics, skipped = clean.measured(
        lambda truth, pixels: judge.metrics(lambda batch: run(variables, batch), truth, pixels)
    )
    text = f"{inpainting_table(metrics['mean'])}\n{classes_won(metrics['mean'], 'refined')}"
    return Restored(_content(clean, {"size": clean.size, "window": clean.window}, metrics), text, skipped)


_CLIPPED = "clipped and rounded to 8 bits, those of the other metrics were not"
_AS_DRAWN = "neither clipped nor rounded, as those of the other metrics"


def _training_note(damage: Noise, rounded: bool) -> str:
    if damage.rounded == rounded:
        return ""
    return f" The run was trained on noise that was {'' if damage.rounded else 'not '}rounded."


def _content(clean: CleanPictures, protocol: dict[str, Any], metrics: dict[str, Any]) -> dict[str, Any]:
    chosen = {"data": f"folder:{clean.folder}", "works": list(clean.works), "seed": clean.seed}
    return {"protocol": chosen | protocol, "pictures": len(metrics["by_picture"])} | metrics
