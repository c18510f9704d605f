"""Convert checkpoints of reference implementations to models of our tasks, and back.

Reference networks take manga pages as RGB pictures, ours take one grey channel. On grey pages both give the same
result when the weights of the three equal channels are added up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import flax.linen as nn
import jax.numpy as jnp
from flax.traverse_util import flatten_dict, unflatten_dict

from mangagan.color import LUMINANCE
from mangagan.config import Experiment
from mangagan.data.degradation.degrade import FreeForm
from mangagan.data.settings import Data
from mangagan.data.stream.transforms import Input
from mangagan.interop.reference.layouts import LAYOUTS, Layout, VariableDict, tensor_specs
from mangagan.interop.reference.state_dicts import layout_text, load_layout, save_reference
from mangagan.models.deepfill import DeepFill
from mangagan.models.layers import InstanceNorm, NoNorm
from mangagan.models.pix2pixhd import GlobalGenerator, LocalEnhancer
from mangagan.models.resnet import ResNet
from mangagan.models.siggraph17 import Siggraph17
from mangagan.models.unet import UNet
from mangagan.overrides import override
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
# Generators that take pages alone, and those that take more beside them.
_TAKE_PICTURES = (UNet, ResNet, GlobalGenerator, LocalEnhancer)
_GENERATORS = (*_TAKE_PICTURES, Siggraph17, DeepFill)


class Imported(NamedTuple):
    """A model of ours that was made of reference checkpoints.

    Attributes:
        experiment: The experiment that such a network is trained with, with default values.
        variables: The generator's variables.
        layout: The name of its layout, or the class and the sizes of its network.
    """

    experiment: Experiment
    variables: Variables
    layout: str


def import_reference(files: Sequence[Path], layout: str | None = None) -> tuple[Experiment, Variables]:
    """Return the experiment and the variables of `import_checkpoints`.

    Args:
        files: As for `import_checkpoints`.
        layout: As for `import_checkpoints`.
    """
    imported = import_checkpoints(files, layout)
    return imported.experiment, imported.variables


def import_checkpoints(
    files: Sequence[Path], layout: str | None = None, changes: Mapping[str, Any] = MappingProxyType({})
) -> Imported:
    """Return a model of ours with the weights of reference checkpoints.

    Networks of other sizes than the published ones are derived from the names and shapes of their tensors. One input
    channel is what pages in grey have; the kernels of three are added up. What tensors cannot tell is as in the
    reference, unless `changes` say otherwise.

    Args:
        files: One file, or two for CycleGAN, grey to colour first.
        layout: A name of LAYOUTS; None finds it from the tensors of the first file.
        changes: Values by the keys of the experiment, for `override`. `task=Paired` takes a single ResNet of RGB;
            `task.generator.norm=InstanceNorm` is for files without biases and norms.

    Raises:
        ValueError: The layout is not one of a generator, two layouts fit, the number of files is wrong, or a file does
            not fit the layout.
    """
    if layout is not None:
        named = _experiment(LAYOUTS.get(layout), f"--layout={layout}", changes)
        # A network of CycleGAN that takes one channel stands alone, so that its file is read first.
        if len(files) > 1 or not files[0].exists():
            _check_count(files, named, f"--layout={layout}")
    found, first = load_layout(files[0], layout)
    experiment = _experiment(found, layout_text(found), changes)
    names = _check_count(files, experiment, layout_text(found))
    changed = override(experiment, changes)
    told = _told(found, changed)
    # The second network of CycleGAN has the sizes of the first one.
    trees = [first, *(load_layout(file, found)[1] for file in files[1:])]
    if told != found:
        experiment = override(experiment, {"task.generator.norm": type(told.network.norm).__name__})
        trees = [_with_biases(tree, told) for tree in trees]
    loaded = [split_collections(tree) for tree in trees]
    if len(names) > 1:
        by_name = [dict(zip(names, parts, strict=True)) for parts in zip(*loaded, strict=True)]
        return Imported(changed, Variables(*by_name), layout_text(told))
    given = loaded[0]._replace(params=_for_gray(loaded[0].params, found))
    # Fitted to the network of the file: where changes ask for other sizes, the writer of the model says what differs.
    variables = experiment.task.init_from(abstract_variables(experiment), given)
    return Imported(changed, variables, layout_text(told))


def _check_count(files: Sequence[Path], experiment: Experiment, name: str) -> list[str]:
    """Return the names of the generators of a task, once it is certain that each has a file."""
    names = list(CYCLE_GENERATORS) if isinstance(experiment.task, Unpaired) else ["generator"]
    if len(files) != len(names):
        advice = "; --set=task=Paired takes one that was trained with pairs" if len(names) > 1 else ""
        raise ValueError(
            f"{name}: {type(experiment.task).__name__} has {len(names)} generator{'s' * (len(names) > 1)} "
            f"({', '.join(names)}), and {len(files)} file(s) were given{advice}"
        )
    return names


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


def _experiment(layout: Layout | None, name: str, changes: Mapping[str, Any]) -> Experiment:
    """Return the experiment whose generator has this layout, with the data that it was trained on."""
    network, channels = (layout.network, layout.channels) if layout else (None, 0)
    if isinstance(network, _TAKE_PICTURES) and channels not in (1, 3):
        raise ValueError(f"{name}: pages have 1 or 3 channels, and this network takes {channels}")
    match network:
        case UNet(outputs=2) | ResNet(outputs=2) if channels == 1:
            return Experiment(Paired(generator=network, space=Lab()), _data(network, "lightness"))
        case UNet():
            return Experiment(Paired(generator=network, space=RGB()), _data(network))
        # Both generators of CycleGAN take RGB: one of a single channel was trained with pairs, or colours alone.
        case ResNet() if channels == 1 or changes.get("task") == "Paired":
            return Experiment(Paired(generator=network, space=RGB()), _data(network))
        case ResNet():
            return Experiment(Unpaired(generator=network), Data(paired=False))
        case Siggraph17():
            return Experiment(Hinted(generator=network), Data(input="lightness"))
        case GlobalGenerator() | LocalEnhancer():
            return Experiment(Pix2PixHD(generator=network), _data(network))
        case DeepFill():
            return Experiment(Inpaint(generator=network), Data(input="color", damage=FreeForm()))
    names = [name for name, known in LAYOUTS.items() if isinstance(known.network, _GENERATORS)]
    raise ValueError(f"{name}: there is no task for this; there are {', '.join(names)}")


def _told(found: Layout, experiment: Experiment) -> Layout:
    """Return the layout of a file or, without norms, with the instance norm that the experiment was told to have."""
    norms = [getattr(network, "norm", None) for network in (found.network, getattr(experiment.task, "generator", None))]
    if not (isinstance(norms[0], NoNorm) and isinstance(norms[1], InstanceNorm)):
        return found
    return replace(found, network=found.network.clone(norm=norms[1]))


def _with_biases(tree: VariableDict, layout: Layout) -> VariableDict:
    """Return variables with biases of 0 where the file has none: an instance norm takes any bias away."""
    paths = {spec.path: spec.shape for spec in tensor_specs(layout).values() if spec.path and spec.path[-1] == "bias"}
    return unflatten_dict({path: jnp.zeros(shape) for path, shape in paths.items()} | flatten_dict(tree))


def _data(network: Any, input: Input = "gray") -> Data:
    """Return the default data, with crops that are large enough for the network at the same scale of the pages."""
    data, factor = Data(input=input), max(1, network.multiple // Data.size)
    return replace(data, size=factor * data.size, window=factor * data.window)


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
