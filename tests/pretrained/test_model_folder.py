"""A model folder returns what was saved, to the bit, and faults in a folder are reported."""

from __future__ import annotations

import json
from hashlib import sha256

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy

from mangagan.config import Experiment
from mangagan.data.degradation.degrade import Holes, Noise
from mangagan.data.settings import Data
from mangagan.models.denoising_unet import DenoisingUNet
from mangagan.models.patchgan import PatchGAN
from mangagan.models.resnet import ResNet
from mangagan.models.two_stage import TwoStage
from mangagan.models.unet import UNet
from mangagan.pretrained import model_folder as folders
from mangagan.pretrained.model_folder import abstract_variables, load_model, save_model
from mangagan.tasks.color_spaces import Lab
from mangagan.tasks.denoise import Denoise
from mangagan.tasks.inpaint import Inpaint
from mangagan.tasks.paired import Paired
from mangagan.tasks.unpaired import Unpaired

DISCRIMINATOR = PatchGAN(layers=1, features=4)
PAIRED = Experiment(
    Paired(generator=UNet(levels=2, features=4, outputs=2), discriminator=DISCRIMINATOR, space=Lab()), Data(size=16)
)
UNPAIRED = Experiment(
    Unpaired(generator=ResNet(blocks=1, features=4), discriminator=DISCRIMINATOR), Data(size=16, paired=False)
)
INPAINT = Experiment(
    Inpaint(generator=TwoStage(features=4), discriminator=DISCRIMINATOR), Data(input="color", damage=Holes(), size=16)
)
DENOISE = Experiment(
    Denoise(generator=DenoisingUNet(levels=1, features=4), discriminator=DISCRIMINATOR),
    Data(input="color", damage=Noise(known=True), size=16),
)


def random_variables(experiment, seed=0):
    rng = np.random.default_rng(seed)
    return jax.tree.map(lambda leaf: rng.normal(size=leaf.shape).astype(leaf.dtype), abstract_variables(experiment))


def assert_same(one, other):
    assert jax.tree.structure(one) == jax.tree.structure(other)
    jax.tree.map(np.testing.assert_array_equal, one, other)


@pytest.fixture
def model(tmp_path):
    save_model(tmp_path / "model", PAIRED, random_variables(PAIRED))
    return tmp_path / "model"


def rewrite(model, tensors=None, **changes):
    """The folder with other weights, whose digest is right, or with other entries in config.json; None removes one."""
    if tensors is not None:
        content = safetensors.numpy.save(tensors)
        (model / "model.safetensors").write_bytes(content)
        changes["sha256"] = sha256(content).hexdigest()
    config = json.loads((model / "config.json").read_text()) | changes
    (model / "config.json").write_text(json.dumps({name: value for name, value in config.items() if value is not None}))


@pytest.mark.parametrize("experiment", [PAIRED, UNPAIRED, INPAINT, DENOISE], ids=lambda one: type(one.task).__name__)
def test_a_model_is_loaded_the_same_to_the_bit(tmp_path, experiment):
    variables = random_variables(experiment)
    save_model(tmp_path / "deep" / "model", experiment, variables, beside={"README.md": b"about"})
    loaded, arrays = load_model(tmp_path / "deep" / "model")
    assert loaded == experiment
    assert_same(arrays, variables)
    assert {leaf.dtype for leaf in jax.tree.leaves(arrays)} == {jnp.dtype("float32")}
    files = {file.name for file in (tmp_path / "deep" / "model").iterdir()}
    assert files == {"model.safetensors", "config.json", "README.md"}
    assert [entry.name for entry in (tmp_path / "deep").iterdir()] == ["model"]


def test_arrays_are_named_by_their_paths(model):
    tensors = safetensors.numpy.load_file(model / "model.safetensors")
    assert {"params/down_1/kernel", "params/down_2/kernel", "params/up_1/bias"} < tensors.keys()
    assert any(name.startswith("batch_stats/up_2_norm/") for name in tensors)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_models_of_half_precision_load_as_float32_of_the_rounded_values(tmp_path, dtype):
    variables = random_variables(PAIRED)
    save_model(tmp_path / "model", PAIRED, variables, dtype=dtype)
    rounded = jax.tree.map(lambda leaf: leaf.astype(jnp.dtype(dtype)).astype(np.float32), variables.params)
    loaded = load_model(tmp_path / "model")[1]
    assert_same(loaded, variables._replace(params=rounded))
    assert {leaf.dtype for leaf in jax.tree.leaves(loaded)} == {jnp.dtype("float32")}


def test_numbers_that_are_not_finite_are_refused_by_name(tmp_path):
    variables = random_variables(PAIRED)
    variables.params["up_1"]["bias"][0] = 1e6
    with pytest.raises(ValueError, match="not finite as float16: params/up_1/bias$"):
        save_model(tmp_path / "model", PAIRED, variables, dtype="float16")
    variables.params["up_1"]["bias"][0] = np.nan
    with pytest.raises(ValueError, match="not finite as float32"):
        save_model(tmp_path / "model", PAIRED, variables)
    assert list(tmp_path.iterdir()) == []


def test_variables_of_another_experiment_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"not the variables of this experiment: .* missing: .*surplus: params/"):
        save_model(tmp_path / "model", PAIRED, random_variables(UNPAIRED))


