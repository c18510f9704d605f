import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from mangagan.color import to_bytes
from mangagan.data.degradation.degrade import Noise, SaltAndPepper
from mangagan.data.degradation.masks import AREA_CLASSES
from mangagan.evaluate.restoration.conditions import (
    Denoising,
    Inpainting,
    area_names,
    mean,
    truths,
    white_noises,
)
from mangagan.evaluate.restoration.restoration_table import classes_won, denoising_table, inpainting_table


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pages of three works, flat files of two sizes; one is grey."""
    folder, rng = tmp_path_factory.mktemp("pages"), np.random.default_rng(0)
    for name in ("E01", "E01P1", "E01P2", "E02P1", "E10P1"):
        blocks = rng.integers(60, 196, (6, 5, 1 if name == "E01P2" else 3)).astype(np.uint8)
        size = (50, 60) if name == "E02P1" else (60, 50)
        picture = Image.fromarray(blocks[..., 0] if name == "E01P2" else blocks)
        picture.resize(size, Image.Resampling.BICUBIC).save(folder / f"{name}.png")
    return folder


def test_works_are_chosen_and_pictures_evenly_spread(folder):
    assert [truth.name for truth in truths(folder)] == [f"{name}.png" for name in
        ("E01", "E01P1", "E01P2", "E02P1", "E10P1")]  # fmt: skip
    assert [truth.name for truth in truths(folder, ["E10", "E01"], 2)] == ["E01.png", "E01P2.png"]
    assert len(truths(folder, count=99)) == 5
    with pytest.raises(ValueError, match="there is no work E03 in .*; there are E01, E02, E10"):
        truths(folder, ["E01", "E03"])


def test_a_folder_without_pictures(tmp_path):
    with pytest.raises(ValueError, match="there is no picture in"):
        truths(tmp_path)
    with pytest.raises(ValueError, match="there is no folder"):
        truths(tmp_path / "nowhere")


def test_a_truth_is_rgb_whole_or_its_middle(folder):
    by_name = {truth.name: truth for truth in truths(folder)}
    assert by_name["E02P1.png"].pixels().shape == (60, 50, 3)
    gray = by_name["E01P2.png"].pixels()
    assert (gray == gray[..., :1]).all()
    page = by_name["E01.png"]
    np.testing.assert_array_equal(page.middle(20, None), page.pixels()[15:35, 20:40])
    assert page.middle(16, 999).shape == (16, 16, 3)


def test_noise_depends_on_seed_picture_and_strength_alone(folder):
    first, second = truths(folder)[:2]
    seen = {}

    def keep(name):
        return lambda batch: seen.setdefault(name, batch["input"])

    noises = white_noises((25,), known=False, rounded=False)
    for name, truth, seed in (("a", first, 0), ("again", first, 0), ("other", second, 0), ("seed", first, 1)):
        Denoising(noises, seed).metrics(keep(name), truth, first.pixels())
    more = Denoising(white_noises((15, 25), known=False, rounded=False))
    kept = iter(["15", "25"])
    more.metrics(lambda batch: seen.setdefault(next(kept), batch["input"]), first, first.pixels())
    np.testing.assert_array_equal(seen["a"], seen["again"])
    np.testing.assert_array_equal(seen["a"], seen["25"])
    for other in ("other", "seed", "15"):
        assert np.abs(seen["a"] - seen[other]).max() > 0.01
    assert np.std(seen["a"] - (first.pixels() / 127.5 - 1)) * 127.5 == pytest.approx(25, rel=0.02)


@pytest.mark.parametrize("rounded", [False, True])
def test_psnr_is_of_bytes(folder, rounded):
    truth = truths(folder)[0]
    pixels, seen = truth.pixels(), {}

    def predict(batch):
        seen.update(batch)
        return batch["input"] / 2

    metrics = Denoising(white_noises((40,), known=True, rounded=rounded)).metrics(predict, truth, pixels)["sigma 40"]
    np.testing.assert_allclose(seen["sigma"], np.full((1, 50, 60, 1), 40 / 255), rtol=1e-6)
    levels = (seen["input"] + 1) * 127.5
    assert (np.abs(levels - np.round(levels)).max() < 1e-3) == rounded
    half = np.clip(np.round((seen["input"][0] / 2 + 1) * 127.5), 0, 255).astype(np.uint8)
    assert metrics["output"] == pytest.approx(peak_signal_noise_ratio(pixels, half), abs=1e-9)
    noisy = np.clip(np.round(levels[0]), 0, 255).astype(np.uint8)
    assert metrics["input"] == pytest.approx(peak_signal_noise_ratio(pixels, noisy), abs=1e-9)
    assert metrics["input"] == pytest.approx(20 * np.log10(255 / 40), abs=0.3)


def test_a_run_is_judged_by_its_own_kind_of_noise(folder):
    truth = truths(folder)[0]
    judge = Denoising({"SaltAndPepper": Noise(SaltAndPepper(0.1, 0.1))})
    metrics = judge.metrics(lambda batch: truth.pixels()[None] / 127.5 - 1, truth, truth.pixels())
    assert metrics["SaltAndPepper"]["output"] == 100 > 20 > metrics["SaltAndPepper"]["input"]


def test_published_rows_stand_only_where_they_belong():
    table = denoising_table({f"sigma {sigma}": {"input": 20.0, "output": 31.456} for sigma in (15, 25, 30)})
    lines = table.splitlines()
    assert lines[0] == "| PSNR, dB | sigma 15 | sigma 25 | sigma 30 |"
    assert "| this run | 31.46 | 31.46 | 31.46 |" in lines
    assert "| DnCNN, color (its weights, CBSD68) | 33.98 | 31.30 | - |" in lines
    assert "| FFDNet, color (published, CBSD68) | - | 31.21 | - |" in lines
    assert "published" not in denoising_table({"SaltAndPepper": {"input": 20.0, "output": 30.0}})


def test_inpainting_by_area_against_fills_that_know_nothing(folder):
    truth = truths(folder)[0]
    pixels = truth.middle(48, None)

    def stages(batch):
        assert batch["input"].shape == (len(AREA_CLASSES), 48, 48, 3)
        hole = batch["mask"] > 0
        assert not batch["input"][np.broadcast_to(hole, batch["input"].shape)].any()
        right = pixels / 127.5 - 1
        return {"coarse": np.where(hole, -1, batch["input"]), "refined": np.where(hole, right, batch["input"])}

    metrics = Inpainting(seed=3).metrics(stages, truth, pixels)
    assert list(metrics) == area_names() == [f"{low}-{high} %" for low, high in
        zip((1, 10, 20, 30, 40, 50), (10, 20, 30, 40, 50, 60), strict=True)]  # fmt: skip
    for judged in metrics.values():
        assert judged["refined"] == {"l1": 0, "psnr": 100, "ssim": pytest.approx(1, abs=1e-5)}
        assert judged["biharmonic"]["psnr"] > judged["mean color"]["psnr"] > judged["coarse"]["psnr"]
        assert 1 > judged["biharmonic"]["ssim"] > judged["coarse"]["ssim"]
    errors = [judged["coarse"]["l1"] for judged in metrics.values()]
    assert errors == sorted(errors)
    assert classes_won(metrics, "refined").splitlines() == [
        f"refined beats {fill} by L1 in 6, by PSNR in 6, by SSIM in 6 of 6 classes"
        for fill in ("mean color", "biharmonic", "smooth")
    ]
    assert "by L1 in 0, by PSNR in 0" in classes_won(metrics, "coarse")
    assert inpainting_table(metrics).splitlines()[2].endswith("| 0.00 / 100.00 / 1.000 |")


def test_holes_have_the_shares_of_their_class_and_come_again(folder):
    truth, judge = truths(folder)[0], Inpainting()
    for area, (low, high) in zip(area_names(), AREA_CLASSES, strict=True):
        mask = judge.mask(truth, truth.pixels(), area)
        assert low - 0.01 <= mask.mean() <= high + 0.01
        np.testing.assert_array_equal(mask, judge.mask(truth, truth.pixels(), area))
        assert np.any(mask != Inpainting(seed=1).mask(truth, truth.pixels(), area))


def test_means_are_of_pictures_in_their_order():
    means = mean([{"b": {"x": 1.0}, "a": {"x": 0.0}}, {"b": {"x": 4.0}, "a": {"x": 0.5}}])
    assert means == {"b": {"x": 2.5}, "a": {"x": 0.25}} and list(means) == ["b", "a"]


def test_bytes_are_clipped_and_rounded():
    assert to_bytes(np.array([-3, -1, 0.0, 0.005, 1, 7])).tolist() == [0, 0, 128, 128, 255, 255]
