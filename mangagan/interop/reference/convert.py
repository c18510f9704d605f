"""Networks of reference checkpoints as models of our tasks, and back.

Reference networks for pages see them in RGB, ours see one grey channel. On grey pages both say the same where the
weights of their three equal channels are added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import flax.linen as nn
from flax.traverse_util import flatten_dict, unflatten_dict

from mangagan.color import LUMINANCE
from mangagan.config import Experiment
from mangagan.data.degradation.degrade import FreeForm
from mangagan.data.settings import Data
from mangagan.interop.reference.layouts import LAYOUTS, Layout, places
from mangagan.interop.reference.state_dicts import load_reference, save_reference
from mangagan.models.deepfill import DeepFill
from mangagan.models.pix2pixhd import GlobalGenerator, LocalEnhancer
from mangagan.models.resnet import ResNet
from mangagan.models.siggraph17 import Siggraph17
from mangagan.models.unet import UNet
from mangagan.pretrained.model_folder import abstract_variables
from mangagan.tasks.base import Variables, parted
from mangagan.tasks.color_spaces import RGB, Lab
from mangagan.tasks.hinted import Hinted
from mangagan.tasks.inpaint import Inpaint
from mangagan.tasks.paired import Paired
from mangagan.tasks.pix2pixhd import PairedHD
from mangagan.tasks.unpaired import Unpaired

WAYS = ("to_target", "to_input")
_PAINTERS = (UNet, ResNet, Siggraph17, GlobalGenerator, LocalEnhancer, DeepFill)


def import_reference(files: Sequence[Path], layout: str) -> tuple[Experiment, Variables]:
    """A model of ours with the weights of reference checkpoints; two files for CycleGAN, grey to color first.

    Raises ValueError where the layout is of no generator, the number of files is not the task's, or one does not fit.
    """
    experiment = _experiment(layout)
    needed = len(WAYS) if isinstance(experiment.task, Unpaired) else 1
    if len(files) != needed:
        raise ValueError(
            f"--layout={layout}: {type(experiment.task).__name__} has {needed} generator{'s' * (needed > 1)} "
            f"({', '.join(WAYS) if needed > 1 else 'generator'}), and {len(files)} file(s) were given"
        )
    loaded = [load_reference(file, layout)[1] for file in files]
    given = [parted(one) for one in loaded]
    if needed > 1:
        joined = [dict(zip(WAYS, parts, strict=True)) for parts in zip(*given, strict=True)]
        return experiment, Variables(*joined)
    params = _for_gray(given[0].params, LAYOUTS[layout])
    return experiment, experiment.task.begun(abstract_variables(experiment), given[0]._replace(params=params))


def export_reference(file: Path, layout: str, experiment: Experiment, variables: Variables, net: str) -> None:
    """Writes one generator of a model as a reference checkpoint; `net` is one of `generators`.

    Raises ValueError where the layout or the generator is unknown or they do not fit, FileExistsError, and ImportError
    where a .pth file is asked for without PyTorch.
    """
    found = generators(variables)
    if layout not in LAYOUTS:
        raise ValueError(f"--layout={layout} is unknown; there are {', '.join(LAYOUTS)}")
    if net not in found:
        raise ValueError(f"--net={net}: this {type(experiment.task).__name__} has {' and '.join(found)}")
    params, stats = found[net]
    tree = {"params": _for_rgb(params, LAYOUTS[layout])} | ({"batch_stats": stats} if stats else {})
    save_reference(file, layout, tree)


def generators(variables: Variables) -> dict[str, Variables]:
    """The generators among a task's variables, by the names that the task has for them."""
    names = [name for name in (*WAYS, "painter", "encoder") if name in variables.params]
    if not names:
        return {"generator": variables}
    return {name: Variables(variables.params[name], variables.stats[name]) for name in names}


def _experiment(layout: str) -> Experiment:
    network = LAYOUTS[layout].network if layout in LAYOUTS else None
    match network:
        case UNet(outputs=2):
            return Experiment(Paired(generator=network, space=Lab()), Data(input="lightness"))
        case UNet():
            return Experiment(Paired(generator=network, space=RGB()))
        case ResNet():
            return Experiment(Unpaired(generator=network), Data(paired=False))
        case Siggraph17():
            return Experiment(Hinted(generator=network), Data(input="lightness"))
        case GlobalGenerator() | LocalEnhancer():
            return Experiment(PairedHD(generator=network))
        case DeepFill():
            return Experiment(Inpaint(generator=network), Data(input="color", damage=FreeForm()))
    fitting = [name for name, one in LAYOUTS.items() if isinstance(one.network, _PAINTERS)]
    raise ValueError(f"--layout={layout}: there is no task for this; there are {', '.join(fitting)}")


def _seeing(network: nn.Module) -> set[tuple[str, ...]]:
    """The kernels whose number of input channels is the picture's, by their paths below "params"."""
    gray, rgb = (places(Layout(network, channels)).values() for channels in (1, 3))
    return {one.path[1:] for one, other in zip(gray, rgb, strict=True) if one.path and one.shape != other.shape}


def _for_gray(params: Any, layout: Layout) -> Any:
    if layout.channels != 3:
        return params
    seeing = _seeing(layout.network)
    return unflatten_dict(
        {path: leaf.sum(2, keepdims=True) if path in seeing else leaf for path, leaf in flatten_dict(params).items()}
    )


def _for_rgb(params: Any, layout: Layout) -> Any:
    """A grey network as one that sees the luminance of the color pictures it is given."""
    if layout.channels != 3:
        return params
    flat = flatten_dict(params)
    for path in _seeing(layout.network) & flat.keys():
        if flat[path].shape[2:3] == (1,):
            flat[path] = flat[path] * LUMINANCE[:, None]
    return unflatten_dict(flat)
