"""SIGGRAPH17 fine-tuned in a GAN on manga, with colour hints.

    mangagan train --exp=siggraph17_manga train.init_from=siggraph17:siggraph17.pth   # a GPU; from published weights
    mangagan train --exp=siggraph17_manga:laptop                                  # two CPU cores, from scratch
    mangagan train --exp=siggraph17_manga:debug                                   # seconds

After Zhang et al. 2017, "Real-Time User-Guided Image Colorization with Learned Deep Priors" (arXiv 1705.02999). The
published generator with its inputs for hints and their mask; a geometric number of hints in squares of 1 to 9 pixels;
256 pixels, batch 16, Adam 1e-5 for the generator and 1e-4 for the discriminator (0.5, 0.999).

Deviations: the paper has no discriminator; here a 70 x 70 PatchGAN on L and ab is trained from scratch, with LSGAN +
100 L1 on ab in place of the paper's losses.
"""

from __future__ import annotations

from mangagan.config import Adam, Constant, Experiment, Linear, Train
from mangagan.data.settings import Data
from mangagan.experiments._scales import DEBUG, LAPTOP
from mangagan.tasks.hinted import Hinted

PRESETS: dict[str, dict[str, object]] = {
    # More hints than published, anywhere on the page: few pages and few minutes must teach what hints mean.
    "laptop": LAPTOP
    | {
        "data.batch_size": 4,
        "task.generator.features": 12,
        "task.discriminator.features": 16,
        "task.adversarial": 0.1,
        "task.hints.max_side": 6,
        "task.hints.stop": 0.05,
        "task.hints.uniform": True,
        "train.steps": 1250,
        "train.generator.schedule.rate": 1e-3,
        "train.ema_decay": 0.995,
    },
    "debug": DEBUG | {"task.generator.features": 4, "task.discriminator.layers": 1, "task.discriminator.features": 4},
}
ABLATIONS: dict[str, dict[str, object]] = {
    "no_hints": {"task.hints.max_count": 0},
    "charbonnier": {"task.l1": 0.0, "task.charbonnier": 100.0},
    "l1_only": {"task.adversarial": 0.0},
    "classes": {"task.generator.classes": 529, "task.classes": 1.0},
    "unconditional": {"task.conditional": False},
}


def experiment() -> Experiment:
    """Return the experiment at its full scale."""
    return Experiment(
        task=Hinted(),
        data=Data(input="lightness", batch_size=16),
        train=Train(
            epochs=20,
            generator=Adam(schedule=Linear(rate=1e-5)),
            discriminator=Adam(schedule=Constant(rate=1e-4)),
        ),
    )
