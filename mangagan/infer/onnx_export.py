"""Export a colouriser as an ONNX file for `mangagan.infer.onnx_network`, checked against JAX."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np

from mangagan.config import Experiment
from mangagan.images.atomic import write_atomically
from mangagan.infer.jax_network import jax_network, network_info
from mangagan.infer.network import Maps, NetworkInfo
from mangagan.infer.onnx_network import KEY, info_text, network_of
from mangagan.interop.onnx.graph import onnx_model
from mangagan.palette_bins import BINS
from mangagan.tasks.base import Variables

TOLERANCE = 1e-3


def export_onnx(file: Path, experiment: Experiment, variables: Variables) -> float:
    """Write the file; height and width of its input are free.

    Args:
        file: The file to write.
        experiment: The experiment that trained the network.
        variables: The generator's variables.

    Returns:
        The largest difference between the predictions of ONNX Runtime and JAX for one picture.

    Raises:
        ValueError: The task does not colour grey pictures, the network cannot be translated, or its predictions differ
            by more than `TOLERANCE`; the file is not written then.
    """
    info, task = network_info(experiment, variables), experiment.task
    example = {name: jax.ShapeDtypeStruct(array.shape, array.dtype) for name, array in _noise(info, 1, 1).items()}
    model = onnx_model(
        lambda maps: task.predict_raw(variables, maps), example, info.multiple, "painted", {KEY: info_text(info)}
    )
    content = model.SerializeToString()
    difference = _difference(content, experiment, variables)
    if not difference <= TOLERANCE:
        raise ValueError(f"as ONNX this network paints differently, by {difference:.1e}; nothing was written")
    write_atomically(file, content)
    return difference


def _difference(model: bytes, experiment: Experiment, variables: Variables) -> float:
    """The largest difference of the two runtimes on noise, of a size at which the network was not traced.

    Both run on the CPU: a GPU may round products to 10 bits.
    """
    with jax.default_device(jax.local_devices(backend="cpu")[0]), jax.default_matmul_precision("highest"):
        network = jax_network(experiment, variables)
        maps = _probe(network.info)
        ours = np.asarray(network.predict(maps))
    theirs = np.asarray(network_of(model, "the ONNX model", ["CPUExecutionProvider"]).predict(maps))
    return float(np.abs(ours - theirs).max())


def _probe(info: NetworkInfo) -> Maps:
    # Where a picture is one pixel wide inside a network, padding works in another way.
    side = info.multiple * max(2, -(-32 // info.multiple))
    return _noise(info, side, side + info.multiple)


def _noise(info: NetworkInfo, height: int, width: int) -> Maps:
    rng, shape = np.random.default_rng(0), (1, height, width)
    maps: dict[str, Any] = {"input": rng.uniform(-1, 1, (*shape, 1)).astype(np.float32)}
    if info.hints:
        maps["hint_ab"] = rng.uniform(-1, 1, (*shape, 2)).astype(np.float32)
        maps["hint_mask"] = rng.integers(0, 2, (*shape, 1)).astype(np.float32)
    if info.instances:
        maps["instances"] = rng.integers(0, 5, shape).astype(np.int32)
    if info.palette:
        maps["palette"] = rng.dirichlet(np.ones(BINS))[None].astype(np.float32)
    return maps
