"""Whole evaluations of runs that paint everything in one color."""

import json
import shutil
from dataclasses import replace

import jax
import numpy as np
import pytest
from PIL import Image

from mangagan.color import to_bytes
from mangagan.data.settings import Data
from mangagan.evaluate import predictor
from mangagan.evaluate.colorization import page_metrics as judge
from mangagan.evaluate.colorization import session as sitting
from mangagan.evaluate.colorization.colorization import evaluate_colorizer
from mangagan.evaluate.colorization.evaluation_pages import UNVERIFIED, open_evaluation_pages
from mangagan.evaluate.colorization.predictions import evaluate_predictions
from mangagan.evaluate.colorization.samples import file_stem
from mangagan.evaluate.colorization.session import EvaluationOptions
from mangagan.evaluate.devices import local_devices
from mangagan.evaluate.metrics import features
from mangagan.evaluate.metrics.frechet import frechet_distance
from mangagan.evaluate.metrics.histogram import ab_histogram, page_agreement
from mangagan.evaluate.metrics.pixel_metrics import pixel_metrics
from mangagan.evaluate.predictor import Predictor, count_used_parameters
from mangagan.evaluate.protocol import Protocol
from mangagan.evaluate.result import protocol_differences, read_result, write_result

PLAIN = EvaluationOptions(perceptual=False, progress=False)


@pytest.fixture(scope="module")
def data(inked_pages):
    return Data(source=f"pairs:{inked_pages},{inked_pages.parent / 'color'}")


@pytest.fixture
def result(data, painter):
    return evaluate_colorizer("tint", *painter(data), Protocol(), PLAIN)


def test_a_pages_figures_are_those_of_its_picture_in_8_bits(data, painter, result):
    pages, (run, variables) = list(open_evaluation_pages(Protocol(), data)), painter(data)
    assert [(page.name, page.work, page.kind) for page in result.pages] == [(p.name, p.work, p.kind) for p in pages]
    page, found = pages[1], result.pages[1].metrics
    picture = np.asarray(to_bytes(run.task.predict(variables, {"input": page.source[None]})))
    floats = (x / np.float32(127.5) - 1 for x in (picture, page.truth[None]))
    expected = jax.jit(pixel_metrics)(*floats, page.source[None], np.ones(1, bool))
    assert "ssim" in expected and "ms_ssim" not in expected and found["ciede2000_input"] > 0
    for name, (value, mask) in expected.items():
        assert (name in found) == bool(mask[0])
        if mask[0]:
            np.testing.assert_allclose(found[name], value[0], rtol=1e-4, err_msg=name)


def test_consistency_is_of_pages_of_one_work_and_kind(data, painter, result):
    pages, (run, variables) = [p for p in open_evaluation_pages(Protocol(), data) if p.kind == "bw"], painter(data)
    true = np.concatenate([ab_histogram(page.truth[None] / np.float32(127.5) - 1) for page in pages])
    bytes_ = [to_bytes(run.task.predict(variables, {"input": page.source[None]})) for page in pages]
    painted = np.concatenate([ab_histogram(picture / np.float32(127.5) - 1) for picture in bytes_])
    errors, drifts = page_agreement(painted, true)
    found = [page.metrics for page in result.pages if page.kind == "bw"]
    np.testing.assert_allclose([metrics["consistency"] for metrics in found], errors, atol=1e-4)
    np.testing.assert_allclose([metrics["drift"] for metrics in found], drifts, atol=1e-4)


def test_what_a_result_says_beside_figures(data, result, tmp_path):
    assert result.name == "tint" and result.protocol["name"] == "native" and result.protocol["perceptual_side"] == 256
    assert result.cost["parameters"] == 3 and result.cost["seconds_per_page"] > 0
    assert result.whole == {"gray": {}, "bw": {}} and result.pictures == ()
    assert result.left_out["lpips_alex, lpips_vgg, vfd, vgg_kernel"] == "not asked for"
    write_result(tmp_path / "x.json", result)
    assert read_result(tmp_path / "x.json") == result
    json.loads((tmp_path / "x.json").read_text())


