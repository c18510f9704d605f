"""The section "Use" of a model card: commands and Python code that run the model."""

from __future__ import annotations

import json
import shlex

from mangagan.config import Experiment

_RESTORE = """```
mangagan restore --task={kind} --checkpoint={name} pages --output={output}
```"""
_COLORIZE = """```
mangagan colorize --checkpoint={name} pages --output=color{options}
```

In Python:

```python
import mangagan

color = mangagan.load({path})
color("page.png").save("color.png")
```

Pages keep their own size and their own ink."""
# Command by the kind of the task; a task of another kind is one of a user's own experiment file.
_COMMANDS = {"colorize": _COLORIZE, "inpaint": _RESTORE, "denoise": _RESTORE}
_OUTPUTS = {"inpaint": "whole --mask=masks", "denoise": "clean"}
# Options of `mangagan colorize` by the conditioning that a network accepts.
_OPTIONS = {"palette": " --palette=cover.png", "hint_ab": " --hints=hints"}


def usage(name: str, experiment: Experiment, *, trained_here: bool) -> list[str]:
    """Return the lines of the section.

    Args:
        name: The model's folder.
        experiment: The model's experiment.
        trained_here: Whether the experiment's data settings are those of the training. They are defaults for an
            imported checkpoint.
    """
    kind = experiment.task.kind
    options = "".join(option for condition, option in _OPTIONS.items() if condition in experiment.conditioning)
    command = _COMMANDS.get(kind, "").format(
        kind=kind, name=shlex.quote(name), path=json.dumps(name), output=_OUTPUTS.get(kind, ""), options=options
    )
    data = experiment.data
    scales = f", {2**data.octaves:g} times more or less" if data.octaves else ""
    crops = f"squares of {data.crop or data.window} pixels scaled to {data.size}{scales}"
    scale = (
        f"The training crops show pages at {data.page_scale:.0%} of their size ({crops}), with "
        f"`data.input={data.input}`; results on pages of another scale or kind are worse."
    )
    instances = "Beside `input` the network needs `instances`, as `mangagan.images.ink_regions` numbers them."
    return [command, *(["", scale] if trained_here else []), *(["", instances] if data.instances else [])]
