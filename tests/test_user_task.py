"""A task of a user's own file is trained, resumed, evaluated, exported and used as those of the package are."""

import json
import shutil
import sys

import jax
import numpy as np
import pytest
from PIL import Image

from mangagan import user_code
from mangagan.cli import main
from mangagan.train.load import load_trained

FILE = '''
"""A colouriser of one convolution, with an L1 loss and no discriminator."""

from dataclasses import dataclass, field

import flax.linen as nn

from mangagan import losses
from mangagan.config import Experiment, Train
from mangagan.data.settings import Data
from mangagan.tasks.base import Nets, Task, Variables, apply_network, init_network, predict_any_size

PRESETS = {"tiny": {"data.size": 16, "data.window": 32, "data.batch_size": 2, "train.steps": 2}}
ABLATIONS = {"wide": {"task.generator.side": 5}}


class OneConvolution(nn.Module):
    side: int = 3
    multiple = 1

    @nn.compact
    def __call__(self, x, train):
        return nn.tanh(nn.Conv(3, (self.side, self.side))(x))


@dataclass(frozen=True)
class Simple(Task):
    generator: OneConvolution = field(default_factory=OneConvolution)
    weight: float = 1.0

    def init(self, key, batch):
        return Nets(init_network(self.generator, key, batch["input"]), Variables({}, {}))

    def generate(self, generator, batch, rng):
        picture, stats = apply_network(self.generator, generator, batch["input"], train=True)
        return {"target": picture}, stats

    def generator_loss(self, discriminator, batch, fakes, context):
        loss = self.weight * losses.l1(fakes["target"], batch["target"])
        return loss, {"loss/generator": loss}

    def predict(self, generator, batch):
        return predict_any_size(self.generator, generator, batch["input"], False)


def experiment():
    train = Train(every_log_steps=1, every_checkpoint_steps=1, evaluation_pages=1)
    return Experiment(Simple(weight=2.0), Data(workers=0), train)
'''


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The user's file."""
    path = tmp_path_factory.mktemp("mine") / "simple.py"
    path.write_text(FILE)
    return path


def train(file, pages, workdir):
    overrides = [f"data.source=folder:{pages}", "task.generator.side=5"]
    return main(["train", f"--exp={file}:tiny", *overrides, f"--workdir={workdir}"])


@pytest.fixture(scope="module")
def run(file, pages, tmp_path_factory):
    """The folder of a run of two steps."""
    workdir = tmp_path_factory.mktemp("runs") / "simple"
    assert train(file, pages, workdir) == 0
    return workdir


@pytest.fixture
def forgotten(monkeypatch):
    """The user's module is not loaded, as in a new process."""
    for name in [name for name in sys.modules if name.startswith("mangagan_user_")]:
        monkeypatch.delitem(sys.modules, name)
    user_code._executed.cache_clear()
    yield
    user_code._executed.cache_clear()


def assert_same(one, other):
    jax.tree.map(np.testing.assert_array_equal, one, other)


def test_the_experiment_is_recorded_with_the_file_of_its_classes(run, file):
    recorded = json.loads((run / "experiment.json").read_text())
    assert recorded["task"] == f"{file}:Simple" and recorded["task.weight"] == 2.0
    assert recorded["task.generator"] == f"{file}:OneConvolution" and recorded["task.generator.side"] == 5
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert {line["step"] for line in lines} == {1, 2} and any("evaluation/ciede2000" in line for line in lines)


def test_a_run_is_resumed_to_the_same_weights(run, file, pages, tmp_path):
    copy = shutil.copytree(run, tmp_path / "copy")
    shutil.rmtree(copy / "checkpoints" / "2")
    assert train(file, pages, copy) == 0
    assert_same(load_trained(copy)[1], load_trained(run)[1])


def test_a_new_process_evaluates_colors_and_exports_it(run, pages, tmp_path, forgotten):
    few = ["--protocol=training", "--pictures=2", "--perceptual=off", f"--output={tmp_path / 'result.json'}"]
    assert main(["evaluate", f"--checkpoint={run}", *few]) == 0
    assert len(json.loads((tmp_path / "result.json").read_text())["pages"]) == 2

    Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 40), np.uint8)).save(tmp_path / "page.png")
    model = tmp_path / "model"
    assert main(["export", "model", str(run), str(model)]) == 0
    assert_same(load_trained(model)[1], load_trained(run)[1])
    for source in (run, model):
        output = tmp_path / f"{source.name}.png"
        assert main(["colorize", f"--checkpoint={source}", str(tmp_path / "page.png"), f"--output={output}"]) == 0
        assert Image.open(output).size == (40, 48)


def test_code_that_was_never_named_here_is_not_executed(run, file, tmp_path, monkeypatch, forgotten):
    monkeypatch.setenv("MANGAGAN_CACHE", str(tmp_path / "another_machine"))
    with pytest.raises(
        ValueError, match=rf"{file} is code that was never run on this machine.*--exp={file} --describe"
    ):
        load_trained(run)
    assert main(["train", f"--exp={file}", "--describe"]) == 0
    assert type(load_trained(run)[0].task).__name__ == "Simple"


def test_a_missing_file_is_named(run, file, forgotten):
    away = file.rename(file.with_suffix(".away"))
    try:
        with pytest.raises(ValueError, match=f"there is no file {file}; bring it back"):
            load_trained(run)
    finally:
        away.rename(file)
