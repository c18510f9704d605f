"""A run becomes a model folder and a checkpoint for PyTorch, and comes back."""

from __future__ import annotations

import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from mangagan.cli import train as training
from mangagan.cli.export import main
from mangagan.interop.reference.layouts import LAYOUTS, Layout
from mangagan.models.unet import UNet
from mangagan.train.load import load_trained
from mangagan.train.runs import load_run


@pytest.fixture(scope="module")
def trained(pages, tmp_path_factory):
    """The folder of a run of two steps."""
    workdir = tmp_path_factory.mktemp("runs") / "tiny"
    arguments = ["--exp=pix2pix_manga:debug", f"data.source=folder:{pages}", f"--workdir={workdir}"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["launch/run.py", *arguments])
        assert training.main() == 0
    return workdir


@pytest.fixture(scope="module")
def model(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "my-model"
    assert main(["model", str(trained), str(folder)]) == 0
    return folder


def assert_same(one, other):
    assert jax.tree.structure(one) == jax.tree.structure(other)
    jax.tree.map(np.testing.assert_array_equal, one, other)


def test_a_model_is_its_run_to_the_bit(trained, model):
    experiment, variables = load_run(trained)
    for folder in (trained, model):
        same, arrays = load_trained(folder)
        assert same == experiment
        assert_same(arrays, variables)


def test_a_model_may_be_the_mean_of_several_checkpoints(trained, pages, tmp_path, capsys):
    from mangagan.cli.train import main as train

    run = tmp_path / "run"
    told = [f"data.source=folder:{pages}", "train.steps=2", "train.every_checkpoint_steps=1"]
    assert train(["--exp=pix2pix_manga:debug", *told, f"--workdir={run}"]) == 0
    assert main(["model", str(run), str(tmp_path / "mean"), "--steps=1,2"]) == 0
    (_, one), (_, two), (_, mean) = load_run(run, [1]), load_run(run, [2]), load_trained(tmp_path / "mean")
    jax.tree.map(lambda a, b, c: np.testing.assert_allclose(c, (a + b) / 2, atol=1e-6), one, two, mean)
    assert any((a != b).any() for a, b in zip(*map(jax.tree.leaves, (one, two)), strict=True))
    card = (tmp_path / "mean" / "README.md").read_text()
    assert "The mean of the averaged weights after steps 1 and 2 of a run." in card
    # The run's figures and picture are another network's.
    assert "ciede2000" not in card and not (tmp_path / "mean" / "samples.png").exists()
    assert main(["model", str(run), str(tmp_path / "none"), "--steps=2,7"]) == 2
    assert "has no checkpoint 7; it has 1, 2" in capsys.readouterr().err and not (tmp_path / "none").exists()


def test_the_card_tells_of_the_run(trained, model, pages):
    text = (model / "README.md").read_text()
    assert text.startswith("---\nlicense: ") and "\n# my-model\n" in text and "after step 2 of a run" in text
    assert f"`folder:{pages}`: 8 pages of 2 works; 4 of 1 were held out." in text
    assert "last, step 2" in text and "| ciede2000 |" in text and "--exp=pix2pix_manga:debug" in text
    assert str(trained) not in text
    assert (model / "samples.png").read_bytes() == (trained / "grids" / "0000002.png").read_bytes()


def test_a_published_model_has_credits_and_known_weaknesses(trained, pages, tmp_path):
    notes, folder = tmp_path / "notes.md", tmp_path / "base"
    notes.write_text("## What it does badly\n\nNight scenes.\n")
    credit = "Pepper&Carrot: CC-BY-4.0, David Revoy (www.peppercarrot.com)"
    options = [
        f"--credit={credit}",
        "--license=cc-by-sa-4.0",
        f"--notes={notes}",
        "--set=data.source=folder:peppercarrot",
    ]
    assert main(["model", str(trained), str(folder), "--dtype=float16", *options]) == 0
    assert {file.name for file in folder.iterdir()} == {
        "model.safetensors", "config.json", "README.md", "LICENSE", "samples.png"}  # fmt: skip
    card, terms = (folder / "README.md").read_text(), (folder / "LICENSE").read_text()
    assert terms == (
        "The weights of the model base (model.safetensors) are licensed CC-BY-SA-4.0: "
        "https://creativecommons.org/licenses/by-sa/4.0/\n\nThey are made from the work of these authors, under "
        f"these licences:\n\n- {credit}\n"
    )
    assert f"- {credit}\n" in card and 'license: "cc-by-sa-4.0"' in card and "Your own pictures" not in card
    order = [
        "## Use",
        "--checkpoint=base pages",
        "## Metrics",
        "## What it does badly\n\nNight scenes.\n\n## Training set",
    ]
    assert sorted(order, key=card.index) == order
    # Where the pages lay is nobody's concern.
    assert "data.source=folder:peppercarrot" in card
    assert not any(str(pages) in file.read_text() for file in (folder / "README.md", folder / "config.json"))
    experiment, arrays = load_trained(folder)
    assert experiment.data.source == "folder:peppercarrot"
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-3), arrays, load_run(trained)[1])


