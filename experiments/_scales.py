"""Overrides that the small presets of all experiments share."""

from __future__ import annotations

# Two CPU cores and ten minutes: most of a page in 96 pixels, metrics and pictures often.
LAPTOP: dict[str, object] = {
    "data.source": "comics:240",
    "data.size": 96,
    "data.window": 640,
    "data.jitter": 0.2,
    "data.workers": 0,
    "train.every_grid_steps": 1000,
    "train.every_evaluation_steps": 1000,
    "train.every_checkpoint_steps": 1000,
    "train.evaluation_pages": 30,
}
# A network of a few channels, for two steps.
DEBUG: dict[str, object] = {
    "data.source": "comics:20",
    "data.size": 32,
    "data.window": 128,
    "data.batch_size": 2,
    "data.workers": 0,
    "train.steps": 2,
    "train.evaluation_pages": 2,
}
