"""An evaluation on one device and on eight."""

import os
import subprocess
import sys
from pathlib import Path

CODE = """
import sys
from types import SimpleNamespace

import jax, jax.numpy as jnp, numpy as np
from mangagan.data.settings import Data
from mangagan.evaluate import predictor
from mangagan.evaluate.colorization import colorization as colored
from mangagan.evaluate.colorization import page_metrics as judge
from mangagan.evaluate.colorization import session as sitting
from mangagan.evaluate.metrics.lpips_backbones import STACKS
from mangagan.evaluate.devices import over
from mangagan.tiles import TileSettings
from mangagan.evaluate.metrics.features import NetworkOutputs, vgg_features
from mangagan.evaluate.colorization.evaluation_pages import open_evaluation_pages
from mangagan.evaluate.protocol import Protocol
from mangagan.tasks.base import Variables

assert len(jax.devices()) == 8
rng, layers, inputs = np.random.default_rng(0), [], 3
for _ in range(sum(stage.convolutions for stage in STACKS["vgg16"])):
    layers.append({"kernel": rng.normal(0, 0.3, (3, 3, inputs, 4)).astype("f4"), "bias": np.zeros(4, "f4")})
    inputs = 4
sitting.load_networks = lambda **_: ({"vgg16": layers}, {})
judge.network_outputs = lambda weights, *both: NetworkOutputs(
    {}, {"vgg16": tuple(vgg_features(weights["vgg16"], x, 16) for x in both)}
)

def predict(variables, batch):
    gray = batch["input"]
    return jnp.concatenate([gray * 0.9 + 0.1, gray * 0.8, gray * gray], -1) + variables.params["shade"]

source = "folder:" + sys.argv[1]
run = SimpleNamespace(task=SimpleNamespace(predict=predict, kind="colorize"), data=Data(source="comics:3"))
variables = Variables({"shade": np.float32([0.02, 0, -0.02])}, {})
options = sitting.EvaluationOptions(progress=False)

def judged(devices):
    colored.local_devices = lambda: over(jax.devices()[:devices])
    return colored.evaluate_colorizer("x", run, variables, Protocol("native", source, ("*",), 11), options)

one, eight = judged(1), judged(8)
assert len(one.pages) == 11 and one.protocol == eight.protocol and "vfd" in one.whole["gray"], one
for a, b in zip(one.pages, eight.pages, strict=True):
    assert (a.name, a.work, a.kind) == (b.name, b.work, b.kind) and a.metrics.keys() == b.metrics.keys()
    np.testing.assert_allclose([*a.metrics.values()], [*b.metrics.values()], rtol=2e-5, atol=1e-6)
np.testing.assert_allclose([*one.whole["gray"].values()], [*eight.whole["gray"].values()], rtol=1e-3, atol=1e-6)

pages = list(open_evaluation_pages(Protocol("native", source, ("*",), 2), run.data))
alone = predictor.Predictor(predict, variables, over(jax.devices()[:1]))
whole = [np.asarray(alone.predict([page]))[0] for page in pages]
predictor.TILES = TileSettings(whole_pixels=999, size=32, overlap=8)
tiled = np.asarray(predictor.Predictor(predict, variables, over(jax.devices())).predict(pages))
np.testing.assert_array_equal(tiled[:2], whole)
print("the same")
"""


def test_one_device_and_eight_find_the_same(pages):
    environment = os.environ | {"JAX_NUM_CPU_DEVICES": "8", "JAX_PLATFORMS": "cpu"}
    root = str(Path(__file__).parents[2])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    done = subprocess.run([sys.executable, "-c", CODE, pages], env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and "the same" in done.stdout, done.stderr
