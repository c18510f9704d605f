"""Read and write checkpoints of the reference implementations, and recognise their layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import flax.linen as nn
import numpy as np

from mangagan.interop.reference.derived_layouts import derive_layouts
from mangagan.interop.reference.layouts import (
    LAYOUTS,
    Layout,
    VariableDict,
    tensor_specs,
    to_tensors,
    to_variables,
)
from mangagan.interop.weights.shape_mismatch import describe_mismatch
from mangagan.interop.weights.tensor_files import read_tensors, write_tensors
from mangagan.models.layers import NoNorm
from mangagan.overrides import describe

_NORM_STATE = ("running_mean", "running_var", "num_batches_tracked")
# What wrappers put before the names of all tensors: DataParallel, and torch.compile, which may also wrap a part.
_PARALLEL, _COMPILED = "module.", "_orig_mod"


def load_reference(
    path: Path | str, layout: str | Layout, *, part: str | None = None
) -> tuple[nn.Module, VariableDict]:
    """Return a network and its variables from a .pth or .safetensors file of its reference implementation.

    Prefixes `module.` (DataParallel) and `_orig_mod.` (torch.compile) are removed, and counters of batch norms may be
    absent. Running statistics that old versions of PyTorch kept for instance norms have no effect and are left out.

    Args:
        path: The file.
        layout: A name of LAYOUTS, which stands for networks of that class of any size, or a `Layout` of one size.
        part: Name of the state dict, where a .pth file holds several.

    Returns:
        The network, which takes and returns pictures [b h w c], and its variables in float32.

    Raises:
        ValueError: The file does not hold such a network. The message lists the tensors that are missing, surplus or
            of another shape, and names the layout that fits.
        FileNotFoundError: There is no such file.
    """
    found, variables = load_layout(path, layout, part=part)
    return found.network, variables


def load_layout(
    path: Path | str, layout: str | Layout | None = None, *, part: str | None = None
) -> tuple[Layout, VariableDict]:
    """Return the layout of a file and its variables, as `load_reference` does.

    Args:
        path: The file.
        layout: As for `load_reference`; None finds it from the tensors.
        part: Name of the state dict, where a .pth file holds several.

    Raises:
        ValueError: The file does not hold such a network, or, without a layout, none that is known or several.
    """
    named = None if layout is None else _named_layout(layout)
    tensors = without_prefix(read_tensors(Path(path), part))
    try:
        found = find_network(tensors) if named is None else _fitting(tensors, named, sized=isinstance(layout, Layout))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    if named and not found:
        mismatch = layout_mismatch(tensors, named)
        raise ValueError(f"{path} is not of layout {layout}: {mismatch}. {_advice(tensors)}")
    assert found is not None
    return found, to_variables(tensors, found)


def save_reference(path: Path | str, layout: str | Layout, variables: VariableDict) -> None:
    """Write variables as a checkpoint of the reference implementation: .safetensors, or .pth with PyTorch.

    The counters of batch norms are written as 0. Raises ValueError where the variables do not fit the layout,
    FileExistsError for a file that exists, and ImportError for a .pth file without PyTorch.

    Args:
        path: A file that does not exist yet.
        layout: A name of LAYOUTS, or a `Layout` for a network of another size.
        variables: The network's variables.
    """
    write_tensors(Path(path), to_tensors(variables, _named_layout(layout)))


def find_layout(tensors: Mapping[str, np.ndarray]) -> str:
    """Return the name of the layout that the tensors of a published checkpoint have.

    Args:
        tensors: Arrays by their names in the file, with or without the prefix `module.`.

    Raises:
        ValueError: No layout fits, or several do; the message names the candidates.
    """
    fitting = _fitting_layouts(without_prefix(tensors))
    if not fitting:
        raise ValueError(f"these tensors fit none of the known layouts: {', '.join(LAYOUTS)}")
    return _only(fitting)


def find_network(tensors: Mapping[str, np.ndarray]) -> Layout:
    """Return the layout of a checkpoint: one of the published ones, or such a network of another size.

    Args:
        tensors: Arrays by their names in the file, with or without prefixes.

    Raises:
        ValueError: No layout fits, or several published ones do.
    """
    tensors = without_prefix(tensors)
    if fitting := _fitting_layouts(tensors):
        return LAYOUTS[_only(fitting)]
    # Tensors that fit networks of two classes are those of the first one: their forward passes are the same.
    for layout, mismatch in _derived(tensors):
        if not mismatch:
            return layout
    raise ValueError(f"these tensors fit none of the known layouts: {', '.join(LAYOUTS)}{_nearest(tensors)}")


def layout_text(layout: Layout) -> str:
    """Return the name of a published layout, or the class and the sizes of another one.

    Args:
        layout: The layout of a checkpoint.
    """
    published = [name for name, known in LAYOUTS.items() if known == layout]
    if published:
        return published[0]
    # The parts of a norm are those of the published networks.
    sizes = (f"{key}={value}" for key, value in describe(layout.network).items() if ".norm." not in f".{key}")
    channels = f"{layout.channels} input channel{'s' * (layout.channels > 1)}"
    return f"{type(layout.network).__name__} of {channels}, {', '.join(sizes)}"


def layout_mismatch(tensors: Mapping[str, np.ndarray], layout: Layout) -> str:
    """Describe how tensors differ from a checkpoint of this layout; "" where they do not.

    Args:
        tensors: Arrays by their names in the file, without the prefix `module.`.
        layout: The layout to compare with.
    """
    specs = tensor_specs(layout)
    # Constants of the reference may be absent: old files lack them, and they have no effect on our variables.
    expected = {name: spec.shape for name, spec in specs.items() if spec.path}
    ignored = {
        name
        for name in tensors
        if name not in expected and (name in specs or _has_no_effect(name, tensors, layout.network))
    }
    given = {name: tensor.shape for name, tensor in tensors.items() if name not in ignored}
    return describe_mismatch(given, expected)


def without_prefix(tensors: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
    """Return tensors without the prefixes that DataParallel (`module.`) and torch.compile (`_orig_mod.`) give.

    Args:
        tensors: Arrays by their names in the file.
    """
    names = {name: ".".join(part for part in name.split(".") if part != _COMPILED) for name in tensors}
    if all(name.startswith(_PARALLEL) for name in names.values()):
        names = {name: short.removeprefix(_PARALLEL) for name, short in names.items()}
    # Two tensors would have one name: these are not what the wrappers write.
    if len(set(names.values())) < len(names):
        return tensors
    return {short: tensors[name] for name, short in names.items()}


def _has_no_effect(name: str, tensors: Mapping[str, np.ndarray], network: nn.Module) -> bool:
    """Return whether a tensor is a batch norm's counter, or the state of an instance norm, which has no weights."""
    layer, _, leaf = name.rpartition(".")
    # Without a norm there is no state: this is a batch norm without weights, which no reference has.
    stateful = leaf in _NORM_STATE and not isinstance(getattr(network, "norm", None), NoNorm)
    return leaf == "num_batches_tracked" or (stateful and f"{layer}.weight" not in tensors)


