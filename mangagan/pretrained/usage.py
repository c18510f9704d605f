"""How a model is used, as its card tells it."""

from __future__ import annotations

import json
import shlex

from mangagan.config import Experiment
from mangagan.tasks.denoise import Denoise
from mangagan.tasks.inpaint import Inpaint

_RESTORE = """```
python launch/restore.py --task={task} --checkpoint={name} pages --output={output}
```"""
_RESTORERS = {
    Inpaint: {"task": "inpaint", "output": "whole --mask=masks"},
    Denoise: {"task": "denoise", "output": "clean"},
}
_COLOR = """```
mangagan colorize --checkpoint={name} pages --output=color{options}
```

Pages come out at their own size, under their own ink. What the network itself paints:

```python
from pathlib import Path

import jax
import numpy as np
from PIL import Image

from mangagan.pretrained.model_folder import load_model

experiment, variables = load_model(Path({path}))
page = np.asarray(Image.open("page.png").convert("L"), np.float32)[None, ..., None] / 127.5 - 1
picture = jax.jit(experiment.task.predict)(variables, {{"input": page}})[0]
Image.fromarray(np.asarray((picture + 1) * 127.5).round().astype(np.uint8)).save("color.png")
```"""
# Options of the command by what a network takes.
_OPTIONS = {"palette": " --palette=cover.png", "hint_ab": " --hints=hints"}


def usage(name: str, experiment: Experiment, *, learned: bool) -> list[str]:
    """The lines of the card of a model in the folder `name`; `learned`: its experiment is that of its training."""
    data = experiment.data
    scales = f", {2**data.octaves:g} times more or less" if data.octaves else ""
    scale = (
        f"It learned from pages at {data.size / data.window:.0%} of their size (squares of {data.window} pixels scaled "
        f"to {data.size}{scales}), with `data.input={data.input}`; pages of another scale or kind come out worse."
    )
    beside = "Beside `input` it needs `instances`, as `mangagan.images.ink_regions` numbers them."
    return [_code(name, experiment), *(["", scale] if learned else []), *(["", beside] if data.instances else [])]


def _code(name: str, experiment: Experiment) -> str:
    for task, words in _RESTORERS.items():
        if isinstance(experiment.task, task):
            return _RESTORE.format(name=shlex.quote(name), **words)
    options = "".join(option for taken, option in _OPTIONS.items() if taken in experiment.takes)
    return _COLOR.format(name=shlex.quote(name), path=json.dumps(name), options=options)
