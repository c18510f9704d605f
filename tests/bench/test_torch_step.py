"""The PyTorch twin of the train step, and the command that takes turns with it."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install -e '.[bench]'")

import experiments  # noqa: E402
from mangagan.bench.torch_step import build_torch_step  # noqa: E402
from mangagan.overrides import override  # noqa: E402


@pytest.mark.parametrize("name", experiments.names())
def test_every_experiment_has_a_twin_that_steps(name):
    experiment = override(experiments.load(f"{name}:debug"), {"data.size": 32})
    build_torch_step(experiment, steps=2, compiled=False)()


def test_an_experiment_without_a_twin_is_refused():
    experiment = override(experiments.load("pix2pix_manga:debug"), {"task.gan": "Hinge"})
    with pytest.raises(ValueError, match="no PyTorch twin"):
        build_torch_step(experiment, steps=1, compiled=False)


def test_bench_prints_the_ratio_as_json(capfd):
    import json

    from launch.bench import main

    assert main(["step", "--exp=pix2pix_manga:debug", "--against=torch", "--rounds=2", "--warmup=1"]) == 0
    figures = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert np.isclose(figures["ratio"], figures["ours_s"] / figures["torch_s"]) and figures["flops"] > 0


def test_bench_data_prints_the_share_of_waiting(pages, capfd):
    import json

    from launch.bench import main

    assert main(["data", "--exp=pix2pix_manga:debug", f"data.source=folder:{pages}", "--rounds=3"]) == 0
    figures = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert 0 <= figures["data_share"] <= 1 and figures["stream_images_per_s"] > 0