def test_a_model_is_written_to_a_new_or_empty_folder_only(tmp_path, model):
    before = (model / "config.json").read_bytes()
    with pytest.raises(ValueError, match="model exists already and is kept"):
        save_model(model, PAIRED, random_variables(PAIRED, 1))
    assert (model / "config.json").read_bytes() == before
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ValueError, match="file exists already and is kept"):
        save_model(tmp_path / "file", PAIRED, random_variables(PAIRED))
    (tmp_path / "empty").mkdir()
    save_model(tmp_path / "empty", PAIRED, random_variables(PAIRED))
    load_model(tmp_path / "empty")


def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("no space left")

    monkeypatch.setattr(folders, "write_config", fail)
    with pytest.raises(OSError, match="no space left"):
        save_model(tmp_path / "model", PAIRED, random_variables(PAIRED))
    assert list(tmp_path.iterdir()) == []


def test_all_arrays_that_do_not_fit_are_listed(model):
    tensors = safetensors.numpy.load_file(model / "model.safetensors")
    tensors["more"] = tensors.pop("params/up_1/bias")
    tensors["params/down_1/kernel"] = np.zeros((4, 4, 3, 4), np.float32)
    rewrite(model, tensors)
    message = (
        r"model\.safetensors does not fit .*config\.json: 1 missing: params/up_1/bias; 1 surplus: more; "
        r"1 of another shape: params/down_1/kernel is 4x4x3x4, not 4x4x1x4"
    )
    with pytest.raises(ValueError, match=message):
        load_model(model)


def test_changed_and_lost_weights_are_reported(model):
    file = model / "model.safetensors"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ValueError, match=r"model\.safetensors has the SHA-256 \w{64}, and \w{64} belongs here: it was"):
        load_model(model)
    rewrite(model, {"a": np.zeros(2, np.float32)})
    file.write_bytes(b"no tensors")
    rewrite(model, sha256=sha256(b"no tensors").hexdigest())
    with pytest.raises(ValueError, match=r"model\.safetensors: not a readable"):
        load_model(model)
    file.unlink()
    with pytest.raises(ValueError, match=r"has no model\.safetensors"):
        load_model(model)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"format": 2}, "is of format 2, and this version reads up to 1: install a newer one"),
        ({"format": True}, 'its "format" is no positive number'),
        ({"format": None}, 'its "format" is no positive number'),
        ({"sha256": None, "experiment": []}, "lacks experiment and sha256"),
        ({"experiment": {"task.wings": 2}}, r"config\.json: task\.wings: Paired has no 'wings'"),
        ({"experiment": {"task": ["Paired"]}}, "task should be text, a number, true, false or null"),
        ({"experiment": {"task": "Tripled"}}, "'Tripled' is none of"),
        ({"experiment": {"data.size": "wide"}}, "'wide' is not a whole number"),
        ({"experiment": {"task.generator.features": -4}}, "networks that cannot be built"),
    ],
    ids=str,
)
def test_broken_descriptions_are_reported(model, changes, complaint):
    rewrite(model, **changes)
    with pytest.raises(ValueError, match=complaint):
        load_model(model)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b'{"model_type": "bert"}'])
def test_other_folders_are_refused(tmp_path, content):
    with pytest.raises(ValueError, match=r"is no model: it has no config\.json; mangagan export"):
        load_model(tmp_path)
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"config\.json is not"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"data.size": 10**9}, "data.size is 1000000000, more than the limit of 8192"),
        ({"task.generator.levels": 10**7}, "task.generator.levels is 10000000, more than the limit of 256"),
        ({"task.generator.features": 10**30}, "task.generator.features is 10000000000000000000"),
        ({"task.l1": float("inf")}, "task.l1 is not finite"),
        ({"data.source": "x" * 5000}, "data.source is a text of 5000 letters"),
    ],
)
def test_sizes_that_nothing_could_hold_are_refused_before_a_network_is_built(model, monkeypatch, changes, complaint):
    monkeypatch.setattr(folders, "abstract_variables", lambda _: pytest.fail("the network is built"))
    file = model / folders.CONFIG
    config = json.loads(file.read_text())
    config["experiment"] |= changes
    file.write_text(json.dumps(config))
    with pytest.raises(ValueError, match=complaint) as error:
        load_model(model)
    assert len(str(error.value)) < 300 and str(file) in str(error.value)


def test_a_configuration_of_many_bytes_is_not_read(model):
    file = model / folders.CONFIG
    file.write_text(json.dumps(json.loads(file.read_text()) | {"more": "x" * 2**20}))
    with pytest.raises(ValueError, match="more than the limit of 1048576"):
        load_model(model)


def test_tensors_of_a_kind_that_numpy_lacks_are_reported(model):
    weights = model / folders.WEIGHTS
    header = json.dumps({"a": {"dtype": "F8_E4M3", "shape": [4], "data_offsets": [0, 4]}}).encode()
    weights.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    config = json.loads((model / folders.CONFIG).read_text())
    config["sha256"] = sha256(weights.read_bytes()).hexdigest()
    (model / folders.CONFIG).write_text(json.dumps(config))
    with pytest.raises(ValueError, match="not a readable .safetensors file|does not fit"):
        load_model(model)
