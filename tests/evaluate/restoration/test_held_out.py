"""A restorer that leaves pages as they are, or paints them all grey, stands in for a trained one."""

import shutil
from dataclasses import replace
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from mangagan import experiments
from mangagan.data.degradation.degrade import Noise, SaltAndPepper
from mangagan.data.settings import Data
from mangagan.evaluate.protocol import Protocol
from mangagan.evaluate.restoration import held_out as restored
from mangagan.evaluate.restoration.held_out import damaged_entries, evaluate_restorer
from mangagan.evaluate.result import protocol_differences
from mangagan.tasks.base import Variables

EMPTY = SimpleNamespace(pages=lambda split: [], domains={"validation": {"color": []}})


@pytest.fixture
def judge(pages):
    """Judges a run of a prediction; two of three works are held out."""

    def judged(protocol, predict=lambda batch: batch["input"], **changes):
        held_out = {"source": f"folder:{pages}", "held_out": "a,c", "window": 48, "damage": Noise()}
        data = replace(experiments.load("restore_denoise:debug").data, **(held_out | changes))
        variables = Variables({"weights": jnp.zeros((2, 3)), "idle": jnp.ones(4)}, {})
        painted = lambda variables, batch: predict(batch) + variables.params["weights"].sum()  # noqa: E731
        run = SimpleNamespace(data=data, task=SimpleNamespace(predict=painted))
        return evaluate_restorer("001-base-seed0", run, variables, protocol)

    return judged


def test_figures_are_of_the_page_that_they_are_named_by(judge, pages):
    # In 8 bits, the grey in the middle is 128.
    result = judge(Protocol("training"), lambda batch: jnp.full_like(batch["input"], 0.001))
    assert [page.name for page in result.pages] == [f"{work}/{n}.png" for work in "ac" for n in range(4)]
    assert {(page.work, page.name[0], page.kind) for page in result.pages} == {(w, w, "damaged") for w in "ac"}
    for page in result.pages:
        window = (
            Image.open(pages / page.name)
            .crop((0, 12, 48, 60))
            .resize((32, 32), Image.Resampling.BICUBIC, reducing_gap=3.0)
        )
        error = np.abs(np.asarray(window, np.float64) - 128) / 255
        assert page.metrics["l1"] == pytest.approx(error.mean(), rel=1e-4)
        assert page.metrics["psnr"] == pytest.approx(-10 * np.log10(np.square(error).mean()), rel=1e-4)
    assert len({page.metrics["l1"] for page in result.pages}) == 8
    assert result.name == "001-base-seed0" and result.cost == {"parameters": 6}
    assert result.protocol["works"] == ["a", "c"] and result.protocol["pages"] == 8


def test_bare_and_painted_pages_are_judged_alike(judge):
    for page in judge(Protocol("training")).pages:
        assert page.metrics["psnr"] == page.metrics["psnr_input"] and page.metrics["ciede2000"] > 0


def test_few_pages_are_spread_over_the_works(judge):
    whole, few = judge(Protocol("training")), judge(Protocol("training", pages=4))
    assert few.pages == whole.pages[::2] and protocol_differences(whole, few)


def test_pages_are_read_one_at_a_time_and_no_more_than_are_judged(judge, monkeypatch):
    events, read, metrics = [], restored.batches, restored._metrics

    def batches(*arguments, **more):
        for page in read(*arguments, **more):
            events.append("read")
            yield page

    monkeypatch.setattr(restored, "batches", batches)
    monkeypatch.setattr(restored, "_metrics", lambda *page: events.append("judge") or metrics(*page))
    judge(Protocol("training", pages=3))
    assert "".join(event[0] for event in events) == "rjrrjrrrj"


def test_the_same_pages_of_another_place_are_judged_alike(judge, pages, tmp_path):
    shutil.copytree(pages, tmp_path / "copy")
    here, there = judge(Protocol("training")), judge(Protocol("training"), source=f"folder:{tmp_path / 'copy'}")
    assert here.protocol["data"] != there.protocol["data"] and protocol_differences(here, there) == []


def test_no_page_held_out():
    with pytest.raises(ValueError, match="has no page held out"):
        damaged_entries(Protocol("training"), Data(source="folder:x"), EMPTY)


def test_other_damage_is_another_protocol(judge):
    gaussian, peppered = judge(Protocol("training")), judge(Protocol("training"), damage=Noise(SaltAndPepper()))
    assert any("damage.kind: Gaussian" in line for line in protocol_differences(gaussian, peppered))


@pytest.mark.parametrize(
    "protocol", [Protocol("256"), Protocol("training", data="comics:20"), Protocol("training", works=("a",))]
)
def test_a_protocol_for_coloring_is_refused(judge, protocol):
    with pytest.raises(ValueError, match="on the held-out pages of a run's own data; Protocol.* is for colourisers"):
        judge(protocol)
