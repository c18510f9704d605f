"""SIGGRAPH17 fine-tuned in a GAN on the photographs of COCO 2017 (Zhang et al. 2017, arXiv 1705.02999).

    python launch/run.py --exp=siggraph17_coco data.source=coco:my/coco train.start=siggraph17:siggraph17.pth   # a GPU
    python launch/run.py --exp=siggraph17_coco:laptop                                                # two CPU cores
    python launch/run.py --exp=siggraph17_coco:debug                                                 # seconds

As siggraph17_manga, with photographs scaled to about 256 pixels and cut to 176, batch 25, 5 passes over them. The small
presets need no COCO: they train on the built-in comics.
"""

from __future__ import annotations

from dataclasses import replace

from experiments import siggraph17_manga
from mangagan.config import Experiment
from mangagan.data.settings import Data

PRESETS = siggraph17_manga.PRESETS
ABLATIONS = siggraph17_manga.ABLATIONS


def experiment() -> Experiment:
    """The experiment at its full scale."""
    manga = siggraph17_manga.experiment()
    data = Data(source="coco:tfds", input="lightness", size=176, window=330, jitter=0.3, batch_size=25)
    return replace(manga, data=data, train=replace(manga.train, epochs=5))
