"""CycleGAN on manga: grey pages and colour pages that are no pairs (Zhu et al. 2017, arXiv 1703.10593).

    python launch/run.py --exp=cyclegan_manga            # a GPU; 200 passes over the pages
    python launch/run.py --exp=cyclegan_manga:laptop     # two CPU cores
    python launch/run.py --exp=cyclegan_manga:debug      # seconds

Two ResNets of 9 blocks, two 70 x 70 PatchGANs with pools of 50, LSGAN + cycle 10 + identity 0.5, batch 1, Adam 2e-4
(0.5, 0.999), the rate held for half of the run and then falling to zero. `:laptop` takes 8 minutes on two AVX2 cores
and ends with mottled but plausible colours (CIEDE2000 19.4 on held-out built-in works, whose grey pages have 14.7).
"""

from __future__ import annotations

from experiments._scales import DEBUG, LAPTOP
from mangagan.config import Experiment
from mangagan.data.settings import Data
from mangagan.tasks.unpaired import Unpaired

PRESETS: dict[str, dict[str, object]] = {
    # Minutes are few: small pictures, and a generator whose skips hand the lines through from the first step.
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
    """The experiment at the scale of the paper."""
    return Experiment(task=Unpaired(), data=Data(paired=False))
