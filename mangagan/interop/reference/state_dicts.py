"""Read and write checkpoints of the reference implementations, and recognise their layout."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import flax.linen as nn
import numpy as np

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

_NORM_STATE = ("running_mean", "running_var", "num_batches_tracked")


def load_reference(
    path: Path | str, layout: str | Layout, *, part: str | None = None
) -> tuple[nn.Module, VariableDict]:
    """Return a network and its variables from a .pth or .safetensors file of its reference implementation.

    A prefix `module.` (DataParallel) is removed, and counters of batch norms may be absent. Running statistics that
    old versions of PyTorch kept for instance norms have no effect and are left out.

    Args:
        path: The file.
        layout: A name of LAYOUTS, or a `Layout` for a network of another size.
        part: Name of the state dict, where a .pth file holds several.

    Returns:
        The network, which takes and returns pictures [b h w c], and its variables in float32.

    Raises:
        ValueError: The file does not hold such a network. The message lists the tensors that are missing, surplus or
            of another shape, and names the layout that fits.
        FileNotFoundError: There is no such file.
    """
    expected = _named_layout(layout)
    tensors = without_prefix(read_tensors(Path(path), part))
    mismatch = layout_mismatch(tensors, expected)
    if mismatch:
        raise ValueError(f"{path} is not of layout {layout}: {mismatch}. {_advice(tensors)}")
    return expected.network, to_variables(tensors, expected)


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
    if len(fitting) > 1:
        raise ValueError(f"these tensors fit {len(fitting)} layouts: choose one of {', '.join(fitting)}")
    return fitting[0]


def file_layout(path: Path | str, *, part: str | None = None) -> str:
    """Return the name of the layout of a published checkpoint, found from its tensors.

    Args:
        path: A .pth or .safetensors file.
        part: Name of the state dict, where a .pth file holds several.

    Raises:
        ValueError: The file is not readable, no layout fits, or several do; the message names the file and the
            candidates.
        FileNotFoundError: There is no such file.
    """
    tensors = read_tensors(Path(path), part)
    try:
        return find_layout(tensors)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def layout_mismatch(tensors: Mapping[str, np.ndarray], layout: Layout) -> str:
    """Describe how tensors differ from a checkpoint of this layout; "" where they do not.

    Args:
        tensors: Arrays by their names in the file, without the prefix `module.`.
        layout: The layout to compare with.
    """
    specs = tensor_specs(layout)
    # Constants of the reference may be absent: old files lack them, and they have no effect on our variables.
    expected = {name: spec.shape for name, spec in specs.items() if spec.path}
    ignored = {name for name in tensors if name not in expected and (name in specs or _has_no_effect(name, tensors))}
    given = {name: tensor.shape for name, tensor in tensors.items() if name not in ignored}
    return describe_mismatch(given, expected)


def without_prefix(tensors: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
    """Return tensors without the prefix `module.` that DataParallel gives to all of them.

    Args:
        tensors: Arrays by their names in the file.
    """
    if not all(name.startswith("module.") for name in tensors):
        return tensors
    return {name.removeprefix("module."): tensor for name, tensor in tensors.items()}


def _has_no_effect(name: str, tensors: Mapping[str, np.ndarray]) -> bool:
    """Return whether a tensor is a batch norm's counter, or the state of a norm that has no weights."""
    layer, _, leaf = name.rpartition(".")
    return leaf == "num_batches_tracked" or (leaf in _NORM_STATE and f"{layer}.weight" not in tensors)


def _named_layout(layout: str | Layout) -> Layout:
    if isinstance(layout, Layout):
        return layout
    if layout not in LAYOUTS:
        raise ValueError(f"layout {layout!r} is unknown; there are {', '.join(LAYOUTS)}")
    return LAYOUTS[layout]


def _fitting_layouts(tensors: Mapping[str, np.ndarray]) -> list[str]:
    return [name for name, layout in LAYOUTS.items() if not layout_mismatch(tensors, layout)]


def _advice(tensors: Mapping[str, np.ndarray]) -> str:
    fitting = _fitting_layouts(tensors)
    return f"It is of layout {fitting[0]}" if fitting else "No other layout fits it either"
