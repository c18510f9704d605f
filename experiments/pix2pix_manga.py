"""Pix2Pix on manga: grey and colour pages in pairs.

    mangagan train --exp=pix2pix_manga             # a GPU; 200 epochs
    mangagan train --exp=pix2pix_manga:laptop      # two CPU cores
    mangagan train --exp=pix2pix_manga:debug       # seconds

Reproduces: Isola et al. 2017, "Image-to-Image Translation with Conditional Adversarial Networks" (arXiv 1611.07004).
U-Net of 8 levels, 70 x 70 PatchGAN conditioned on the input, BCE + 100 L1, batch 1, Adam 2e-4 (0.5, 0.999), the rate
constant for half of the run and then linear to zero.

Deviations: crops of about 512 page pixels scaled to 256 (the paper: the picture scaled to 286, cropped to 256), because
a whole page at 256 has no legible lines; an exponential moving average of the generator's weights is what is evaluated.

`:laptop` reaches a CIEDE2000 of 10.9 on held-out built-in works, whose grey pages have 14.7, in 9.5 minutes on two
AVX2 cores.
"""

from __future__ import annotations

from mangagan.config import Experiment
from mangagan.experiments._scales import DEBUG, LAPTOP
from mangagan.tasks.paired import Paired

PRESETS: dict[str, dict[str, object]] = {
    # For a few minutes: high rates, small batches of small pictures, and an L1 that outweighs the discriminator.
    "laptop": LAPTOP
    | {
        "data.batch_size": 4,
        "task.generator.levels": 5,
        "task.generator.features": 32,
        "task.generator.dropout": 0.0,
        "task.discriminator.features": 16,
        "task.adversarial": 0.1,
        "task.batch_stats_at_test": False,
        "train.steps": 3300,
        "train.generator.schedule.rate": 2e-3,
        "train.generator.schedule.hold": 0.4,
        "train.ema_decay": 0.995,
    },
    "debug": DEBUG
    | {
        "task.generator.levels": 4,
        "task.generator.features": 4,
        "task.discriminator.layers": 1,
        "task.discriminator.features": 4,
    },
}
ABLATIONS: dict[str, dict[str, object]] = {
    "l1_only": {"task.adversarial": 0.0},
    "gan_only": {"task.l1": 0.0},
    "unconditional": {"task.conditional": False},
    "pixel": {"task.discriminator": "PixelGAN"},
    "patch16": {"task.discriminator.layers": 1},
    "patch286": {"task.discriminator.layers": 5},
    "resnet": {"task.generator": "ResNet"},
}


def experiment() -> Experiment:
    """Return the experiment at the scale of the paper."""
    return Experiment(task=Paired())