def test_pictures_of_some_pages_the_best_and_the_worst_are_kept(data, painter, tmp_path):
    options = replace(PLAIN, pictures=tmp_path / "native", keep_pages=2)
    result = evaluate_colorizer("tint", *painter(data), Protocol(), options)
    (work,) = result.protocol["works"]
    for kind in ("gray", "bw"):
        kept = [picture for picture in result.pictures if picture.kind == kind]
        assert [picture.name for picture in kept if picture.why == "spread"] == [f"{work}/0", f"{work}/2"]
        judged = {page.name: page.metrics["ciede2000"] for page in result.pages if page.kind == kind}
        order = sorted(judged, key=judged.get)
        assert [picture.name for picture in kept if picture.why == "best"] == order[:2]
        assert [picture.name for picture in kept if picture.why == "worst"] == order[:1:-1]
    one = result.pictures[0]
    assert one.output == f"native/{one.kind}/{file_stem(one.name)}.output.jpg"
    truth = Image.open(tmp_path / one.truth)
    page = next(
        page for page in open_evaluation_pages(Protocol(), data) if (page.name, page.kind) == (one.name, one.kind)
    )
    assert np.abs(np.asarray(truth, np.float32) - page.truth).mean() < 25 and truth.size == (48, 72)
    assert Image.open(tmp_path / one.input).mode == "L"
    files = {getattr(picture, role) for picture in result.pictures for role in ("input", "output", "truth")}
    assert files == {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.jpg")}


def test_what_could_not_be_checked_is_in_the_result(data, painter):
    elsewhere = Protocol(data=data.source, works=("a",), pages=1, kinds=("gray",))
    found = evaluate_colorizer("tint", *painter(Data(source="comics:7")), elsewhere, PLAIN)
    assert found.left_out[UNVERIFIED] == "comics:7, on which it was trained, is not in the cache"
    assert (
        UNVERIFIED not in evaluate_colorizer("tint", *painter(data), Protocol(pages=1, kinds=("gray",)), PLAIN).left_out
    )


def test_pictures_of_another_program_are_judged_as_those_of_a_run(data, painter, result, inked_pages, tmp_path):
    run, variables = painter(data)
    for page in open_evaluation_pages(Protocol(kinds=("bw",)), data):
        picture = np.asarray(to_bytes(run.task.predict(variables, {"input": page.source})))
        (tmp_path / page.name).parent.mkdir(exist_ok=True)
        Image.fromarray(picture).save(tmp_path / f"{page.name}.png")
    works = tuple(result.protocol["works"])
    protocol, truth = Protocol(works=works), inked_pages.parent / "color"
    found = evaluate_predictions(tmp_path, truth, protocol, PLAIN, source=inked_pages)
    expected = [page for page in result.pages if page.kind == "bw"]
    assert [page.name for page in found.pages] == [page.name for page in expected]
    for one, other in zip(found.pages, expected, strict=True):
        assert one.metrics == pytest.approx(other.metrics, abs=1e-6) and one.kind == "bw"
    run_of_bw = evaluate_colorizer("tint", run, variables, Protocol(works=works, kinds=("bw",)), PLAIN)
    assert protocol_differences(found, run_of_bw) == [] and found.cost == {} and found.name == tmp_path.name


class Features:
    """In the place of VGG16: the mean color of a picture."""

    weights = {"vgg16": {"layers": 2.0}}

    @staticmethod
    def seen(weights, pictures, truth):
        both = tuple(weights["vgg16"]["layers"] * x.mean((1, 2)) for x in (pictures, truth))
        return features.NetworkOutputs({"lpips_alex": both[0][:, 0]}, {"vgg16": both})


@pytest.fixture
def with_features(monkeypatch):
    """Evaluations with `Features` for VGG16."""
    monkeypatch.setattr(judge, "network_outputs", Features.seen)
    monkeypatch.setattr(judge, "_batch_metrics", jax.jit(lambda *batch: judge.batch_metrics(*batch)))
    monkeypatch.setattr(sitting, "load_networks", lambda **_: (Features.weights, {}))


def test_distances_of_sets_are_by_kind(data, painter, with_features):
    result = evaluate_colorizer("tint", *painter(data), Protocol(), PLAIN)
    assert list(result.whole) == ["gray", "bw"] and all("lpips_alex" in page.metrics for page in result.pages)
    pages, (run, variables) = list(open_evaluation_pages(Protocol(), data)), painter(data)
    pictures = [to_bytes(run.task.predict(variables, {"input": page.source})) for page in pages]
    vectors = [
        np.stack([2 * (x / 127.5 - 1).mean((0, 1)) for x in row]) for row in (pictures, [p.truth for p in pages])
    ]
    for kind, found in result.whole.items():
        rows = [kind == page.kind for page in pages]
        expected = frechet_distance(*(x[rows] for x in vectors))
        assert found["vfd"] == pytest.approx(expected, rel=1e-3) and "vgg_kernel" in found


def test_a_kind_of_one_page_has_no_distance_and_says_so(data, painter, with_features):
    result = evaluate_colorizer("tint", *painter(data), Protocol(pages=1), PLAIN)
    assert result.whole == {"gray": {}, "bw": {}}
    for kind in ("gray", "bw"):
        assert result.left_out[f"vfd, vgg_kernel ({kind})"].startswith("only one page was evaluated")


def test_fid_is_not_left_out_in_silence_where_pages_were_skipped(pages, with_features, tmp_path):
    for folder in ("theirs", "truth"):
        shutil.copytree(pages / "a", tmp_path / folder)
    for number in (0, 1, 2):
        (tmp_path / "theirs" / f"{number}.png").write_bytes(b"")
    options = replace(PLAIN, inception=tmp_path / "x.pth")
    with pytest.raises(ValueError, match="FID needs at least two pages, not 1 page of kind gray"):
        evaluate_predictions(tmp_path / "theirs", tmp_path / "truth", Protocol(), options)


def test_too_few_pages_for_a_distance(data, painter, tmp_path):
    with pytest.raises(ValueError, match="FID needs at least two pages, not 1 page of kind gray and 1 page of"):
        evaluate_colorizer("x", *painter(data), Protocol(pages=1), replace(PLAIN, inception=tmp_path / "x.pth"))


def test_a_run_that_restores_is_refused(data, painter):
    with pytest.raises(ValueError, match="x takes pages in color .* only colourisers of grey pages"):
        evaluate_colorizer("x", *painter(replace(data, input="color")), Protocol(), PLAIN)


def test_a_run_that_has_diverged_is_told_of(data, painter):
    run, variables = painter(data)
    broken = variables._replace(params=variables.params | {"shade": np.float32([0, np.nan, 0])})
    with pytest.raises(ValueError, match="pixels that are not finite; did its training diverge"):
        evaluate_colorizer("x", run, broken, Protocol(), PLAIN)


def test_large_pages_are_painted_in_tiles(data, painter, monkeypatch):
    run, variables = painter(data)
    (page,) = list(open_evaluation_pages(Protocol(pages=1, kinds=("gray",)), replace(data, instances=True)))
    whole, tiled = (Predictor(run.task.predict, variables, local_devices()) for _ in range(2))
    expected = np.asarray(whole.predict([page]))
    monkeypatch.setattr(predictor, "TILES", replace(predictor.TILES, whole_pixels=999))
    tiled._tiles = replace(tiled._tiles, size=32, overlap=8)
    np.testing.assert_array_equal(np.asarray(tiled.predict([page])), expected)
    assert tiled.cost()["parameters"] == 3 and tiled.cost()["seconds_per_page"] > 0


def test_parameters_are_those_that_painting_reads(painter):
    run, variables = painter(Data())
    assert count_used_parameters(run.task.predict, variables, {"input": np.zeros((1, 4, 4, 1), np.float32)}) == 3
