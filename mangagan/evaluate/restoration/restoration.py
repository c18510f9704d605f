"""Evaluate a restorer on a folder of undamaged pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import jax
from tqdm import tqdm

from mangagan.config import Experiment
from mangagan.data.degradation.degrade import Gaussian, Noise
from mangagan.evaluate.restoration.conditions import Denoising, Inpainting, area_names, white_noises
from mangagan.evaluate.restoration.predict import whole_or_tiled
from mangagan.evaluate.result import MetricValues, PageMetrics, Result
from mangagan.evaluate.true_pages import Pixels, TruePage, describe_pages, true_pages, unusable_files
from mangagan.images.errors import UnusableFile
from mangagan.tasks.base import Batch, Task, Variables

# The last stage of an inpainting network, whose pictures are its predictions; other stages are baselines.
REFINED = "refined"
# The metrics of one page: by kind of input, then by output.
PageOutputs = Mapping[str, Mapping[str, MetricValues]]


@dataclass(frozen=True)
class CleanPictures:
    """Which undamaged pictures are used: whole, or their centre squares of `window` pixels scaled to `size`.

    Raises:
        ValueError: There is no picture, or no such work.
    """

    folder: Path
    works: tuple[str, ...] = ()  # works or patterns of pictures' names; none: all
    count: int | None = None
    seed: int = 0
    size: int | None = None
    window: int | None = None

    @cached_property
    def pages(self) -> list[TruePage]:
        """The pictures, of which some may turn out to be broken."""
        return true_pages(self.folder, self.works, self.count)

    def describe(self) -> dict[str, Any]:
        """Return the part of `Result.protocol` that denoising and inpainting share."""
        chosen = {"data": f"folder:{self.folder}", "size": self.size, "window": self.window, "seed": self.seed}
        return chosen | describe_pages(self.pages)

    def measure(self, metrics: Callable[[TruePage, Pixels], PageOutputs], prediction: str) -> dict[str, Any]:
        """Return the pages, the baselines and the skipped pictures of a `Result`.

        Args:
            metrics: Returns the metrics of a picture and its 8-bit pixels, by kind of input and output.
            prediction: The output that is the network's; all others are baselines.

        Raises:
            ValueError: None of the pictures can be used.
        """
        rows: dict[str, list[PageMetrics]] = {}
        skipped = unusable_files(self.folder)
        for page in tqdm(self.pages, unit="picture"):
            try:
                pixels = page.center(self.size, self.window) if self.size else page.pixels()
                measured = metrics(page, pixels)
            except (UnusableFile, OSError) as reason:
                skipped[page.name] = str(reason)
                continue
            for kind, outputs in measured.items():
                for output, values in outputs.items():
                    rows.setdefault(output, []).append(PageMetrics(page.name, page.work, kind, values))
        if not rows:
            raise ValueError(f"no picture of {self.folder} can be used: {skipped}")
        pages = tuple(rows.pop(prediction))
        return {"pages": pages, "baselines": {name: tuple(of) for name, of in rows.items()}, "skipped": skipped}


@dataclass(frozen=True)
class DenoisingProtocol:
    """Undamaged pictures and the noises that are added to them."""

    clean: CleanPictures
    noises: Mapping[str, Noise]

    def describe(self) -> dict[str, Any]:
        """Return `Result.protocol`: all that the metrics depend on apart from the network."""
        # Whether the network is told sigma is a matter of the network.
        noises = {name: str(replace(noise, known=False)) for name, noise in self.noises.items()}
        return {"name": "denoise", **self.clean.describe(), "kinds": [*self.noises], "noises": noises}


@dataclass(frozen=True)
class InpaintingProtocol:
    """Undamaged pictures, with a size, in each of which a hole of each class of area is cut."""

    clean: CleanPictures

    def describe(self) -> dict[str, Any]:
        """Return `Result.protocol`: all that the metrics depend on apart from the network."""
        return {"name": "inpaint", **self.clean.describe(), "kinds": area_names()}


def choose_noises(damage: Noise, sigmas: tuple[int, ...], *, rounded: bool) -> dict[str, Noise]:
    """Return the noises that a denoiser is tested with, by name.

    Without a sigma it is the noise of the training, or white noise of sigma 25 for networks that were trained with
    white noise.

    Args:
        damage: The noise of the training.
        sigmas: Standard deviations of white noise, from 0 to 255.
        rounded: Whether pictures with white noise are clipped and rounded to 8 bits.
    """
    if not isinstance(damage.kind, Gaussian) and not sigmas:
        return {type(damage.kind).__name__: replace(damage, gray=0.0)}
    return white_noises(sigmas or (25,), known=damage.known, rounded=rounded)


def evaluate_denoiser(name: str, experiment: Experiment, variables: Variables, protocol: DenoisingProtocol) -> Result:
    """Return the PSNR of a denoiser, and of the noisy pictures, for each noise.

    Args:
        name: The name of the run.
        experiment: The experiment that trained it.
        variables: The generator's variables.
        protocol: The pictures and the noises.
    """
    conditions = Denoising(protocol.noises, protocol.clean.seed)
    predict = whole_or_tiled(experiment.task.predict, variables)

    def metrics(page: TruePage, pixels: Pixels) -> PageOutputs:
        return {kind: {"": values} for kind, values in conditions.metrics(predict, page, pixels).items()}

    return Result(name, protocol.describe(), task="denoise", **protocol.clean.measure(metrics, ""))


def evaluate_inpainter(name: str, experiment: Experiment, variables: Variables, protocol: InpaintingProtocol) -> Result:
    """Return L1, PSNR and SSIM of an inpainter, its stages and trivial fills by the size of the hole.

    Args:
        name: The name of the run.
        experiment: The experiment that trained it.
        variables: The generator's variables.
        protocol: The pictures.
    """
    conditions, stages = Inpainting(protocol.clean.seed), _stages(experiment.task, variables)

    def metrics(page: TruePage, pixels: Pixels) -> PageOutputs:
        return conditions.metrics(stages, page, pixels)

    return Result(name, protocol.describe(), task="inpaint", **protocol.clean.measure(metrics, REFINED))


def _stages(task: Task, variables: Variables) -> Callable[[Batch], Mapping[str, Any]]:
    """Return the pictures of each stage of a network; the prediction of a task without stages is its only one."""
    of_task = cast("Callable[[Variables, Batch], Mapping[str, Any]] | None", getattr(task, "stages", None))
    run = jax.jit(of_task or (lambda variables, batch: {REFINED: task.predict(variables, batch)}))
    return lambda batch: run(variables, batch)
