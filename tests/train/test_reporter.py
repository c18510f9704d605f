"""The line that an evaluation during training writes."""

from types import SimpleNamespace

import numpy as np

from mangagan.config import Train
from mangagan.tasks.base import Task
from mangagan.tasks.denoise import Denoise
from mangagan.train.reporter import Reporter


def written(channels, main_metric):
    """The lines of the last step of a run, for pages with an input of so many channels."""
    target = np.zeros((1, 8, 8, 3), np.float32)
    page = {"input": np.full((1, 8, 8, channels), 0.2, np.float32), "target": target}
    lines: list[str] = []
    bar = SimpleNamespace(write=lines.append, set_postfix=lambda _: None)
    settings, predict = Train(every_log_steps=0), lambda _, page: target + 0.02
    reporter = Reporter(settings, 1, predict, main_metric, [page], [], SimpleNamespace(), None, bar)
    reporter._evaluate(1, SimpleNamespace(ema={}))
    return lines


def test_restoration_is_reported_by_its_psnr():
    assert written(3, Denoise.metrics[0]) == [
        "step 1: PSNR 40.00 dB on 1 held-out pages; the damaged input 20.00 (+20.00 dB)"
    ]


def test_colorization_is_reported_by_its_color_difference():
    assert written(1, Task.metrics[0])[0].startswith("step 1: CIEDE2000 to the truth ")
