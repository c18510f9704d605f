"""Former names of configuration keys and classes, so that old runs, models and command lines still work."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

# Former key -> key.
KEYS = {
    "train.start": "train.init_from",
    "task.own_statistics": "task.batch_stats_at_test",
    "task.hinted": "task.hint_probability",
    "task.hints.most": "task.hints.max_count",
    "task.hints.patch": "task.hints.max_side",
    "task.stability.alone_steps": "task.stability.discriminator_start_step",
}
# Former class -> class, where a key names a part by its class.
CLASSES = {
    "Steered": "PaletteGuided",
    "SteeredUNet": "PaletteGuidedUNet",
    "PairedHD": "Pix2PixHD",
}


def renamed(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return configuration values under the present names, and log one line for each former name.

    Args:
        changes: `key.path -> value`, from a command line, an `experiment.json` or a `config.json`.

    Returns:
        The same values in the same order.
    """
    log, current = logging.getLogger(__name__), {}
    for key, value in changes.items():
        new_key = KEYS.get(key, key)
        new_value = CLASSES.get(value, value) if isinstance(value, str) else value
        if new_key != key:
            log.warning("%s is now called %s", key, new_key)
        if new_value != value:
            log.warning("%s=%s is now called %s=%s", key, value, new_key, new_value)
        current[new_key] = new_value
    return current
