"""Pix2Pix in Lab at 512 pixels: the lightness of a page in, its colour out.

    mangagan train --exp=pix2pix_lab_manga data.source=folder:my/pages   # a GPU; 400,000 steps
    mangagan train --exp=pix2pix_lab_manga:laptop                        # two CPU cores
    mangagan train --exp=pix2pix_lab_manga:debug                         # seconds

Reproduces: a manga colouriser trained on 76,000 pages, after Isola et al. 2017 (arXiv 1611.07004) and the colourisation
model of its reference code. Crops of 1024 page pixels scaled to 512 (a crop of 512 is too often a block of text), a
U-Net of 9 levels from L to ab, a discriminator of 16 x 16 patches on L and ab, BCE + 100 L1, batch 1, Adam 2e-4 (0.5,
0.999).

Deviations from the paper: Lab instead of RGB, one level more, smaller patches.
"""

from __future__ import annotations

from mangagan.config import Experiment, Train
from mangagan.data.settings import Data
from mangagan.experiments._scales import DEBUG, LAPTOP
from mangagan.models.patchgan import PatchGAN
from mangagan.models.unet import UNet
from mangagan.tasks.color_spaces import Lab
from mangagan.tasks.paired import Paired

PRESETS: dict[str, dict[str, object]] = {
    "laptop": LAPTOP
    | {
        "data.batch_size": 4,
        "task.generator.levels": 5,
        "task.generator.features": 32,
        "task.discriminator.features": 16,
        "task.adversarial": 0.1,
        "task.batch_stats_at_test": False,
        "train.steps": 3000,
        "train.generator.schedule.rate": 2e-3,
        "train.generator.schedule.hold": 0.4,
        "train.ema_decay": 0.995,
    },
    "debug": DEBUG | {"task.generator.levels": 4, "task.generator.features": 4, "task.discriminator.features": 4},
}
ABLATIONS: dict[str, dict[str, object]] = {
    "l1_only": {"task.adversarial": 0.0},
    "unconditional": {"task.conditional": False},
    "pixel": {"task.discriminator": "PixelGAN"},
    "patch70": {"task.discriminator.layers": 3},
    "patch286": {"task.discriminator.layers": 5},
    "rgb": {"task.space": "RGB", "task.generator.outputs": 3},
}


def experiment() -> Experiment:
    """Return the experiment at its full scale."""
    return Experiment(
        task=Paired(generator=UNet(levels=9, outputs=2), discriminator=PatchGAN(layers=1), space=Lab()),
        data=Data(input="lightness", size=512, window=1024, jitter=0.0),
        train=Train(steps=400_000),
    )
