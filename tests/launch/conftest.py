"""Runs that commands are given without any training."""

import jax
import numpy as np
import pytest

import experiments
from mangagan.config import example_batch
from mangagan.overrides import override
from mangagan.tasks.base import Variables
from mangagan.train import trained


@pytest.fixture(scope="session")
def untrained():
    """The experiment of a name, with overrides, and drawn variables of its generator, without compiling anything."""

    def made(name, overrides=()):
        experiment, rng = override(experiments.load(name), dict(overrides)), np.random.default_rng(0)
        shapes = jax.eval_shape(experiment.task.init, jax.random.key(0), example_batch(experiment)).generator
        params, stats = (
            jax.tree.map(lambda leaf: rng.uniform(*limits, leaf.shape).astype(leaf.dtype), tree)  # noqa: B023
            for limits, tree in (((-0.1, 0.1), shapes.params), ((0.5, 1.5), shapes.stats))
        )
        return experiment, Variables(params, stats)

    return made


@pytest.fixture(scope="module")
def named():
    """Has commands find runs by names that are no folders."""
    load_trained, runs = trained.load_trained, {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trained, "load_trained", lambda folder: runs.get(str(folder)) or load_trained(folder))
        yield runs
