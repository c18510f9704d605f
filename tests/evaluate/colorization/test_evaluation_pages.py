import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mangagan.data.archive.archive import open_archive
from mangagan.data.settings import Data
from mangagan.evaluate.colorization.evaluation_pages import UNUSED, UNVERIFIED, open_evaluation_pages
from mangagan.evaluate.protocol import Protocol
from mangagan.evaluate.validation import held_out_pages


@pytest.fixture(scope="module")
def data(inked_pages):
    return Data(source=f"pairs:{inked_pages},{inked_pages.parent / 'color'}", size=16, window=40)


def test_each_page_comes_once_for_each_kind(data, inked_pages):
    pages = open_evaluation_pages(Protocol(), data)
    (work,) = pages.described()["works"]
    names = [f"{work}/{n}" for n in range(4)]
    assert pages.labels == [(name, kind) for name in names for kind in ("gray", "bw")] and len(pages) == 8
    seen = list(pages)
    assert [(page.name, page.kind) for page in seen] == pages.labels and {page.work for page in seen} == {work}
    truth = Image.open(inked_pages.parent / "color" / f"{work}/1.png")
    for page, source in zip(seen[2:4], (truth, Image.open(inked_pages / f"{work}/1.png")), strict=True):
        np.testing.assert_array_equal(page.truth, np.asarray(truth))
        np.testing.assert_allclose(page.source[..., 0], np.asarray(source.convert("L")) / 127.5 - 1, atol=1e-6)
        assert page.inputs.keys() == {"input"}


def test_a_run_with_regions_is_given_them(data):
    page = next(iter(open_evaluation_pages(Protocol("256"), replace(data, instances=True))))
    assert page.inputs["instances"].shape == (256, 256) and page.inputs["instances"].dtype == np.int32


def test_training_gives_the_pages_of_the_loop(data):
    batches = held_out_pages(data, open_archive(data.source), 99)
    pages = list(open_evaluation_pages(Protocol("training"), data))
    for page, batch in zip(pages, batches, strict=True):
        np.testing.assert_array_equal(page.source, batch["input"][0])
        np.testing.assert_allclose(page.truth / 127.5 - 1, batch["target"][0], atol=1e-6)


def test_works_of_the_runs_own_data_must_not_be_known_to_it(data):
    (work,) = open_evaluation_pages(Protocol(), data).described()["works"]
    known = sorted({"a", "b", "c"} - {work})
    with pytest.raises(ValueError, match=f"was trained on {known[0]}; it can be evaluated on {work}$"):
        open_evaluation_pages(Protocol(works=(known[0],)), data)
    assert open_evaluation_pages(Protocol(works=(work,)), data).described()["works"] == [work]


def test_pages_that_a_run_has_learned_from_are_known_from_whatever_source(pages, monkeypatch):
    monkeypatch.chdir(pages.parent)
    data = Data(source=f"folder:{pages.name}", held_out="b")
    for same in (f"folder:{pages}", f"folder:{pages.name}/.", f"folder:./{pages.name}/"):
        assert open_evaluation_pages(Protocol(data=same), data).described()["works"] == ["b"]
        with pytest.raises(ValueError, match="was trained on a; it can be evaluated on b$"):
            open_evaluation_pages(Protocol(data=same, works=("a",)), data)
    # The same pages, and none of them held out: from a copy, and as the colored side of pairs.
    copy = pages.parent / "copy"
    shutil.copytree(pages, copy, dirs_exist_ok=True)
    for source in (f"folder:{copy}", f"pairs:{copy},{copy}"):
        with pytest.raises(ValueError, match="was trained on a, c; it can be evaluated on b$"):
            open_evaluation_pages(Protocol(data=source, works=("*",)), data)
        found = open_evaluation_pages(Protocol(data=source, works=("b",)), data)
        assert found.described()["works"] == ["b"] and found.unverified == {}
    elsewhere = Data(source=f"folder:{pages.name}", held_out="a")
    unverified = open_evaluation_pages(Protocol(data=f"folder:{copy}", works=("a",)), elsewhere).unverified
    assert unverified == {UNVERIFIED: f"folder:{pages.name}, on which it was trained, is not in the cache"}


def test_what_is_comparable_and_what_is_not(data):
    one = open_evaluation_pages(Protocol("256"), data).described()
    assert one["name"] == "256" and one["size"] == [256, 256] and one["kinds"] == ["gray", "bw"] and one["pages"] == 4
    same = open_evaluation_pages(Protocol("256"), replace(data, input="bw", size=32, jitter=0.0)).described()
    assert one == same
    for other in (
        Protocol("native"),
        Protocol("256", pages=2),
        Protocol("256", kinds=("bw",)),
        Protocol("256", seed=1),
    ):
        assert open_evaluation_pages(other, data).described() != one
    lightness = replace(data, input="lightness")
    assert (
        open_evaluation_pages(Protocol("training"), lightness).described()
        == open_evaluation_pages(Protocol("training"), data).described()
    )
    windows = [open_evaluation_pages(Protocol("training"), replace(data, window=n)).described() for n in (40, 41)]
    assert windows[0] != windows[1]


def test_pages_without_what_is_asked_for(pages):
    data = Data(source=f"folder:{pages}")
    assert {kind for _, kind in open_evaluation_pages(Protocol(), data).labels} == {"gray"}
    with pytest.raises(ValueError, match="has no page in color with its ink and tones among the works held out"):
        open_evaluation_pages(Protocol(kinds=("bw",)), data)


def test_a_broken_page_is_named(pages, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(pages, copy)
    (copy / "b" / "broken.png").write_bytes(b"no picture")
    found = open_evaluation_pages(Protocol(data=f"folder:{copy}"), Data(source=f"folder:{pages}"))
    assert list(found.skipped) == ["b/broken.png"] and "cannot be decoded" in found.skipped["b/broken.png"]
    assert UNUSED not in found.unverified
    # Of the pages of the training most are not evaluated: a note says that some are missing.
    own = open_evaluation_pages(Protocol(), Data(source=f"folder:{copy}"))
    assert not own.skipped and own.unverified[UNUSED].startswith("1 files; `mangagan prepare --source=folder:")
