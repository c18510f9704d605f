"""The largest numbers that a configuration from elsewhere may have, checked before a network is built."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

# Of a config.json or experiment.json; those of all shipped and built-in experiments are below 10 KB.
MAX_CONFIG_BYTES = 2**20
_MOST_LETTERS = 4096
# What a network has one after the other: each is traced by itself, in some milliseconds.
_COUNTS = frozenset("layers levels blocks scales downs enhancers halvings".split())
_MOST_COUNTED = 256
# Channels and sides in pixels: a network of such a width, or a page of such a side, fits into no machine.
_LARGEST = {"task.": 16_384, "data.size": 8192, "data.window": 65_536, "data.batch_size": 65_536}
# Numbers that bound no array: steps, and the elements of attention that are computed at a time.
_UNBOUNDED = ("steps", "scores")


def check_sizes(description: Mapping[str, Any]) -> None:
    """Check that the numbers of an experiment's description could belong to a network that was trained.

    A configuration of a few bytes could otherwise ask for any memory and time.

    Args:
        description: Keys and values as `mangagan.overrides.describe` returns them.

    Raises:
        ValueError: A number is too large, or not finite, or a text is too long.
    """
    for key, value in description.items():
        if isinstance(value, str) and len(value) > _MOST_LETTERS:
            raise ValueError(f"{key[:80]} is a text of {len(value)} letters")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{key[:80]} is not finite")
        if isinstance(value, int) and abs(value) > (most := _most(key)):
            raise ValueError(f"{key[:80]} is {str(value)[:20]}, more than the limit of {most:.0f}")


def _most(key: str) -> float:
    name = key.rpartition(".")[2]
    if name in _COUNTS:
        return _MOST_COUNTED
    if name.endswith(_UNBOUNDED):
        return 1e15
    return next((most for start, most in _LARGEST.items() if key.startswith(start)), 1e15)
