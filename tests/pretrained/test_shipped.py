"""The name `base` stands for the model in the package, which colours pages; a copy without it says so."""

import re
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

import mangagan
from mangagan.infer.colorizer import Coloring, colorizer
from mangagan.infer.jax_network import jax_network
from mangagan.infer.volume.page_stages import Page
from mangagan.palette import palette_of
from mangagan.pretrained import shipped
from mangagan.pretrained.shipped import SHIPPED, check_shipped, checkpoint
from mangagan.train.load import load_trained
from mangagan.trial.paper_areas import areas, difference


def test_base_is_in_the_package_and_paths_are_paths(tmp_path, monkeypatch):
    (tmp_path / "base").mkdir()
    monkeypatch.chdir(tmp_path)
    assert checkpoint("base") == Path(mangagan.__file__).parent / "pretrained" / "base"
    assert checkpoint("./base") == Path("base") and checkpoint("runs/base") == Path("runs/base")


@pytest.mark.parametrize("there", [[], ["config.json"], ["model.safetensors"]])
def test_a_copy_without_the_model_says_so(tmp_path, monkeypatch, there):
    monkeypatch.setattr(shipped, "SHIPPED", tmp_path / "base")
    (tmp_path / "base").mkdir()
    for name in there:
        (tmp_path / "base" / name).write_text("")
    with pytest.raises(ValueError, match="lacks its model 'base': install it again"):
        check_shipped(checkpoint("base"))
    check_shipped(tmp_path / "another")


def test_the_model_is_whole_small_and_says_whom_it_owes():
    files = {file.name: file for file in SHIPPED.iterdir()}
    assert {"config.json", "model.safetensors", "README.md", "LICENSE"} <= files.keys()
    assert sum(file.stat().st_size for file in files.values()) < 20e6
    experiment, variables = load_trained(SHIPPED)
    assert experiment.takes == {"input", "palette", "hint_ab", "hint_mask"}
    assert sum(leaf.size for leaf in jax.tree.leaves(variables.params)) < 16e6
    for credited in ("David Revoy", "OpenMoji", "CC-BY-SA-4.0", "EfficientNet-Lite0"):
        assert credited in files["README.md"].read_text("utf-8")
    for name in ("README.md", "config.json", "LICENSE"):
        assert not re.search(r"/(tmp|work|home|root|Users)/", files[name].read_text("utf-8"))


@pytest.mark.parametrize(("kind", "share", "filled"), [("gray", 0.8, 0.55), ("bw", 0.9, 0.45)])
def test_the_model_brings_pages_nearer_to_what_they_are_in_colour(composed, kind, share, filled):
    network, remaining, seen = jax_network(*load_trained(SHIPPED)), [], []
    for seed, number in ((3, 4), (0, 1), (1, 2), (5, 3)):
        page = composed(seed, number)
        own = palette_of(Image.fromarray(page.color))
        color = colorizer(network, Coloring(size=384), lambda *_: None, lambda _, own=own: own)
        source = Image.fromarray(page.color).convert("L") if kind == "gray" else Image.fromarray(page.bw)
        pixels = np.asarray(source.convert("RGB"))
        painted = color(Page("", "page", pixels))
        remaining.append(difference([(painted, page.color)]) / difference([(pixels, page.color)]))
        seen.append(areas([(painted, page.color)]))
    # The palette's usual colors alone leave 0.73 and 0.99, and fill 0.50 and 0.16.
    assert np.mean(remaining) < share and max(found.paper for found in seen) < 3
    shares = [found.filled / found.filled_truth for found in seen]
    assert np.mean(shares) > filled and min(shares) > 0.4
