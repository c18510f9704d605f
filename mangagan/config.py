"""An experiment: what is learned, from which pages, and how.

Frozen values only; `mangagan.overrides` changes and describes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import jax

from mangagan.data.settings import Data
from mangagan.data.stream.page_palettes import NoPalettes
from mangagan.palette_bins import BINS
from mangagan.tasks.denoise import Denoise
from mangagan.tasks.hinted import Hinted
from mangagan.tasks.inpaint import Inpaint
from mangagan.tasks.paired import Paired
from mangagan.tasks.palette_guided import Steered
from mangagan.tasks.pix2pixhd import PairedHD
from mangagan.tasks.unpaired import Unpaired


@dataclass(frozen=True)
class Constant:
    """The same rate at every step."""

    rate: float = 2e-4


@dataclass(frozen=True)
class Linear:
    """The rate is held for a share of the run, then falls on a line to zero (pix2pix, CycleGAN: 100 + 100 epochs)."""

    rate: float = 2e-4
    hold: float = 0.5


@dataclass(frozen=True)
class Step:
    """The rate is multiplied by `factor` after every `every_epochs` passes over the data."""

    rate: float = 2e-4
    factor: float = 0.1
    every_epochs: int = 30


@dataclass(frozen=True)
class Cosine:
    """The rate falls on half a cosine from `rate` to zero at the end of the run."""

    rate: float = 2e-4


Schedule = Constant | Linear | Step | Cosine


@dataclass(frozen=True)
class Adam:
    """Adam with its schedule; beta1 0.5 is the value that GAN training settled on (Radford et al. 2016)."""

    schedule: Schedule = field(default_factory=Linear)
    beta1: float = 0.5
    beta2: float = 0.999
    epsilon: float = 1e-8


# Of these figures the highest is the best, of the others the lowest.
HIGHEST_IS_BEST = frozenset({"evaluation/psnr"})


@dataclass(frozen=True)
class Train:
    """How long, with which optimisers, and how often a run reports.

    `steps` overrules `epochs` where it is given. Periods count steps; 0 switches a report off (the last step still
    makes one).
    """

    epochs: int = 200
    steps: int | None = None
    start: str = ""  # what the generator begins from: a run's or model's folder, base, LAYOUT:FILE of published weights
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
            raise ValueError(f"{', '.join(wrong)}: 1 is the least")


@dataclass(frozen=True)
class Experiment:
    """One learning problem with its data and its training, all that a run depends on."""

    task: Paired | Unpaired | PairedHD | Hinted | Steered | Inpaint | Denoise
    data: Data = field(default_factory=Data)
    train: Train = field(default_factory=Train)
    precision: Literal["float32", "bfloat16"] = "float32"

    @property
    def takes(self) -> frozenset[str]:
        """What the generator has learned to make use of, of what its task can give it."""
        return self.task.takes - (frozenset({"palette"}) if self.data.palettes == NoPalettes() else frozenset())


def example_batch(experiment: Experiment) -> dict[str, jax.ShapeDtypeStruct]:
    """The shapes of a batch over all devices. ValueError for palettes where the task takes none."""
    data = experiment.data
    shape = (data.batch_size, data.size, data.size)
    channels = {"input": 3 if data.input == "color" else 1, "target": 3} | dict.fromkeys(data.damage.maps, 1)
    pictures = {name: jax.ShapeDtypeStruct((*shape, count), "float32") for name, count in channels.items()}
    if data.palettes != NoPalettes():
        if "palette" not in experiment.task.takes:
            told = f"data.palettes={type(data.palettes).__name__}: {type(experiment.task).__name__} takes none"
            raise ValueError(f"{told}; set data.palettes=NoPalettes")
        pictures["palette"] = jax.ShapeDtypeStruct((data.batch_size, BINS), "float32")
    return pictures | ({"instances": jax.ShapeDtypeStruct(shape, "int32")} if data.instances else {})
