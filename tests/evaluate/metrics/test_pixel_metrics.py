"""All metrics of a batch at once."""

import jax
import numpy as np
import pytest

from mangagan.evaluate.metrics.fidelity import ink_fidelity, paper_fidelity
from mangagan.evaluate.metrics.metric import METRICS
from mangagan.evaluate.metrics.pixel_metrics import pixel_metrics
from mangagan.evaluate.metrics.pixels import mean_ciede2000, psnr, psnr_ab
from mangagan.evaluate.metrics.ssim import structural_similarity

ALL = np.ones(1, bool)


def test_figures_of_a_batch_are_those_of_each_function(page, shifted):
    truth = page(40, 36, 40, 40)
    picture, source = shifted(truth), truth.mean(-1, keepdims=True)
    found = jax.jit(pixel_metrics)(picture, truth, source, ALL)
    assert set(found) < set(METRICS) and "ms_ssim" not in found
    bare = np.repeat(source, 3, -1)
    for name, expected in {
        "ciede2000_input": mean_ciede2000(bare, truth),
        "psnr_input": psnr(bare, truth),
        "ciede2000": mean_ciede2000(picture, truth),
        "psnr_ab": psnr_ab(picture, truth),
        "ssim": structural_similarity(picture, truth),
        "ink": ink_fidelity(picture, truth, source).difference,
        "paper_truth": paper_fidelity(truth, source).difference,
    }.items():
        np.testing.assert_allclose(found[name].values, expected, rtol=1e-3)
        assert found[name].mask.all()


def test_pages_that_have_no_such_figure_are_left_out():
    grey = np.zeros((2, 9, 9, 3), np.float32)
    found = jax.jit(pixel_metrics)(grey, grey, grey[..., :1], np.array([True, False]))
    assert found["psnr"].mask.tolist() == [True, False]
    assert not found["ink"].mask.any() and not found["paper"].mask.any() and "ssim" not in found
    assert "ms_ssim" in jax.eval_shape(pixel_metrics, *(np.zeros((1, 176, 176, c), np.float32) for c in (3, 3, 1)), ALL)


def test_pictures_and_truth_of_different_sizes_are_refused():
    with pytest.raises(ValueError, match="sizes must agree"):
        pixel_metrics(np.zeros((1, 4, 4, 3)), np.zeros((1, 4, 5, 3)), np.zeros((1, 4, 4, 1)), ALL)