def test_a_run_becomes_an_onnx_file(trained, tmp_path, capsys):
    pytest.importorskip("onnx", reason="onnx is not installed (pip install -e '.[onnx]')")
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed (pip install -e '.[onnx]')")
    file = tmp_path / "tiny.onnx"
    assert main(["onnx", str(trained), str(file)]) == 0
    assert f"ONNX in {file}: predictions of ONNX Runtime and JAX differ by at most" in capsys.readouterr().out
    before = file.read_bytes()
    assert main(["onnx", str(trained), str(file)]) == 2
    assert "exists already and is kept" in capsys.readouterr().err and file.read_bytes() == before


def test_a_checkpoint_is_exported_and_imported(model, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(LAYOUTS, "tiny_unet", Layout(UNet(levels=4, features=4), 3))
    file, back = str(tmp_path / "net_G.safetensors"), str(tmp_path / "back")
    assert main(["reference", str(model), file, "--layout=tiny_unet"]) == 0
    options = ["--license=mit", "--dtype=float32", "--set=data.window=700"]
    assert main(["import", file, back, "--layout=tiny_unet", *options]) == 0
    experiment, variables = load_trained(Path(back))
    assert experiment.data.window == 700
    assert experiment.task.generator == UNet(levels=4, features=4)
    # Through the three channels of RGB and back.
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), variables, load_trained(model)[1])
    text = (tmp_path / "back" / "README.md").read_text()
    assert 'license: "mit"' in text and "`net_G.safetensors` (SHA-256 " in text and "of layout tiny_unet" in text
    assert capsys.readouterr().err == ""
    assert main(["reference", str(model), file, "--layout=tiny_unet"]) == 2
    assert "exists already and is kept" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["model", "{nowhere}", "{out}"], "is no run: it has no experiment.json"),
        (["model", "{trained}", "{model}"], "exists already and is kept"),
        (["model", "{model}", "{out}"], "is no run"),
        (["model", "{trained}", "{out}", "--notes={nowhere}"], "No such file"),
        (["model", "{trained}", "{out}", "--set=data.sauce=x"], "data.sauce"),
        (["model", "{trained}", "{out}", "--set=task.l1=1"], "task.l1=...: of a trained run only data.source"),
        (["onnx", "{model}", "{out}.pth"], "should end in .onnx"),
        (["onnx", "{nowhere}", "{out}.onnx"], "is neither a run (no experiment.json) nor a"),
        (["reference", "{nowhere}", "{out}.pth", "--layout=siggraph17"], "is neither a run (no experiment.json) nor a"),
        (["reference", "{model}", "{out}.pth", "--layout=unet"], "--layout=unet is unknown; there are pix2pix_unet256"),
        (["reference", "{model}", "{out}.pth", "--layout=siggraph17"], "these are not the variables of Siggraph17"),
        (["reference", "{model}", "{out}.pth", "--layout=siggraph17", "--net=G"], "--net=G: this Paired has generator"),
        (["import", "{nowhere}", "{out}", "--layout=patchgan_basic_bn_6ch"], "there is no task for this; there are"),
        (["import", "{nowhere}", "{out}", "--layout=cyclegan_resnet9_in"], "Unpaired has 2 generators"),
        (["import", "{nowhere}.pth", "{out}", "--layout=siggraph17"], "No such file"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(trained, model, tmp_path, arguments, complaint, capsys):
    places = {"trained": trained, "model": model, "nowhere": tmp_path / "nowhere", "out": tmp_path / "out"}
    assert main([argument.format(**places) for argument in arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("mangagan export: error: ") and error.count("\n") == 1 and complaint in error
    assert list(tmp_path.iterdir()) == []


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert "examples:" in out and "mangagan export reference" in out and "--net=to_target" in out
