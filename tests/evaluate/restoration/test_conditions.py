import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from mangagan.color import to_bytes
from mangagan.data.degradation.degrade import Noise, SaltAndPepper
from mangagan.data.degradation.masks import AREA_CLASSES
from mangagan.evaluate.restoration.conditions import (
    Denoising,
    Inpainting,
    area_names,
    white_noises,
)
from mangagan.evaluate.restoration.restoration_table import classes_won, denoising_table, inpainting_table
from mangagan.evaluate.result import PageMetrics, Result
from mangagan.evaluate.true_pages import true_pages


def test_noise_depends_on_seed_picture_and_strength_alone(folder):
    first, second = true_pages(folder)[:2]
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
    truth = true_pages(folder)[0]
    pixels, seen = truth.pixels(), {}

    def predict(batch):
        seen.update(batch)
        return batch["input"] / 2

    metrics = Denoising(white_noises((40,), known=True, rounded=rounded)).metrics(predict, truth, pixels)["sigma 40"]
    np.testing.assert_allclose(seen["sigma"], np.full((1, 50, 60, 1), 40 / 255), rtol=1e-6)
    levels = (seen["input"] + 1) * 127.5
    assert (np.abs(levels - np.round(levels)).max() < 1e-3) == rounded
    half = np.clip(np.round((seen["input"][0] / 2 + 1) * 127.5), 0, 255).astype(np.uint8)
    assert metrics["psnr"] == pytest.approx(peak_signal_noise_ratio(pixels, half), abs=1e-9)
    noisy = np.clip(np.round(levels[0]), 0, 255).astype(np.uint8)
    assert metrics["psnr_input"] == pytest.approx(peak_signal_noise_ratio(pixels, noisy), abs=1e-9)
    assert metrics["psnr_input"] == pytest.approx(20 * np.log10(255 / 40), abs=0.3)


def test_a_run_is_evaluated_on_its_own_kind_of_noise(folder):
    truth = true_pages(folder)[0]
    conditions = Denoising({"SaltAndPepper": Noise(SaltAndPepper(0.1, 0.1))})
    metrics = conditions.metrics(lambda batch: truth.pixels()[None] / 127.5 - 1, truth, truth.pixels())
    assert metrics["SaltAndPepper"]["psnr"] == 100 > 20 > metrics["SaltAndPepper"]["psnr_input"]


def denoised(*kinds):
    """The result of a denoiser on two pages, whose mean is 31.456 dB."""
    values = (("1.png", 31.0), ("2.png", 31.912))
    pages = [
        PageMetrics(name, "w", kind, {"psnr": psnr, "psnr_input": 20.0}) for kind in kinds for name, psnr in values
    ]
    return Result("run", {}, tuple(pages), task="denoise")


def inpainted(metrics):
    """The result of an inpainter from the metrics of one page, by area and output."""
    outputs = {}
    for area, by_output in metrics.items():
        for output, values in by_output.items():
            outputs.setdefault(output, []).append(PageMetrics("1.png", "w", area, values))
    return Result("run", {}, tuple(outputs.pop("refined")), baselines=outputs, task="inpaint")


def test_published_rows_stand_only_where_they_belong():
    table = denoising_table(denoised(*(f"sigma {sigma}" for sigma in (15, 25, 30))))
    lines = table.splitlines()
    assert lines[0] == "| PSNR, dB | sigma 15 | sigma 25 | sigma 30 |"
    assert "| this run | 31.46 | 31.46 | 31.46 |" in lines
    assert "| DnCNN, color (its weights, CBSD68) | 33.98 | 31.30 | - |" in lines
    assert "| FFDNet, color (published, CBSD68) | - | 31.21 | - |" in lines
    assert "published" not in denoising_table(denoised("SaltAndPepper"))


def test_inpainting_by_area_against_fills_that_know_nothing(folder):
    truth = true_pages(folder)[0]
    pixels = truth.center(48, None)

    def stages(batch):
        assert batch["input"].shape == (len(AREA_CLASSES), 48, 48, 3)
        hole = batch["mask"] > 0
        assert not batch["input"][np.broadcast_to(hole, batch["input"].shape)].any()
        right = pixels / 127.5 - 1
        return {"coarse": np.where(hole, -1, batch["input"]), "refined": np.where(hole, right, batch["input"])}

    metrics = Inpainting(seed=3).metrics(stages, truth, pixels)
    assert list(metrics) == area_names() == [f"{low}-{high} %" for low, high in
        zip((1, 10, 20, 30, 40, 50), (10, 20, 30, 40, 50, 60), strict=True)]  # fmt: skip
    for outputs in metrics.values():
        assert outputs["refined"] == {"l1": 0, "psnr": 100, "ssim": pytest.approx(1, abs=1e-5)}
        assert outputs["biharmonic"]["psnr"] > outputs["mean color"]["psnr"] > outputs["coarse"]["psnr"]
        assert 1 > outputs["biharmonic"]["ssim"] > outputs["coarse"]["ssim"]
    errors = [outputs["coarse"]["l1"] for outputs in metrics.values()]
    assert errors == sorted(errors)
    assert classes_won(inpainted(metrics)).splitlines() == [
        f"refined beats {fill} by L1 in 6, by PSNR in 6, by SSIM in 6 of 6 classes"
        for fill in ("mean color", "biharmonic", "smooth")
    ]
    assert "by L1 in 0, by PSNR in 0" in classes_won(inpainted(metrics), "coarse")
    assert inpainting_table(inpainted(metrics)).splitlines()[2].endswith("| 0.00 / 100.00 / 1.000 |")


def test_holes_have_the_shares_of_their_class_and_come_again(folder):
    truth, conditions = true_pages(folder)[0], Inpainting()
    for area, (low, high) in zip(area_names(), AREA_CLASSES, strict=True):
        mask = conditions.mask(truth, truth.pixels(), area)
        assert low - 0.01 <= mask.mean() <= high + 0.01
        np.testing.assert_array_equal(mask, conditions.mask(truth, truth.pixels(), area))
        assert np.any(mask != Inpainting(seed=1).mask(truth, truth.pixels(), area))


def test_bytes_are_clipped_and_rounded():
    assert to_bytes(np.array([-3, -1, 0.0, 0.005, 1, 7])).tolist() == [0, 0, 128, 128, 255, 255]
