"""SIGGRAPH17 fine-tuned in a GAN on manga, with color hints (Zhang et al. 2017, arXiv 1705.02999).

    python launch/run.py --exp=siggraph17_manga train.start=siggraph17:siggraph17.pth   # a GPU; from published weights
    python launch/run.py --exp=siggraph17_manga:laptop                                  # two CPU cores, from scratch
    python launch/run.py --exp=siggraph17_manga:debug                                   # seconds

The published generator with its hint and mask inputs, a 70 x 70 PatchGAN from scratch on L and ab, LSGAN + 100 L1 on
ab; hints of a geometric count in squares of 1 to 9 pixels; 256 pixels, batch 16, Adam 1e-5 and 1e-4 (0.5, 0.999).
"""

from __future__ import annotations

from experiments._scales import DEBUG, LAPTOP
from mangagan.config import Adam, Constant, Experiment, Linear, Train
from mangagan.data.settings import Data
from mangagan.tasks.hinted import Hinted

PRESETS: dict[str, dict[str, object]] = {
    # More hints than published, anywhere on the page: there are few pages and few minutes to learn what they are for.
    "laptop": LAPTOP
    | {
        "data.batch_size": 4,
        "task.generator.features": 12,
        "task.discriminator.features": 16,
        "task.adversarial": 0.1,
        "task.hints.patch": 6,
        "task.hints.stop": 0.05,
        "task.hints.uniform": True,
        "train.steps": 1250,
        "train.generator.schedule.rate": 1e-3,
        "train.ema_decay": 0.995,
    },
    "debug": DEBUG | {"task.generator.features": 4, "task.discriminator.layers": 1, "task.discriminator.features": 4},
}
ABLATIONS: dict[str, dict[str, object]] = {
    "no_hints": {"task.hints.most": 0},
    "charbonnier": {"task.l1": 0.0, "task.charbonnier": 100.0},
    "l1_only": {"task.adversarial": 0.0},
    "classes": {"task.generator.classes": 529, "task.classes": 1.0},
    "unconditional": {"task.conditional": False},
}


def experiment() -> Experiment:
    """The experiment at its full scale."""
    return Experiment(
        task=Hinted(),
        data=Data(input="lightness", batch_size=16),
        train=Train(
            epochs=20,
            generator=Adam(schedule=Linear(rate=1e-5)),
            discriminator=Adam(schedule=Constant(rate=1e-4)),
        ),
    )
