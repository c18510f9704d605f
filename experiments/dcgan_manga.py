"""A DCGAN-style colouriser of the panels of one title.

    mangagan train --exp=dcgan_manga data.source=folder:my/panels   # a GPU; 100 epochs
    mangagan train --exp=dcgan_manga:laptop                         # two CPU cores
    mangagan train --exp=dcgan_manga:debug                          # seconds

After Radford et al. 2016, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
Networks" (arXiv 1511.06434), for about a thousand panels. Four 4 x 4 convolutions of stride 2 down, three transposed
ones and a tanh layer up, no skip connections; a discriminator with one logit for the whole picture; batch 32, Adam
2e-4 (0.5, 0.999).

Deviations: the generator takes a grey picture instead of noise, and L1 with weight 100 is added to the BCE.
"""

from __future__ import annotations

from mangagan.config import Adam, Constant, Experiment, Train
from mangagan.data.settings import Data
from mangagan.experiments._scales import DEBUG, LAPTOP
from mangagan.models.dcgan import DCGANDiscriminator, DCGANGenerator
from mangagan.tasks.paired import Paired

PRESETS: dict[str, dict[str, object]] = {
    # A bottleneck of 6 x 6 for 96 pixels loses the lines: half the levels.
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
    """Return the experiment at its full scale."""
    adam = Adam(schedule=Constant())
    return Experiment(
        task=Paired(generator=DCGANGenerator(), discriminator=DCGANDiscriminator(), batch_stats_at_test=False),
        data=Data(source="comics:1000", batch_size=32),
        train=Train(epochs=100, generator=adam, discriminator=adam),
    )
