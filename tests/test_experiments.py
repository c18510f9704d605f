import json
from pathlib import Path

import jax
import numpy as np
import pytest

from mangagan import experiments
from mangagan.config import example_batch
from mangagan.overrides import override
from mangagan.train.devices import make_mesh
from mangagan.train.perceptual_networks import frozen_shapes
from mangagan.train.program import build_program

ALL = [f"{name}:{preset}".rstrip(":") for name in experiments.names() for preset in ("", *experiments.presets(name))]
# Two experiments may have the same table; one of them is enough.
TABLES = {str(experiments.ablations(name)): name for name in experiments.names()}
# The metrics of the first step of every experiment at `:debug`, on the pages of `conftest.pages`.
GOLDEN = Path(__file__).with_name("golden_first_step.json")
ABLATIONS = [(name, ablation) for name in TABLES.values() for ablation in experiments.ablations(name)]


def shapes_of_a_step(experiment):
    def program(frozen):
        return build_program(experiment, make_mesh(), steps_per_epoch=10, frozen=frozen)

    before, frozen = program({}).abstract_state, frozen_shapes(experiment.task.frozen_weights)
    step = lambda frozen, state, batch: program(frozen).step(state, batch)  # noqa: E731
    after, metrics = jax.eval_shape(step, frozen, before, example_batch(experiment))
    return before, after, metrics


def assert_steps(experiment):
    before, after, metrics = shapes_of_a_step(experiment)
    assert jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), before) == jax.tree.map(
        lambda leaf: (leaf.shape, leaf.dtype), after
    )
    assert metrics and all(figure.shape == () and figure.dtype == "float32" for figure in metrics.values())


@pytest.mark.parametrize("name", ALL)
def test_init_and_step_fit_together(name):
    assert_steps(experiments.load(name))


@pytest.mark.parametrize("name", experiments.names())
def test_init_and_step_fit_together_in_bfloat16(name):
    assert_steps(override(experiments.load(name), {"precision": "bfloat16"}))


@pytest.mark.parametrize("name, ablation", ABLATIONS)
def test_ablations_fit_together(name, ablation):
    assert_steps(override(experiments.load(f"{name}:laptop"), experiments.ablations(name)[ablation]))


def assert_golden(name, line, precision):
    found = {key: value for key, value in line.items() if key.startswith(("loss/", "gradient/"))}
    expected = json.loads(GOLDEN.read_text()).get(name, {})
    # Processors and versions of XLA add in other orders; bfloat16 has three digits.
    tolerance = {"float32": 2e-3, "bfloat16": 3e-2}[precision]
    nan = float("nan")
    wrong = [
        key
        for key in sorted(found.keys() | expected)
        if not np.isclose(found.get(key, nan), expected.get(key, nan), rtol=tolerance)
    ]
    assert not wrong, (
        f"the first step of {name}:debug differs from {GOLDEN.name} in {', '.join(wrong)}. Pictures, random "
        "keys, initial weights, networks or losses have changed, so published results may not be reproduced. If that "
        f"is intended, say so in the commit and write into that file:\n"
        f' "{name}": {json.dumps(found)}'
    )


@pytest.mark.parametrize("name", experiments.names())
def test_debug_trains_every_leaf_with_finite_losses_that_are_the_recorded_ones(name, pages, tmp_path):
    from mangagan.cli.train import main

    source = f"data.source=folder:{pages}"
    assert main([f"--exp={name}:debug", source, f"--workdir={tmp_path / 'run'}", "train.every_log_steps=1"]) == 0
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert {line["step"] for line in lines} == {1, 2}
    assert all(np.isfinite(value) for line in lines for value in line.values())
    assert any("evaluation/ciede2000" in line for line in lines)
    assert (tmp_path / "run" / "grids" / "0000002.png").exists()

    experiment = override(experiments.load(f"{name}:debug"), {"data.source": f"folder:{pages}"})
    program = build_program(experiment, make_mesh(), steps_per_epoch=4, frozen={})
    start = program.init()
    from mangagan.train.checkpoint import Checkpoints

    checkpoints = Checkpoints(tmp_path / "run" / "checkpoints", 3, experiment.train.keep_best)
    end = checkpoints.restore_newest(program.abstract_state)
    checkpoints.close()
    for side in ("generator", "discriminator"):
        changed = jax.tree.map(
            lambda a, b: bool((a != b).any()), getattr(start, side).params, getattr(end, side).params
        )
        still = [jax.tree_util.keystr(path) for path, moved in jax.tree.leaves_with_path(changed) if not moved]
        # Queries and keys learn through a gamma that starts at 0: their first gradients are below Adam's epsilon.
        assert not [leaf for leaf in still if "['query']" not in leaf and "['key']" not in leaf]
    assert_golden(name, lines[0], experiment.precision)
