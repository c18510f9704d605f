"""A run that restores pictures, judged on a folder of sound ones."""

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
class Sound:
    """Which sound pictures are damaged, and what of them is judged: all, or middle squares of `window` as `size`."""

    folder: Path
    works: tuple[str, ...] = ()  # or patterns of pictures' names; none: all
    pictures: int | None = None
    seed: int = 0
    size: int | None = None
    window: int | None = None

    def judged(
        self, metrics: Callable[[Truth, UInt8[np.ndarray, "h w 3"]], Any]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """The metrics of each picture and their mean, and reasons by the names of those that were skipped.

        Raises ValueError where there is no picture, or none that can be used.
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
    """What was found: for a file, for people, and what was skipped."""

    content: dict[str, Any]
    text: str
    skipped: dict[str, str]


def evaluate_denoiser(
    experiment: Experiment, variables: Variables, sound: Sound, *, sigmas: Sequence[int], rounded: bool
) -> Restored:
    """PSNR of a denoiser under white noise of each sigma; with no sigma, under the noise that it has learned from."""
    damage = cast(Noise, experiment.data.damage)
    own = not isinstance(damage.kind, Gaussian) and not sigmas
    noises = (
        {type(damage.kind).__name__: replace(damage, gray=0.0)}
        if own
        else white_noises(sigmas or (25,), known=damage.known, rounded=rounded)
    )
    judge = Denoising(noises, sound.seed)
    predict = whole_or_tiled(experiment.task.predict, variables)
    metrics, skipped = sound.judged(lambda truth, pixels: judge.metrics(predict, truth, pixels))
    note = "" if own else f"\nThe noisy pictures were {_CLIPPED if rounded else _AS_DRAWN}.{_learned(damage, rounded)}"
    protocol = {"noises": {name: str(noise) for name, noise in noises.items()}, "size": sound.size}
    return Restored(_content(sound, protocol, metrics), denoising_table(metrics["mean"]) + note, skipped)


def evaluate_inpainter(experiment: Experiment, variables: Variables, sound: Sound) -> Restored:
    """L1, PSNR and SSIM of a run that fills holes, by the size of the hole; `sound` has a size and a window."""
    judge, run = Inpainting(sound.seed), jax.jit(cast(Inpaint, experiment.task).stages)
    metrics, skipped = sound.judged(
        lambda truth, pixels: judge.metrics(lambda batch: run(variables, batch), truth, pixels)
    )
    text = f"{inpainting_table(metrics['mean'])}\n{classes_won(metrics['mean'], 'refined')}"
    return Restored(_content(sound, {"size": sound.size, "window": sound.window}, metrics), text, skipped)


_CLIPPED = "clipped and rounded to 8 bits, those of the other metrics were not"
_AS_DRAWN = "neither clipped nor rounded, as those of the other metrics"


def _learned(damage: Noise, rounded: bool) -> str:
    if damage.rounded == rounded:
        return ""
    return f" The run has learned from noise that was {'' if damage.rounded else 'not '}rounded."


def _content(sound: Sound, protocol: dict[str, Any], metrics: dict[str, Any]) -> dict[str, Any]:
    chosen = {"data": f"folder:{sound.folder}", "works": list(sound.works), "seed": sound.seed}
    return {"protocol": chosen | protocol, "pictures": len(metrics["by_picture"])} | metrics
