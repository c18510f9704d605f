"""A colouriser as an ONNX file for `mangagan.infer.onnx_network`, checked against JAX before it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np

from mangagan.config import Experiment
from mangagan.images.atomic import write_aside
from mangagan.infer.jax_network import facts, jax_network, painting
from mangagan.infer.network import Facts, Maps
from mangagan.infer.onnx_network import KEY, network_of, note
from mangagan.interop.onnx.graph import onnx_model
from mangagan.palette_bins import BINS
from mangagan.tasks.base import Variables

TOLERANCE = 1e-3


def export_onnx(file: Path, experiment: Experiment, variables: Variables) -> float:
    """Writes the file, and gives the largest difference between what ONNX Runtime and JAX paint of one picture.

    Its height and width are free. Raises ValueError where the experiment's task is not to color grey pictures, where
    its network cannot be translated, or paints differently by more than TOLERANCE; the file is not written then.
    """
    known, task = facts(experiment, variables), painting(experiment)
    example = {name: jax.ShapeDtypeStruct(array.shape, array.dtype) for name, array in _noise(known, 1, 1).items()}
    model = onnx_model(
        lambda maps: task.predict(variables, maps), example, known.multiple, "painted", {KEY: note(known)}
    )
    content = model.SerializeToString()
    difference = _difference(content, experiment, variables)
    if not difference <= TOLERANCE:
        raise ValueError(f"as ONNX this network paints differently, by {difference:.1e}; nothing was written")
    write_aside(file, content)
    return difference


def _difference(model: bytes, experiment: Experiment, variables: Variables) -> float:
    """How far apart two runtimes are on noise, of a size at which the network was not traced.

    Both on the CPU: the products of a GPU may be rounded to 10 bits.
    """
    with jax.default_device(jax.local_devices(backend="cpu")[0]), jax.default_matmul_precision("highest"):
        network = jax_network(experiment, variables)
        maps = _probe(network.facts)
        ours = np.asarray(network.paint(maps))
    theirs = np.asarray(network_of(model, "the ONNX model", ["CPUExecutionProvider"]).paint(maps))
    return float(np.abs(ours - theirs).max())


def _probe(known: Facts) -> Maps:
    multiple = known.multiple
    # Borders of a picture that is one pixel wide inside a network are mirrored in another way.
    side = multiple * max(2, -(-32 // multiple))
    return _noise(known, side, side + multiple)


def _noise(known: Facts, height: int, width: int) -> Maps:
    rng, shape = np.random.default_rng(0), (1, height, width)
    maps: dict[str, Any] = {"input": rng.uniform(-1, 1, (*shape, 1)).astype(np.float32)}
    if known.hints:
        maps["hint_ab"] = rng.uniform(-1, 1, (*shape, 2)).astype(np.float32)
        maps["hint_mask"] = rng.integers(0, 2, (*shape, 1)).astype(np.float32)
    if known.instances:
        maps["instances"] = rng.integers(0, 5, shape).astype(np.int32)
    if known.palette:
        maps["palette"] = rng.dirichlet(np.ones(BINS))[None].astype(np.float32)
    return maps
