"""Pix2PixHD on manga, up to 2048 x 1024.

    mangagan train --exp=pix2pixhd_manga          # a GPU: the global generator at 512 pixels
    mangagan train --exp=pix2pixhd_manga:local train.init_from=runs/pix2pixhd_manga   # then the local enhancer, at 1024
    mangagan train --exp=pix2pixhd_manga:laptop   # two CPU cores
    mangagan train --exp=pix2pixhd_manga:debug    # seconds

Reproduces: Wang et al. 2018, "High-Resolution Image Synthesis and Semantic Manipulation with Conditional GANs" (arXiv
1711.11585). Global generator of 4 levels and 9 blocks, two discriminators on the page and on half of it, LSGAN + 10
feature matching + 10 VGG, batch 1, Adam 2e-4 (0.5, 0.999). `:local` puts the local enhancer around the trained
generator, which is frozen for the first steps.

Deviations: a grey page instead of a label map; the outlines of the regions that a page's ink encloses stand for the
instance map; VGG16 instead of VGG19 for the perceptual loss.
"""

from __future__ import annotations

from mangagan.config import Experiment
from mangagan.data.settings import Data
from mangagan.experiments._scales import DEBUG, LAPTOP
from mangagan.tasks.pix2pixhd import Pix2PixHD

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
    # L1 instead of the perceptual loss, whose network is larger than all others together. Batch norm, because instance
    # norm discards how light a page is, and training does not make up for that within ten minutes.
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
        "task.batch_stats_at_test": False,
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
    """Return the experiment at its full scale."""
    return Experiment(task=Pix2PixHD(), data=Data(size=512, window=1024, instances=True))
