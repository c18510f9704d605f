"""A run's predictor during evaluation: whole pages if they fit, rounded to 8 bits, and its cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, UInt8

from mangagan.color import to_bytes
from mangagan.evaluate.colorization.evaluation_pages import Page
from mangagan.evaluate.devices import Devices
from mangagan.evaluate.result import MetricValues
from mangagan.tasks.base import Batch, Variables
from mangagan.tiles import PAGE_TILES, Tiles

# Pages are cut as they are in use (`mangagan.tiles`).
TILES = PAGE_TILES
Predict = Callable[[Variables, Batch], Float[Array, "b h w 3"]]


class Predictor:
    """Predicts pages; compiled once for each size of page, which the measured times leave out."""

    def __init__(self, predict: Predict, variables: Variables, devices: Devices) -> None:
        self._predict, self._devices = predict, devices
        self._variables = jax.device_put(variables, devices.everywhere)
        self._tiles = Tiles(TILES.size, TILES.overlap, devices.count)
        self._compiled: dict[Any, Any] = {}
        self._parameters, self._bytes, self._seconds, self._pages = 0, 0, 0.0, 0

    def predict(self, pages: Sequence[Page]) -> UInt8[Any, "b h w 3"]:
        """Return the pictures of a batch of pages, 8-bit sRGB, one for each device; surplus ones only fill it up.

        Args:
            pages: Pages of one size.
        """
        height, width = pages[0].truth.shape[:2]
        batch = {name: [page.inputs[name] for page in pages] for name in pages[0].inputs}
        if height * width > TILES.whole_pixels:
            return self._devices.stacked([self._in_tiles(page.inputs) for page in pages])
        stacked = {name: self._devices.stacked(arrays) for name, arrays in batch.items()}
        self._pages += len(pages)
        return self._run(stacked)

    def cost(self) -> MetricValues:
        """Return the used parameters, the seconds for a page, and the most bytes of a compiled program."""
        seconds = {"seconds_per_page": self._seconds / self._pages} if self._pages else {}
        return {"parameters": self._parameters, "peak_memory_bytes": self._bytes, **seconds}

    def _run(self, batch: Batch) -> Any:
        sizes = tuple((name, array.shape) for name, array in batch.items())
        if sizes not in self._compiled:
            self._compiled[sizes] = self._compile(batch)
        start = perf_counter()
        predicted, finite = jax.block_until_ready(self._compiled[sizes](self._variables, batch))
        self._seconds += perf_counter() - start
        if not finite:
            raise ValueError("the run predicts pixels that are not finite; did its training diverge?")
        return predicted

    def _compile(self, batch: Batch) -> Any:
        def predict(variables: Variables, batch: Batch) -> tuple[Array, Array]:
            predicted = self._predict(variables, batch)
            return to_bytes(predicted), jnp.isfinite(predicted).all()

        everywhere, pages = self._devices.everywhere, self._devices.pages
        self._parameters = self._parameters or count_used_parameters(self._predict, self._variables, batch)
        program = jax.jit(predict, in_shardings=(everywhere, pages), out_shardings=(pages, everywhere))
        compiled = program.lower(self._variables, batch).compile()
        memory = compiled.memory_analysis()
        if memory is not None:
            parts = (memory.temp_size_in_bytes, memory.argument_size_in_bytes, memory.output_size_in_bytes)
            self._bytes = max(self._bytes, sum(parts))
        return compiled

    def _in_tiles(self, inputs: dict[str, np.ndarray]) -> UInt8[np.ndarray, "h w 3"]:
        flat = {name for name, array in inputs.items() if array.ndim == 2}
        maps = {name: array[..., None] if name in flat else array for name, array in inputs.items()}

        def predict_tiles(tiles: dict[str, np.ndarray]) -> Any:
            batch = {name: tile[..., 0] if name in flat else tile for name, tile in tiles.items()}
            return self._run({name: jax.device_put(tile, self._devices.pages) for name, tile in batch.items()})

        self._pages += 1
        return np.round(self._tiles.predict(maps, predict_tiles)).astype(np.uint8)


def count_used_parameters(predict: Predict, variables: Variables, batch: Batch) -> int:
    """Return the number of parameters that a prediction depends on: of CycleGAN's two generators, those of one.

    Args:
        predict: The task's `predict`.
        variables: The generator's variables.
        batch: A batch of inputs; only its shapes count.
    """
    shapes = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype), (variables, batch))
    jaxpr = jax.make_jaxpr(predict)(*shapes).jaxpr
    used = {id(variable) for equation in jaxpr.eqns for variable in equation.invars}
    # The parameters are the first of the variables, hence of the arguments.
    parameters = jaxpr.invars[: len(jax.tree.leaves(variables.params))]
    return sum(variable.aval.size for variable in parameters if id(variable) in used)
