"""All versions of a page have one size, and all pictures together fit the budget."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mangagan.report.evaluated_runs import open_runs
from mangagan.report.page_pictures import ComparedPage, PageVersion, compared_pages, encode_pages


def decoded(version):
    kind, _, data = version["source"].partition(",")
    assert kind == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


@pytest.fixture
def noisy(tmp_path):
    """A page whose three versions are noise of different sizes."""
    rng, versions = np.random.default_rng(0), []
    for place, shape in enumerate(((300, 200), (450, 300), (600, 400))):
        file = tmp_path / f"{place}.png"
        Image.fromarray(rng.integers(0, 256, (*shape, 3), np.uint8)).save(file)
        versions.append(PageVersion(str(place), file))
    return ComparedPage("noise", tuple(versions))


def test_pages_have_the_outputs_and_metrics_of_all_runs(made_run):
    runs = open_runs([made_run("a", seed=1), made_run("b", seed=2, worse=2.0)])
    first, *rest = compared_pages(runs)
    assert len(rest) == 3 and first.title == "w0/0.png"
    assert [(version.label, version.run) for version in first.versions] == [
        ("input", None),
        ("a", 0),
        ("b", 1),
        ("truth", None),
    ]
    metrics = runs[1].result.pages[0].metrics
    assert first.versions[2].note == f"CIEDE2000 {metrics['ciede2000']:.2f}, PSNR (RGB) {metrics['psnr']:.2f}"


def test_pages_that_more_runs_kept_come_first_with_the_reason(made_run):
    a, b = open_runs([made_run("a"), made_run("b")])
    page = b.result.pictures[2]
    b = replace(b, result=replace(b.result, pictures=(replace(page, why="best"),)))
    first, second, *_ = compared_pages([a, b])
    assert first.title == f"{page.name}, best of b" and len(first.versions) == 4
    assert len(second.versions) == 3


def test_a_version_whose_file_is_gone_is_left_out(made_run):
    (run,) = open_runs([made_run("a")])
    for page in run.result.pictures:
        (run.file.parent / page.truth).unlink()
    assert all([version.label for version in page.versions] == ["input", "a"] for page in compared_pages([run]))
    for page in run.result.pictures:
        (run.file.parent / page.output).unlink()
    assert compared_pages([run]) == []


def test_versions_have_the_size_of_the_truth(noisy):
    (page,) = encode_pages([noisy])
    assert (page["width"], page["height"]) == (400, 600)
    assert {decoded(version).size for version in page["versions"]} == {(400, 600)}


def test_pictures_are_scaled_down_until_they_fit(noisy):
    whole = sum(len(version["source"]) for version in encode_pages([noisy])[0]["versions"])
    pages = encode_pages([noisy, noisy], whole)
    taken = sum(len(version["source"]) for page in pages for version in page["versions"])
    assert 0.4 * whole < taken <= whole + 200
    assert all(page["height"] < 600 and page["width"] * 3 == pytest.approx(page["height"] * 2, abs=3) for page in pages)
    with pytest.raises(ValueError, match="the pictures of 1 pages do not fit; compare fewer runs"):
        encode_pages([noisy], 3000)


def test_a_file_that_is_no_picture_is_named(noisy):
    noisy.versions[1].file.write_text("no picture")
    with pytest.raises(ValueError, match=f"{noisy.versions[1].file} is no picture"):
        encode_pages([noisy])


def test_a_truncated_picture_is_named(noisy):
    file = noisy.versions[1].file
    file.write_bytes(file.read_bytes()[:20_000])
    with pytest.raises(ValueError, match=f"{file} is no picture: .*truncated.*; evaluate its run again"):
        encode_pages([noisy])
