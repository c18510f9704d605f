"""What the line of an evaluation tells."""

from types import SimpleNamespace

import numpy as np

from mangagan.config import Train
from mangagan.train.reporter import Reporter


def told(channels):
    """The lines of the last step of a run, for pages with an input of so many channels."""
    target = np.zeros((1, 8, 8, 3), np.float32)
    page = {"input": np.full((1, 8, 8, channels), 0.2, np.float32), "target": target}
    lines: list[str] = []
    bar = SimpleNamespace(write=lines.append, set_postfix=lambda _: None)
    reporter = Reporter(
        Train(every_log_steps=0), 1, lambda _, page: target + 0.02, [page], [], SimpleNamespace(), None, bar
    )
    reporter._judge(1, SimpleNamespace(ema={}))
    return lines


def test_a_damaged_picture_is_judged_by_its_psnr():
    assert told(3) == ["step 1: PSNR 40.00 dB on 1 held-out pages; the damaged input 20.00 (+20.00 dB)"]


def test_a_page_that_lacks_colour_is_judged_by_its_colour():
    assert told(1)[0].startswith("step 1: CIEDE2000 to the truth ")
