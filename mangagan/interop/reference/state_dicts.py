"""Checkpoints of the reference implementations, in and out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import flax.linen as nn
import numpy as np

from mangagan.interop.reference.layouts import LAYOUTS, Layout, Variables, differences, places, to_ours, to_theirs
from mangagan.interop.weights.tensor_files import read_tensors, write_tensors

_NORM_STATE = ("running_mean", "running_var", "num_batches_tracked")


def load_reference(path: Path | str, layout: str | Layout, *, part: str | None = None) -> tuple[nn.Module, Variables]:
    """A network and its variables, in float32, from a .pth or .safetensors file of its reference implementation.

    layout: one of the names of LAYOUTS, or a `Layout` for a network of other sizes. part: which state dict is meant
    where a .pth file holds several. The network takes and returns pictures channels last, as always.

    DataParallel's prefix `module.` may be there and batch norm's counters may be absent; the running statistics that
    old versions of PyTorch kept for instance norms mean nothing and are left out. Raises ValueError where the file
    does not hold such a network, with the tensors that are missing, surplus or of another shape and the name of the
    layout that would fit; FileNotFoundError.
    """
    chosen = _layout(layout)
    tensors = _without_prefix(read_tensors(Path(path), part))
    wrong = misfit(tensors, chosen)
    if wrong:
        raise ValueError(f"{path} is not of layout {layout}: {wrong}. {_advice(tensors)}")
    return chosen.network, to_ours(tensors, chosen)


def save_reference(path: Path | str, layout: str | Layout, variables: Variables) -> None:
    """Writes variables of ours as a checkpoint of the reference implementation: .safetensors, or .pth with PyTorch.

    layout: as for `load_reference`. The counters of batch norms are written as 0. Raises ValueError where the
    variables do not fit, FileExistsError, and ImportError where a .pth file is asked for without PyTorch.
    """
    write_tensors(Path(path), to_theirs(variables, _layout(layout)))


def misfit(tensors: Mapping[str, np.ndarray], layout: Layout) -> str:
    """What keeps tensors from being a checkpoint of this layout, in words; "" where nothing does."""
    known = places(layout)
    wanted = {name: place.shape for name, place in known.items() if place.path}
    idle = {name for name in tensors if name not in wanted and (name in known or _idle(name, tensors))}
    given = {name: tensor.shape for name, tensor in tensors.items() if name not in idle}
    return differences(given, wanted)


def _idle(name: str, tensors: Mapping[str, np.ndarray]) -> bool:
    """Whether a tensor is a batch norm's counter, or the state of a norm that has no weights."""
    layer, _, kind = name.rpartition(".")
    return kind == "num_batches_tracked" or (kind in _NORM_STATE and f"{layer}.weight" not in tensors)


def _without_prefix(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    if not all(name.startswith("module.") for name in tensors):
        return tensors
    return {name.removeprefix("module."): tensor for name, tensor in tensors.items()}


def _layout(layout: str | Layout) -> Layout:
    if isinstance(layout, Layout):
        return layout
    if layout not in LAYOUTS:
        raise ValueError(f"layout {layout!r} is unknown; there are {', '.join(LAYOUTS)}")
    return LAYOUTS[layout]


def _advice(tensors: Mapping[str, np.ndarray]) -> str:
    fitting = [name for name, layout in LAYOUTS.items() if not misfit(tensors, layout)]
    return f"It is of layout {fitting[0]}" if fitting else "No other layout fits it either"
