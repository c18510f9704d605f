"""The model `base` ships with the package, colours pages, and a copy without it is reported."""

import re
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

import mangagan
from mangagan import pretrained
from mangagan.infer.colorizer import ColorizeOptions, Colorizer
from mangagan.infer.jax_network import jax_network
from mangagan.palette import palette_of
from mangagan.pretrained import check_shipped, resolve_checkpoint, shipped_model
from mangagan.train.load import load_trained
from mangagan.trial.paper_areas import mean_difference, measure_areas


def test_the_name_base_is_the_shipped_model_and_paths_stay_paths(tmp_path, monkeypatch):
    (tmp_path / "base").mkdir()
    monkeypatch.chdir(tmp_path)
    assert pretrained.names() == ("base",)
    assert shipped_model("base") == resolve_checkpoint("base") == Path(mangagan.__file__).parent / "pretrained" / "base"
    assert resolve_checkpoint("./base") == Path("base") and resolve_checkpoint("runs/base") == Path("runs/base")
    with pytest.raises(ValueError, match="no model 'bass' ships with mangagan; there are base"):
        shipped_model("bass")


@pytest.mark.parametrize("there", [[], ["config.json"], ["model.safetensors"]])
def test_a_copy_without_the_model_is_reported(tmp_path, monkeypatch, there):
    monkeypatch.setattr(pretrained, "_FOLDER", tmp_path)
    (tmp_path / "base").mkdir()
    for name in there:
        (tmp_path / "base" / name).write_text("")
    with pytest.raises(ValueError, match="lacks its model 'base': install it again"):
        check_shipped(resolve_checkpoint("base"))
    with pytest.raises(ValueError, match="lacks its model 'base'"):
        shipped_model("base")
    check_shipped(tmp_path / "another")


def test_the_model_is_complete_and_small_and_credits_its_sources():
    files = {file.name: file for file in shipped_model().iterdir()}
    assert {"config.json", "model.safetensors", "README.md", "LICENSE"} <= files.keys()
    assert sum(file.stat().st_size for file in files.values()) < 20e6
    experiment, variables = load_trained(shipped_model())
    assert experiment.conditioning == {"input", "palette", "hint_ab", "hint_mask"}
    assert sum(leaf.size for leaf in jax.tree.leaves(variables.params)) < 16e6
    for credited in ("David Revoy", "OpenMoji", "CC-BY-SA-4.0", "EfficientNet-Lite0"):
        assert credited in files["README.md"].read_text("utf-8")
    for name in ("README.md", "config.json", "LICENSE"):
        assert not re.search(r"/(tmp|work|home|root|Users)/", files[name].read_text("utf-8"))


@pytest.fixture(scope="module")
def network():
    """The model, compiled once for both kinds of input."""
    return jax_network(*load_trained(shipped_model()))


@pytest.mark.parametrize(("kind", "share", "filled"), [("gray", 0.8, 0.55), ("bw", 0.9, 0.45)])
def test_the_model_brings_pages_nearer_to_the_truth(network, composed, kind, share, filled):
    remaining, measured = [], []
    for seed, number in ((3, 4), (0, 1), (1, 2), (5, 3)):
        page = composed(seed, number)
        own = palette_of(Image.fromarray(page.color))
        color = Colorizer(network, ColorizeOptions(size=384))
        source = Image.fromarray(page.color).convert("L") if kind == "gray" else Image.fromarray(page.bw)
        pixels = np.asarray(source.convert("RGB"))
        predicted = color.color_pixels(pixels, own, None)
        remaining.append(mean_difference([(predicted, page.color)]) / mean_difference([(pixels, page.color)]))
        measured.append(measure_areas([(predicted, page.color)]))
    # For comparison: the palette's usual colours alone leave 0.73 and 0.99 of the difference, and fill 0.50 and 0.16.
    assert np.mean(remaining) < share and max(found.paper for found in measured) < 3
    shares = [found.filled / found.filled_truth for found in measured]
    assert np.mean(shares) > filled and min(shares) > 0.4
