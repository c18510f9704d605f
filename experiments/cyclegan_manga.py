"""CycleGAN on manga: grey pages and colour pages without pairs.

    mangagan train --exp=cyclegan_manga            # a GPU; 200 epochs
    mangagan train --exp=cyclegan_manga:laptop     # two CPU cores
    mangagan train --exp=cyclegan_manga:debug      # seconds

Reproduces: Zhu et al. 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks" (arXiv
1703.10593). Two ResNet generators of 9 blocks, two 70 x 70 PatchGANs with image pools of 50, LSGAN + cycle 10 +
identity 0.5, batch 1, Adam 2e-4 (0.5, 0.999), the rate constant for half of the run and then linear to zero.

Deviations: crops of about 512 page pixels scaled to 256 (the paper: the picture scaled to 286, cropped to 256); an
exponential moving average of the generators' weights is what is evaluated.

`:laptop` takes 8 minutes on two AVX2 cores and ends with mottled but plausible colours: a CIEDE2000 of 19.4 on held-out
built-in works, whose grey pages have 14.7.
"""

from __future__ import annotations

from mangagan.config import Experiment
from mangagan.data.settings import Data
from mangagan.experiments._scales import DEBUG, LAPTOP
from mangagan.tasks.unpaired import Unpaired

PRESETS: dict[str, dict[str, object]] = {
    # For a few minutes: small pictures, and a generator whose skip connections pass the lines from the first step.
    "laptop": LAPTOP
    | {
        "task.generator": "UNet",
        "task.generator.levels": 5,
        "task.generator.features": 24,
        "task.generator.norm": "InstanceNorm",
        "task.generator.dropout": 0.0,
        "task.discriminator.features": 32,
        "train.steps": 2000,
        "train.generator.schedule.rate": 5e-4,
        "train.discriminator.schedule.rate": 4e-4,
        "train.ema_decay": 0.998,
    },
    "debug": DEBUG
    | {
        "task.generator.blocks": 1,
        "task.generator.features": 4,
        "task.discriminator.layers": 1,
        "task.discriminator.features": 4,
        "task.pool": 3,
    },
}
ABLATIONS: dict[str, dict[str, object]] = {
    "no_identity": {"task.identity": 0.0},
    "no_cycle": {"task.cycle": 0.0},
    "no_pool": {"task.pool": 0},
    "blocks6": {"task.generator": "ResNet", "task.generator.blocks": 6},
    "bce": {"task.gan": "BinaryCrossEntropy"},
}


def experiment() -> Experiment:
    """Return the experiment at the scale of the paper."""
    return Experiment(task=Unpaired(), data=Data(paired=False))
