"""Pix2Pix on manga: paired grey and colour pages (Isola et al. 2017, arXiv 1611.07004).

    python launch/run.py --exp=pix2pix_manga             # a GPU; 200 passes over the pages
    python launch/run.py --exp=pix2pix_manga:laptop      # two CPU cores
    python launch/run.py --exp=pix2pix_manga:debug       # seconds

U-Net of 8 levels, 70 x 70 PatchGAN conditioned on the input, BCE + 100 L1, batch 1, Adam 2e-4 (0.5, 0.999), the
rate held for half of the run and then falling to zero.
"""

from __future__ import annotations

from mangagan.config import Experiment
from mangagan.tasks.paired import Paired

PRESETS: dict[str, dict[str, object]] = {
    "laptop": {
        "data.source": "comics:150",
        "data.size": 128,
        "data.window": 256,
        "data.batch_size": 4,
        "task.generator.levels": 6,
        "task.generator.features": 32,
        "task.discriminator.features": 32,
        "task.own_statistics": False,
        "train.steps": 1200,
        "train.ema_decay": 0.99,
        "train.every_grid_steps": 300,
        "train.every_evaluation_steps": 300,
        "train.every_checkpoint_steps": 300,
        "train.evaluation_pages": 24,
    },
    "debug": {
        "data.source": "comics:20",
        "data.size": 32,
        "data.window": 128,
        "data.batch_size": 2,
        "data.workers": 0,
        "task.generator.levels": 4,
        "task.generator.features": 4,
        "task.discriminator.layers": 1,
        "task.discriminator.features": 4,
        "train.steps": 2,
        "train.evaluation_pages": 2,
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
    """The experiment at the scale of the paper."""
    return Experiment(task=Paired())
