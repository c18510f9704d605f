"""Networks in ONNX files paint what they paint in JAX, at any size that fits."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mangagan.infer.jax_network import jax_network, network_info
from mangagan.infer.onnx_network import onnx_network
from mangagan.palette import named_palette

onnx = pytest.importorskip("onnx", reason="onnx is not installed (pip install -e '.[onnx]')")
pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed (pip install -e '.[onnx]')")

from mangagan.infer import onnx_export  # noqa: E402
from mangagan.infer.onnx_export import TOLERANCE, export_onnx  # noqa: E402

LOCAL = {"task.generator.features": 4, "task.generator.base.features": 8, "task.generator.base.blocks": 1}
LOCAL |= {"task.generator.blocks": 1, "task.generator.base.downs": 1}


@pytest.mark.parametrize(
    ("name", "overrides"),
    [
        ("pix2pix_manga:debug", {"task.generator.levels": 3}),
        ("siggraph17_manga:debug", {}),
        ("cyclegan_manga:debug", {}),
        ("dcgan_manga:debug", {}),
        ("pix2pixhd_manga:debug", {}),
        ("pix2pixhd_manga:local", LOCAL),
    ],
)
def test_every_colouriser_becomes_a_file_that_paints_the_same(untrained, tmp_path, name, overrides):
    """The export itself compares both, at a size that it did not trace."""
    experiment, variables = untrained(name, overrides)
    assert export_onnx(tmp_path / "net.onnx", experiment, variables) <= TOLERANCE
    network, known = onnx_network(tmp_path / "net.onnx"), network_info(experiment, variables)
    assert network.info.digest != known.digest and network.info.multiple == known.multiple
    assert [file.name for file in tmp_path.iterdir()] == ["net.onnx"]


@pytest.mark.parametrize("encoder", [False, True])
def test_a_file_takes_the_palette_of_its_network(untrained, tmp_path, encoder):
    steered = untrained("colorizer_base:debug", {"task.generator.encoder": encoder, "task.generator.levels": 5})
    assert export_onnx(tmp_path / "net.onnx", *steered) <= TOLERANCE
    network = onnx_network(tmp_path / "net.onnx")
    assert network.info.palette and network.info.hints
    maps = {"input": np.zeros((1, 32, 64, 1), np.float32), "hint_ab": np.zeros((1, 32, 64, 2), np.float32)}
    maps["hint_mask"] = np.zeros((1, 32, 64, 1), np.float32)
    palettes = [named_palette([(rgb, 1.0)]) for rgb in ((200, 40, 40), (40, 40, 200))]
    red, blue = (network.with_palette(palette).predict(maps) for palette in palettes)
    assert red.shape == (1, 32, 64, 3) and np.abs(red - blue)[..., 1:].mean() > 0.1
    np.testing.assert_allclose(red, jax_network(*steered).with_palette(palettes[0]).predict(maps), atol=1e-5)


def test_a_network_that_paints_differently_is_not_written(untrained, tmp_path, monkeypatch):
    experiment, variables = untrained("dcgan_manga:debug")
    network = jax_network(experiment, variables)
    monkeypatch.setattr(
        onnx_export, "jax_network", lambda *_: type(network)(network.info, lambda maps: network.predict(maps) + 0.01)
    )
    with pytest.raises(ValueError, match="paints differently, by 1.0e-02"):
        export_onnx(tmp_path / "net.onnx", experiment, variables)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("note", "complaint"),
    [
        ("", "is no colouriser of mangagan"),
        (json.dumps({"format": 1}), "is of format 1"),
        ("[]", "is no colouriser"),
        (json.dumps({"format": 2, "space": "RGB"}), "is not what this version reads"),
    ],
)
def test_other_files_are_refused(tmp_path, note, complaint):
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [value], [
        helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])])  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, {"mangagan": note})
    (tmp_path / "x.onnx").write_bytes(model.SerializeToString())
    (tmp_path / "broken.onnx").write_bytes(np.arange(9, dtype=np.uint8).tobytes())
    for name, said in (("x", complaint), ("broken", "cannot be run"), ("none", "there is no file")):
        with pytest.raises(ValueError, match=said):
            onnx_network(tmp_path / f"{name}.onnx")


def test_a_file_is_run_on_what_needs_no_engine_for_each_size(untrained, tmp_path, monkeypatch):
    import onnxruntime

    export_onnx(tmp_path / "net.onnx", *untrained("dcgan_manga:debug"))
    chosen, session = [], onnxruntime.InferenceSession
    there = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: there)

    def opened(model, options, providers):
        chosen.append(providers)
        return session(model, options, ["CPUExecutionProvider"])

    monkeypatch.setattr(onnxruntime, "InferenceSession", opened)
    onnx_network(tmp_path / "net.onnx")
    assert chosen == [there[1:]]
