import numpy as np
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import peak_signal_noise_ratio

from mangagan.data.archive.archive import open_archive
from mangagan.data.settings import Data
from mangagan.evaluate.validation import evaluate, held_out_pages


def a_page(rng):
    return {
        "input": rng.uniform(-1, 1, (1, 8, 8, 1)).astype(np.float32),
        "target": rng.uniform(-1, 1, (1, 8, 8, 3)).astype(np.float32),
    }


def paint(page):
    assert page.keys() == {"input"}
    inputs = page["input"]
    return np.concatenate([inputs, -inputs, inputs / 2], axis=-1)


def painted(page):
    return paint({"input": page["input"]})


def test_figures_equal_scikit_image():
    rng = np.random.default_rng(0)
    pages = [a_page(rng) for _ in range(3)]
    metrics = evaluate(paint, pages)

    def lab(picture):
        return rgb2lab((picture[0] + 1) / 2)

    def mean(values):
        return np.mean(list(values))

    difference = mean(deltaE_ciede2000(lab(painted(p)), lab(p["target"])).mean() for p in pages)
    bare = mean(deltaE_ciede2000(lab(np.repeat(p["input"], 3, -1)), lab(p["target"])).mean() for p in pages)
    np.testing.assert_allclose(metrics["evaluation/ciede2000"], difference, rtol=1e-4)
    np.testing.assert_allclose(metrics["evaluation/ciede2000_input"], bare, rtol=1e-4)
    np.testing.assert_allclose(metrics["evaluation/gain"], 1 - difference / bare, rtol=1e-3)
    l1 = mean(np.abs(painted(p) - p["target"]).mean() / 2 for p in pages)
    np.testing.assert_allclose(metrics["evaluation/l1"], l1, rtol=1e-4)
    psnr = mean(peak_signal_noise_ratio(p["target"] / 2, painted(p) / 2, data_range=1) for p in pages)
    np.testing.assert_allclose(metrics["evaluation/psnr"], psnr, rtol=1e-4)
    bare_psnr = mean(
        peak_signal_noise_ratio(p["target"] / 2, np.repeat(p["input"], 3, -1) / 2, data_range=1) for p in pages
    )
    np.testing.assert_allclose(metrics["evaluation/psnr_input"], bare_psnr, rtol=1e-4)
    chroma = mean(np.hypot(*np.moveaxis(lab(p["target"])[..., 1:], -1, 0)).mean() for p in pages)
    np.testing.assert_allclose(metrics["evaluation/chroma_truth"], chroma, rtol=1e-4)


def test_the_truth_itself_has_no_difference():
    page = a_page(np.random.default_rng(1))
    metrics = evaluate(lambda _: page["target"], [page])
    assert metrics["evaluation/ciede2000"] < 1e-3 and metrics["evaluation/l1"] == 0
    assert metrics["evaluation/gain"] > 0.999


def test_held_out_pages_are_pairs_of_works_that_training_never_sees(pages):
    data = Data(source=f"folder:{pages}", size=16, window=40, paired=False, batch_size=3)
    archive = open_archive(data.source)
    held_out = held_out_pages(data, archive, 99)
    assert len(held_out) == 4 and all(page["input"].shape == (1, 16, 16, 1) for page in held_out)
    assert {page["work"] for page in archive.pages("train")}.isdisjoint(
        {page["work"] for page in archive.pages("validation")}
    )
    luminance = held_out[0]["target"] @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(held_out[0]["input"][..., 0], luminance, atol=2.5 / 127.5)
