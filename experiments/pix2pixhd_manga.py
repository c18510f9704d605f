"""Pix2PixHD on manga, to 2048 x 1024 (Wang et al. 2018, arXiv 1711.11585).

    python launch/run.py --exp=pix2pixhd_manga          # a GPU: the global generator at 512 pixels
    python launch/run.py --exp=pix2pixhd_manga:local train.start=runs/pix2pixhd_manga   # then the enhancer, at 1024
    python launch/run.py --exp=pix2pixhd_manga:laptop   # two CPU cores
    python launch/run.py --exp=pix2pixhd_manga:debug    # seconds

Global generator of 4 levels and 9 blocks, two discriminators on the page and on half of it, LSGAN + 10 feature
matching + 10 VGG16, batch 1, Adam 2e-4 (0.5, 0.999). `:local` wraps an enhancer around the trained generator, which
rests for its first steps. The outlines of the regions that a page's ink encloses stand in for an instance map.
"""

from __future__ import annotations

from experiments._scales import DEBUG, LAPTOP
from mangagan.config import Experiment
from mangagan.data.settings import Data
from mangagan.tasks.pix2pixhd import PairedHD

PRESETS: dict[str, dict[str, object]] = {
    "local": {
        "data.size": 1024,
        "data.window": 1024,
        "task.generator": "LocalEnhancer",
        "task.generator.features": 32,
        "task.generator.blocks": 3,
        "task.discriminator.scales": 3,
        "task.fixed_base_steps": 20_000,
        "train.epochs": 100,
    },
    # Without the perceptual loss, whose network alone is larger than all others; an L1 makes up for it. Batch norm:
    # what instance norm forgets, how light a page is, takes longer than ten minutes to learn without.
    "laptop": LAPTOP
    | {
        "data.batch_size": 4,
        "task.generator": "LocalEnhancer",
        "task.generator.features": 16,
        "task.generator.blocks": 2,
        "task.generator.base.downs": 2,
        "task.generator.base.blocks": 3,
        "task.generator.base.features": 32,
        "task.generator.base.norm": "BatchNorm",
        "task.discriminator.features": 16,
        "task.discriminator.layers": 2,
        "task.perceptual.weight": 0.0,
        "task.l1": 100.0,
        "task.adversarial": 0.1,
        "task.matching": 1.0,
        "task.own_statistics": False,
        "train.steps": 1250,
        "train.generator.schedule.rate": 2e-3,
        "train.ema_decay": 0.995,
    },
    "debug": DEBUG
    | {
        "task.generator.downs": 1,
        "task.generator.blocks": 1,
        "task.generator.features": 4,
        "task.discriminator.features": 4,
        "task.discriminator.layers": 1,
        "task.encoded": True,
        "task.encoder.downs": 1,
        "task.encoder.features": 4,
        "task.perceptual.weight": 0.0,
    },
}
ABLATIONS: dict[str, dict[str, object]] = {
    "no_matching": {"task.matching": 0.0},
    "one_scale": {"task.discriminator.scales": 1},
    "three_scales": {"task.discriminator.scales": 3},
    "no_outlines": {"data.instances": False},
    "features": {"task.encoded": True},
    "bce": {"task.gan": "BinaryCrossEntropy"},
}


def experiment() -> Experiment:
    """The experiment at its full scale."""
    return Experiment(task=PairedHD(), data=Data(size=512, window=1024, instances=True))
