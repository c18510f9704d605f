"""Pictures of a page have one size, and all together fit."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mangagan.report.evaluated_runs import open_runs
from mangagan.report.page_pictures import Sheet, View, encoded, sheets


def decoded(view):
    kind, _, data = view["source"].partition(",")
    assert kind == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


@pytest.fixture
def noisy(tmp_path):
    """A sheet whose three versions are noise of different sizes."""
    rng, views = np.random.default_rng(0), []
    for place, shape in enumerate(((300, 200), (450, 300), (600, 400))):
        file = tmp_path / f"{place}.png"
        Image.fromarray(rng.integers(0, 256, (*shape, 3), np.uint8)).save(file)
        views.append(View(str(place), file))
    return Sheet("noise", tuple(views))


def test_pages_of_all_runs_with_their_figures(made_run):
    runs = open_runs([made_run("a", seed=1), made_run("b", seed=2, worse=2.0)])
    first, *rest = sheets(runs)
    assert len(rest) == 3 and first.title == "w0/0.png"
    assert [(view.label, view.run) for view in first.views] == [("input", None), ("a", 0), ("b", 1), ("truth", None)]
    figures = runs[1].result.pages[0].figures
    assert first.views[2].note == f"CIEDE2000 {figures['ciede2000']:.2f}, PSNR (RGB) {figures['psnr']:.2f}"


def test_pages_that_more_runs_kept_come_first_and_say_whose_best_they_are(made_run):
    a, b = open_runs([made_run("a"), made_run("b")])
    page = b.result.pictures[2]
    b = replace(b, result=replace(b.result, pictures=(replace(page, why="best"),)))
    first, second, *_ = sheets([a, b])
    assert first.title == f"{page.name}, best of b" and len(first.views) == 4
    assert len(second.views) == 3


def test_a_file_that_is_gone_is_left_out(made_run):
    (run,) = open_runs([made_run("a")])
    for page in run.result.pictures:
        (run.file.parent / page.truth).unlink()
    assert all([view.label for view in sheet.views] == ["input", "a"] for sheet in sheets([run]))
    for page in run.result.pictures:
        (run.file.parent / page.output).unlink()
    assert sheets([run]) == []


def test_versions_have_the_size_of_the_truth(noisy):
    (page,) = encoded([noisy])
    assert (page["width"], page["height"]) == (400, 600)
    assert {decoded(view).size for view in page["views"]} == {(400, 600)}


def test_pictures_are_scaled_down_until_they_fit(noisy):
    whole = sum(len(view["source"]) for view in encoded([noisy])[0]["views"])
    pages = encoded([noisy, noisy], whole)
    taken = sum(len(view["source"]) for page in pages for view in page["views"])
    assert 0.4 * whole < taken <= whole + 200
    assert all(page["height"] < 600 and page["width"] * 3 == pytest.approx(page["height"] * 2, abs=3) for page in pages)
    with pytest.raises(ValueError, match="the pictures of 1 pages do not fit; compare fewer runs"):
        encoded([noisy], 3000)


def test_a_file_that_is_no_picture_is_named(noisy):
    noisy.views[1].file.write_text("no picture")
    with pytest.raises(ValueError, match=f"{noisy.views[1].file} is no picture"):
        encoded([noisy])


def test_a_picture_that_is_cut_short_is_named(noisy):
    file = noisy.views[1].file
    file.write_bytes(file.read_bytes()[:20_000])
    with pytest.raises(ValueError, match=f"{file} is no picture: .*truncated.*; evaluate its run again"):
        encoded([noisy])
