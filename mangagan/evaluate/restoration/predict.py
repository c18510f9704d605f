"""Predictions of restorers for evaluation: whole pictures where they fit, otherwise tiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float

from mangagan.tasks.base import Batch, Variables
from mangagan.tiles import PAGE_TILES, Tiles, TileSettings


def whole_or_tiled(
    predict: Callable[[Variables, Batch], Float[Array, "b h w 3"]],
    variables: Variables,
    settings: TileSettings = PAGE_TILES,
) -> Callable[[Batch], Any]:
    """Return a function from a batch of one picture to its prediction, in the tiles that `mangagan restore` uses.

    Args:
        predict: The task's `predict`.
        variables: The generator's variables.
        settings: Says which pictures are predicted in tiles, and the tiles.
    """
    run = jax.jit(predict)
    tiles = Tiles(settings.size, settings.overlap)

    def predicted(batch: Batch) -> Any:
        _, height, width, _ = batch["input"].shape
        if height * width <= settings.whole_pixels:
            return run(variables, batch)
        maps = {name: np.asarray(array[0]) for name, array in batch.items()}
        return tiles.predict(maps, lambda crops: run(variables, crops))[None]

    return predicted
