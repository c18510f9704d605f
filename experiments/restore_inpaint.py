"""Inpainting: holes, scratches, dust and lettering filled in two stages with self-attention.

    mangagan train --exp=restore_inpaint data.source=folder:my/pictures   # a GPU
    mangagan train --exp=restore_inpaint:deepfill                         # a GPU; DeepFillv2 with its own recipe
    mangagan train --exp=restore_inpaint:laptop                           # two CPU cores
    mangagan train --exp=restore_inpaint:debug                            # seconds

After Yu et al. 2019, "Free-Form Image Inpainting with Gated Convolution" (arXiv 1806.03589). A coarse stage of 16 gated
convolutions with dilations and a refinement stage of 9 layers with self-attention, from the picture and its mask; a
spectral-norm PatchGAN of 7 layers with instance noise that fades out; hinge 0.1, L1 6 in the hole and 1 outside, half
as much for the coarse stage, VGG features and Gram matrices, total variation 0.1. Holes of all kinds over 1 to 60 % of
256 pixels, batch 16, Adam 1e-4 (0.5, 0.999), the rate constant for half of the run and then linear to zero.

`:deepfill` reproduces the paper: contextual attention, hinge 1, L1 1 of both stages, a constant rate. Deviations of the
other presets: self-attention for contextual attention, and the losses beside L1 and hinge.
"""

from __future__ import annotations

from mangagan.config import Adam, Experiment, Linear, Train
from mangagan.data.degradation.degrade import Holes
from mangagan.data.settings import Data
from mangagan.experiments._scales import DEBUG, LAPTOP
from mangagan.tasks.inpaint import Inpaint

L1_ONLY: dict[str, object] = {
    "task.adversarial": 0.0,
    "task.perceptual.weight": 0.0,
    "task.perceptual.style": 0.0,
    "task.total_variation": 0.0,
}
PRESETS: dict[str, dict[str, object]] = {
    "deepfill": {
        "data.damage": "FreeForm",
        "task.generator": "DeepFill",
        "task.generator.features": 24,
        "task.discriminator.layers": 6,
        "task.adversarial": 1.0,
        "task.l1_hole": 0.0,
        "task.l1_known": 0.0,
        "task.l1": 1.0,
        "task.reconstruction": 1.0,
        "task.total_variation": 0.0,
        "task.perceptual.weight": 0.0,
        "task.perceptual.style": 0.0,
        "task.stability.noise": 0.0,
        "train.generator.schedule": "Constant",
        "train.discriminator.schedule": "Constant",
    },
    # From a smooth fill, without the perceptual losses, whose network is larger than all others together.
    "laptop": LAPTOP
    | {
        "data.window": 240,
        "data.jitter": 0.6,
        "data.batch_size": 8,
        "task.generator.features": 8,
        "task.generator.smooth": True,
        # Most pixels need no correction of a smooth fill: with L1 the network would predict none anywhere.
        "task.l1_hole": 0.0,
        "task.l1_known": 0.0,
        "task.mse_hole": 30.0,
        "task.discriminator.layers": 5,
        "task.discriminator.features": 16,
        "task.adversarial": 0.01,
        "task.perceptual.weight": 0.0,
        "task.perceptual.style": 0.0,
        "task.stability.noise_steps": 500,
        "train.steps": 600,
        "train.generator.schedule.rate": 1e-3,
        "train.ema_decay": 0.995,
    },
    "debug": DEBUG
    | {
        "task.generator.features": 4,
        "task.discriminator.layers": 2,
        "task.discriminator.features": 4,
        "task.perceptual.weight": 0.0,
        "task.perceptual.style": 0.0,
    },
}
ABLATIONS: dict[str, dict[str, object]] = {
    "no_gan": {"task.adversarial": 0.0},
    "bce": {"task.gan": "BinaryCrossEntropy"},
    "least_squares": {"task.gan": "LeastSquares"},
    "no_attention": {"task.generator.attention": False},
    "smooth": {"task.generator.smooth": True},
    "contextual_attention": {"task.generator": "DeepFill"},
    "no_perceptual": {"task.perceptual.weight": 0.0},
    "no_style": {"task.perceptual.style": 0.0},
    "no_variation": {"task.total_variation": 0.0},
    "no_coarse_loss": {"task.reconstruction": 0.0},
    "even_l1": {"task.l1_hole": 0.0, "task.l1_known": 0.0, "task.l1": 6.0},
    "l1_only": L1_ONLY,
    "patch70": {"task.discriminator": "PatchGAN", "task.discriminator.layers": 3},
    "no_noise": {"task.stability.noise": 0.0},
    "rectangles": {"data.damage.kinds": "rectangles"},
    "strokes": {"data.damage.kinds": "strokes"},
}


def experiment() -> Experiment:
    """Return the experiment at its full scale."""
    adam = Adam(schedule=Linear(rate=1e-4))
    return Experiment(
        task=Inpaint(),
        # At inference a picture keeps its scale: crops are of 1 to 2 times the size.
        data=Data(input="color", damage=Holes(), window=384, jitter=0.33, batch_size=16),
        train=Train(steps=300_000, generator=adam, discriminator=adam),
    )
