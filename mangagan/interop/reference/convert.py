"""Convert checkpoints of reference implementations to models of our tasks, and back.

Reference networks take manga pages as RGB pictures, ours take one grey channel. On grey pages both give the same
result when the weights of the three equal channels are added up.
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
from mangagan.interop.reference.layouts import LAYOUTS, Layout, tensor_specs
from mangagan.interop.reference.state_dicts import file_layout, load_reference, save_reference
from mangagan.models.deepfill import DeepFill
from mangagan.models.pix2pixhd import GlobalGenerator, LocalEnhancer
from mangagan.models.resnet import ResNet
from mangagan.models.siggraph17 import Siggraph17
from mangagan.models.unet import UNet
from mangagan.pretrained.model_folder import abstract_variables
from mangagan.tasks.base import Variables, split_collections
from mangagan.tasks.color_spaces import RGB, Lab
from mangagan.tasks.hinted import Hinted
from mangagan.tasks.inpaint import Inpaint
from mangagan.tasks.paired import Paired
from mangagan.tasks.pix2pixhd import Pix2PixHD
from mangagan.tasks.unpaired import Unpaired

# The two generators of CycleGAN, in the order in which their files are given.
CYCLE_GENERATORS = ("to_target", "to_input")
_GENERATORS = (UNet, ResNet, Siggraph17, GlobalGenerator, LocalEnhancer, DeepFill)


def import_reference(files: Sequence[Path], layout: str | None = None) -> tuple[Experiment, Variables]:
    """Return a model of ours with the weights of reference checkpoints.

    Args:
        files: One file, or two for CycleGAN, grey to colour first.
        layout: A name of LAYOUTS; None finds it from the tensors of the first file.

    Returns:
        The experiment that such a network is trained with, with default values, and the generator's variables.

    Raises:
        ValueError: The layout is not one of a generator, two layouts fit, the number of files is wrong, or a file does
            not fit the layout.
    """
    if layout is None:
        layout = file_layout(files[0])
    experiment = _experiment(layout)
    fresh = abstract_variables(experiment)
    names = [name for name in CYCLE_GENERATORS if name in fresh.params] or ["generator"]
    if len(files) != len(names):
        raise ValueError(
            f"--layout={layout}: {type(experiment.task).__name__} has {len(names)} generator{'s' * (len(names) > 1)} "
            f"({', '.join(names)}), and {len(files)} file(s) were given"
        )
    loaded = [split_collections(load_reference(file, layout)[1]) for file in files]
    if len(names) > 1:
        by_name = [dict(zip(names, trees, strict=True)) for trees in zip(*loaded, strict=True)]
        return experiment, Variables(*by_name)
    params = _for_gray(loaded[0].params, LAYOUTS[layout])
    return experiment, experiment.task.init_from(fresh, loaded[0]._replace(params=params))


def export_reference(file: Path, layout: str, experiment: Experiment, variables: Variables, net: str) -> None:
    """Write one generator of a model as a reference checkpoint.

    Args:
        file: A .safetensors or .pth file that does not exist yet; .pth needs PyTorch.
        layout: A name of LAYOUTS.
        experiment: The model's experiment.
        variables: The generator's variables.
        net: A name of `generators`.

    Raises:
        ValueError: The layout or the generator is unknown, or they do not fit.
    """
    nets = generators(variables)
    if layout not in LAYOUTS:
        raise ValueError(f"--layout={layout} is unknown; there are {', '.join(LAYOUTS)}")
    if net not in nets:
        raise ValueError(f"--net={net}: this {type(experiment.task).__name__} has {' and '.join(nets)}")
    params, stats = nets[net]
    tree = {"params": _for_rgb(params, LAYOUTS[layout])} | ({"batch_stats": stats} if stats else {})
    save_reference(file, layout, tree)


def generators(variables: Variables) -> dict[str, Variables]:
    """Return the networks among a task's generator variables by the names that the task gives them."""
    names = [name for name in (*CYCLE_GENERATORS, "painter", "encoder") if name in variables.params]
    if not names:
        return {"generator": variables}
    return {name: Variables(variables.params[name], variables.stats[name]) for name in names}


def _experiment(layout: str) -> Experiment:
    """Return the experiment whose generator has this layout, with the data that it was trained on."""
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
            return Experiment(Pix2PixHD(generator=network))
        case DeepFill():
            return Experiment(Inpaint(generator=network), Data(input="color", damage=FreeForm()))
    names = [name for name, known in LAYOUTS.items() if isinstance(known.network, _GENERATORS)]
    raise ValueError(f"--layout={layout}: there is no task for this; there are {', '.join(names)}")


def _picture_kernels(network: nn.Module) -> set[tuple[str, ...]]:
    """Return the paths, below "params", of the kernels that have one input channel for each channel of the picture."""
    gray, rgb = (tensor_specs(Layout(network, channels)).values() for channels in (1, 3))
    return {one.path[1:] for one, other in zip(gray, rgb, strict=True) if one.path and one.shape != other.shape}


def _for_gray(params: Any, layout: Layout) -> Any:
    """Return the parameters of an RGB network as those of a network that takes one grey channel."""
    if layout.channels != 3:
        return params
    kernels = _picture_kernels(layout.network)
    # With three equal channels, sum_c(w_c * x) = (sum_c w_c) * x.
    return unflatten_dict(
        {path: leaf.sum(2, keepdims=True) if path in kernels else leaf for path, leaf in flatten_dict(params).items()}
    )


def _for_rgb(params: Any, layout: Layout) -> Any:
    """Return the parameters of a grey network as those of a network that sees the luminance of RGB pictures."""
    if layout.channels != 3:
        return params
    flat = flatten_dict(params)
    # A discriminator or encoder of our own that already takes RGB has no single channel to spread.
    for path in _picture_kernels(layout.network) & flat.keys():
        if flat[path].shape[2:3] == (1,):
            flat[path] = flat[path] * LUMINANCE[:, None]
    return unflatten_dict(flat)
