"""SIGGRAPH17 fine-tuned in a GAN on the photographs of COCO 2017.

    mangagan train --exp=siggraph17_coco data.source=coco:my/coco train.init_from=siggraph17:siggraph17.pth   # a GPU
    mangagan train --exp=siggraph17_coco:laptop                                                # two CPU cores
    mangagan train --exp=siggraph17_coco:debug                                                 # seconds

After Zhang et al. 2017 (arXiv 1705.02999), with the networks, losses and deviations of siggraph17_manga: photographs
scaled to about 256 pixels and cropped to 176, batch 25, 5 epochs. The small presets need no COCO: they train on the
built-in comics.
"""

from __future__ import annotations

from dataclasses import replace

from mangagan.config import Experiment
from mangagan.data.settings import Data
from mangagan.experiments import siggraph17_manga

PRESETS = siggraph17_manga.PRESETS
ABLATIONS = siggraph17_manga.ABLATIONS


def experiment() -> Experiment:
    """Return the experiment at its full scale."""
    manga = siggraph17_manga.experiment()
    data = Data(source="coco:tfds", input="lightness", size=176, window=330, jitter=0.3, batch_size=25)
    return replace(manga, data=data, train=replace(manga.train, epochs=5))
