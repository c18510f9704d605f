"""Color restoration in Lab: what a picture that lost its color may have looked like.

    python launch/run.py --exp=restore_color data.source=folder:my/pictures   # a GPU
    python launch/run.py --exp=restore_color:laptop                           # two CPU cores
    python launch/run.py --exp=restore_color:debug                            # seconds

A U-Net of 8 levels from L to ab, a 70 x 70 PatchGAN on L and ab, BCE + 100 L1, Adam 1e-4 (0.5, 0.999), the rates
multiplied by 0.1 every 30 epochs.
"""

from __future__ import annotations

from experiments._scales import DEBUG, LAPTOP
from mangagan.config import Adam, Experiment, Step, Train
from mangagan.data.settings import Data
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
        "task.own_statistics": False,
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
    """The experiment at its full scale."""
    adam = Adam(schedule=Step(rate=1e-4))
    return Experiment(
        task=Paired(generator=UNet(outputs=2), space=Lab()),
        data=Data(input="lightness"),
        train=Train(epochs=90, generator=adam, discriminator=adam),
    )
