"""Colour restoration in Lab: the colours of a picture that lost them.

    mangagan train --exp=restore_color data.source=folder:my/pictures   # a GPU
    mangagan train --exp=restore_color:laptop                           # two CPU cores
    mangagan train --exp=restore_color:debug                            # seconds

After Isola et al. 2017 (arXiv 1611.07004), in Lab: a U-Net of 8 levels from L to ab, a 70 x 70 PatchGAN on L and ab,
BCE + 100 L1, Adam 1e-4 (0.5, 0.999).

Deviations from the paper: Lab instead of RGB; half the rate, multiplied by 0.1 every 30 epochs. Its many ablations are
the suite `restore_color:laptop` of `mangagan sweep`.
"""

from __future__ import annotations

from mangagan.config import Adam, Experiment, Step, Train
from mangagan.data.settings import Data
from mangagan.experiments._scales import DEBUG, LAPTOP
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
    "lambda10": {"task.l1": 10.0},
    "lambda75": {"task.l1": 75.0},
    "l1_only": {"task.adversarial": 0.0},
    "gan_only": {"task.l1": 0.0},
    "least_squares": {"task.gan": "LeastSquares"},
    "hinge": {"task.gan": "Hinge"},
    "unconditional": {"task.conditional": False},
    "pixel": {"task.discriminator": "PixelGAN"},
    "patch16": {"task.discriminator.layers": 1},
    "patch286": {"task.discriminator.layers": 5},
    "constant": {"train.generator.schedule": "Constant", "train.discriminator.schedule": "Constant"},
    "no_average": {"train.ema_decay": 0.0},
    "smoothing": {"task.stability.smoothing": 0.1},
    "label_noise": {"task.stability.label_noise": 0.2},
    "noise": {"task.stability.noise": 0.1},
    "discriminator_every2": {"task.stability.every_steps": 2},
    "spectral": {"task.discriminator.spectral": True},
    "r1": {"task.stability.r1": 10.0},
}


def experiment() -> Experiment:
    """Return the experiment at its full scale."""
    adam = Adam(schedule=Step(rate=1e-4))
    return Experiment(
        task=Paired(generator=UNet(outputs=2), space=Lab()),
        data=Data(input="lightness"),
        train=Train(epochs=90, generator=adam, discriminator=adam),
    )
