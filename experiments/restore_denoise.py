"""Denoising of scans and photographs.

    mangagan train --exp=restore_denoise data.source=folder:my/pictures        # a GPU
    mangagan train --exp=restore_denoise:psnr25 data.source=folder:my/pictures # a GPU; PSNR at sigma 25 alone
    mangagan train --exp=restore_denoise:laptop                                # two CPU cores
    mangagan train --exp=restore_denoise:debug                                 # seconds

Blind: Gaussian noise with a standard deviation from 0 to 75 of 255, which is not an input of the network, on patches of
256 pixels. A quarter of them are grey with the same noise in all channels, as scans of manga are. A U-Net of seven
levels of stride 2, whose last layer gets the input once more, predicts what is to be subtracted; a PatchGAN of four
layers sees the output; BCE + 100 L1 + VGG16.

`:psnr25` follows DRUNet (Zhang et al. 2021, arXiv 2008.13751) with half its width: wide patches, an L1 only, and a
rate that falls over the whole run. Deviation: a cosine instead of steps, and sigma 25 alone.
"""

from __future__ import annotations

from mangagan.config import Adam, Experiment, Linear, Train
from mangagan.data.degradation.degrade import Noise
from mangagan.data.settings import Data
from mangagan.experiments._scales import DEBUG, LAPTOP
from mangagan.tasks.denoise import Denoise

# The discriminator is unused; it is small because a run keeps it all the same.
_PSNR_ONLY: dict[str, object] = {
    "task.adversarial": 0.0,
    "task.perceptual.weight": 0.0,
    "task.discriminator.layers": 1,
    "task.discriminator.features": 1,
    "train.generator.beta1": 0.9,
}
_NETWORK: dict[str, object] = {
    "task.generator.norm": "NoNorm",
    "task.generator.sampling": 2,
}
PRESETS: dict[str, dict[str, object]] = {
    # DRUNet's recipe with half its width.
    "psnr25": _PSNR_ONLY
    | _NETWORK
    | {
        "data.damage.kind.low": 25.0,
        "data.damage.kind.high": 25.0,
        # As published results are measured.
        "data.damage.rounded": False,
        "data.damage.gray": 0.0,
        "data.size": 128,
        "data.window": 128,
        "data.batch_size": 16,
        "task.generator.levels": 4,
        "task.generator.features": 96,
        "task.generator.widest": 4,
        "task.generator.blocks": 3,
        "train.steps": 400_000,
        "train.generator.schedule": "Cosine",
        "train.generator.schedule.rate": 5e-4,
    },
    "laptop": LAPTOP
    | _PSNR_ONLY
    | _NETWORK
    | {
        "data.size": 64,
        "data.window": 64,
        "data.jitter": 0.0,
        "data.batch_size": 8,
        "task.generator.levels": 3,
        "task.generator.features": 32,
        "task.generator.widest": 4,
        "task.generator.blocks": 1,
        "train.steps": 3000,
        "train.generator.schedule": "Cosine",
        "train.generator.schedule.rate": 1e-3,
        "train.ema_decay": 0.995,
    },
    "debug": DEBUG
    | {
        "data.window": 32,
        "data.jitter": 0.0,
        "task.generator.levels": 3,
        "task.generator.features": 4,
        "task.discriminator.layers": 1,
        "task.discriminator.features": 4,
        "task.perceptual.weight": 0.0,
    },
}
ABLATIONS: dict[str, dict[str, object]] = {
    "l1_only": {"task.adversarial": 0.0, "task.perceptual.weight": 0.0},
    "mse": {"task.l1": 0.0, "task.mse": 1000.0},
    "no_perceptual": {"task.perceptual.weight": 0.0},
    "no_residual": {"task.generator.residual": False},
    "conditional": {"task.conditional": True},
    "instance_norm": {"task.generator.norm": "InstanceNorm"},
    "no_norm": {"task.generator.norm": "NoNorm"},
    "no_average": {"train.ema_decay": 0.0},
    "sigma25": {"data.damage.kind.low": 25.0, "data.damage.kind.high": 25.0},
    "known": {"data.damage.known": True},
    "salt_and_pepper": {"data.damage.kind": "SaltAndPepper"},
    "speckle": {"data.damage.kind": "Speckle"},
    "poisson": {"data.damage.kind": "Poisson"},
    "jpeg": {"data.damage.kind": "Jpeg"},
    "halftone": {"data.damage.kind": "Halftone"},
}


def experiment() -> Experiment:
    """Return the experiment at its full scale."""
    adam = Adam(schedule=Linear(rate=1e-4))
    return Experiment(
        task=Denoise(),
        # Noise has the size of a pixel: pictures are not scaled.
        data=Data(input="color", damage=Noise(gray=0.25), window=256, jitter=0.0, batch_size=16),
        train=Train(steps=300_000, generator=adam, discriminator=adam, keep_best="evaluation/psnr"),
    )