def _named_layout(layout: str | Layout) -> Layout:
    if isinstance(layout, Layout):
        return layout
    if layout not in LAYOUTS:
        raise ValueError(f"layout {layout!r} is unknown; there are {', '.join(LAYOUTS)}")
    return LAYOUTS[layout]


def _fitting_layouts(tensors: Mapping[str, np.ndarray]) -> list[str]:
    return [name for name, layout in LAYOUTS.items() if not layout_mismatch(tensors, layout)]


def _only(fitting: Sequence[str]) -> str:
    if len(fitting) > 1:
        raise ValueError(f"these tensors fit {len(fitting)} layouts: choose one of {', '.join(fitting)}")
    return fitting[0]


def _fitting(tensors: Mapping[str, np.ndarray], named: Layout, *, sized: bool) -> Layout | None:
    """Return the layout that tensors have: the named one or, unless it is `sized`, one of the same class."""
    if not layout_mismatch(tensors, named):
        return named
    same = (layout for layout, mismatch in _derived(tensors) if not mismatch and _of_class(layout, named))
    return None if sized else next(same, None)


def _of_class(layout: Layout, named: Layout) -> bool:
    return type(layout.network) is type(named.network)


def _derived(tensors: Mapping[str, np.ndarray]) -> Iterator[tuple[Layout, str]]:
    """Yield the networks that the tensors point to, with what does not fit."""
    for layout in derive_layouts({name: tensor.shape for name, tensor in tensors.items()}):
        try:
            yield layout, layout_mismatch(tensors, layout)
        except ValueError:  # sizes that do not go together
            continue


def _nearest(tensors: Mapping[str, np.ndarray]) -> str:
    layout, mismatch = next(_derived(tensors), (None, ""))
    return f". The nearest is {layout_text(layout)}: {mismatch}" if layout else ""


def _advice(tensors: Mapping[str, np.ndarray]) -> str:
    try:
        return f"It is of layout {layout_text(find_network(tensors))}"
    except ValueError:
        return "No other layout fits it either"
