"""An experiment: the task, the data and the training, as frozen values.

`mangagan.overrides` changes and describes them. `Experiment.task` takes any `mangagan.tasks.base.Task`, also one of a
user's own file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import jax

from mangagan.data.settings import Data
from mangagan.data.stream.page_palettes import NoPalettes
from mangagan.palette_bins import BINS
from mangagan.tasks.base import Task
from mangagan.tasks.denoise import Denoise
from mangagan.tasks.hinted import Hinted
from mangagan.tasks.inpaint import Inpaint
from mangagan.tasks.paired import Paired
from mangagan.tasks.palette_guided import PaletteGuided
from mangagan.tasks.pix2pixhd import Pix2PixHD
from mangagan.tasks.unpaired import Unpaired

# Imported so that `override` knows them by name; the order is that of the experiments in the documentation.
TASKS: tuple[type[Task], ...] = (Paired, Unpaired, Pix2PixHD, Hinted, PaletteGuided, Inpaint, Denoise)


@dataclass(frozen=True)
class Constant:
    """A learning rate that stays the same."""

    rate: float = 2e-4


@dataclass(frozen=True)
class Linear:
    """A rate that stays for the share `hold` of the run, then decays linearly to zero.

    Source: Pix2Pix and CycleGAN train for 100 + 100 epochs (junyanz/pytorch-CycleGAN-and-pix2pix).
    """

    rate: float = 2e-4
    hold: float = 0.5


@dataclass(frozen=True)
class Step:
    """A rate that is multiplied by `factor` every `every_epochs` epochs (step decay)."""

    rate: float = 2e-4
    factor: float = 0.1
    every_epochs: int = 30


@dataclass(frozen=True)
class Cosine:
    """A rate that decays from `rate` to zero along half a cosine."""

    rate: float = 2e-4


Schedule = Constant | Linear | Step | Cosine


@dataclass(frozen=True)
class Adam:
    """Adam with its schedule. GANs train with beta1 0.5 (Radford et al. 2016, arXiv 1511.06434)."""

    schedule: Schedule = field(default_factory=Linear)
    beta1: float = 0.5
    beta2: float = 0.999
    epsilon: float = 1e-8


# Metrics of which the highest value is the best; of all others it is the lowest.
HIGHEST_IS_BEST = frozenset({"evaluation/psnr"})


@dataclass(frozen=True)
class Train:
    """How long a run trains, with which optimisers, and how often it reports.

    `steps` takes precedence over `epochs`. Periods count steps; 0 switches a report off, except after the last step.
    """

    epochs: int = 200
    steps: int | None = None
    init_from: str = ""  # initial generator: a run, a model (`base`), or published weights as LAYOUT:FILE
    seed: int = 0
    generator: Adam = field(default_factory=Adam)
    discriminator: Adam = field(default_factory=Adam)
    ema_decay: float = 0.999
    every_log_steps: int = 50
    every_grid_steps: int = 1000
    every_evaluation_steps: int = 5000
    every_checkpoint_steps: int = 5000
    evaluation_pages: int = 64
    keep_last: int = 3
    keep_best: Literal["evaluation/ciede2000", "evaluation/l1", "evaluation/psnr"] = "evaluation/ciede2000"

    def __post_init__(self) -> None:
        least = {"epochs": 1, "keep_last": 1} | ({} if self.steps is None else {"steps": 1})
        wrong = [f"train.{name}={getattr(self, name)}" for name, low in least.items() if getattr(self, name) < low]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: must be at least 1")


@dataclass(frozen=True)
class Experiment:
    """One learning problem with its data and its training: everything that a run depends on."""

    task: Task
    data: Data = field(default_factory=Data)
    train: Train = field(default_factory=Train)
    precision: Literal["float32", "bfloat16"] = "float32"

    @property
    def conditioning(self) -> frozenset[str]:
        """The inputs that the generator was trained with, of those that its task can take."""
        missing = {"palette"} if self.data.palettes == NoPalettes() else set()
        return self.task.conditioning - missing


def example_batch(experiment: Experiment) -> dict[str, jax.ShapeDtypeStruct]:
    """Return the shapes of a batch over all devices.

    Raises:
        ValueError: The data has palettes, and the task takes none.
    """
    data = experiment.data
    shape = (data.batch_size, data.size, data.size)
    channels = {"input": 3 if data.input == "color" else 1, "target": 3} | dict.fromkeys(data.damage.maps, 1)
    pictures = {name: jax.ShapeDtypeStruct((*shape, count), "float32") for name, count in channels.items()}
    if data.palettes != NoPalettes():
        if "palette" not in experiment.task.conditioning:
            used = f"data.palettes={type(data.palettes).__name__}: {type(experiment.task).__name__} takes no palettes"
            raise ValueError(f"{used}; set data.palettes=NoPalettes")
        pictures["palette"] = jax.ShapeDtypeStruct((data.batch_size, BINS), "float32")
    return pictures | ({"instances": jax.ShapeDtypeStruct(shape, "int32")} if data.instances else {})
