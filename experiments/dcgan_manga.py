"""A DCGAN-style colouriser of the panels of one title (after Radford et al. 2016, arXiv 1511.06434).

    python launch/run.py --exp=dcgan_manga data.source=folder:my/panels   # a GPU; 100 passes over your panels
    python launch/run.py --exp=dcgan_manga:laptop                         # two CPU cores
    python launch/run.py --exp=dcgan_manga:debug                          # seconds

Four 4x4 stride-2 convolutions down, three transposed ones and a tanh layer up, no skips; one logit for a whole
picture; batch 32, Adam 2e-4 (0.5, 0.999), BCE + 100 L1. Made for about a thousand panels.
"""

from __future__ import annotations

from experiments._scales import DEBUG, LAPTOP
from mangagan.config import Adam, Constant, Experiment, Train
from mangagan.data.settings import Data
from mangagan.models.dcgan import DCGANDiscriminator, DCGANGenerator
from mangagan.tasks.paired import Paired

PRESETS: dict[str, dict[str, object]] = {
    # A bottleneck of 6 x 6 for 96 pixels forgets the lines: half the levels.
    "laptop": LAPTOP
    | {
        "data.batch_size": 4,
        "task.generator.levels": 2,
        "task.generator.features": 48,
        "task.discriminator.features": 16,
        "task.adversarial": 0.1,
        "train.steps": 3000,
        "train.generator.schedule": "Linear",
        "train.generator.schedule.rate": 2e-3,
        "train.ema_decay": 0.995,
    },
    "debug": DEBUG | {"task.generator.levels": 2, "task.generator.features": 4, "task.discriminator.features": 4},
}
ABLATIONS: dict[str, dict[str, object]] = {
    "levels5": {"task.generator.levels": 5},
    "batch64": {"data.batch_size": 64},
    "l1_only": {"task.adversarial": 0.0},
    "unconditional": {"task.conditional": False},
    "smoothing": {"task.stability.smoothing": 0.1},
}


def experiment() -> Experiment:
    """The experiment at its full scale."""
    adam = Adam(schedule=Constant())
    return Experiment(
        task=Paired(generator=DCGANGenerator(), discriminator=DCGANDiscriminator(), own_statistics=False),
        data=Data(source="comics:1000", batch_size=32),
        train=Train(epochs=100, generator=adam, discriminator=adam),
    )
