"""SSIM and MS-SSIM against scikit-image, and against pytorch-msssim and torchmetrics where they are installed."""

import jax
import numpy as np
import pytest
from skimage import metrics

from mangagan.evaluate.metrics import ssim as similarity

structural_similarity, multiscale_similarity, similarities = (
    jax.jit(function)
    for function in (similarity.structural_similarity, similarity.multiscale_similarity, similarity.similarities)
)
EXPONENTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def rgb(picture):
    return np.clip((picture[0].astype(np.float64) + 1) / 2, 0, 1)


def by_skimage(a, b, **constants):
    return metrics.structural_similarity(
        a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1, channel_axis=-1, **constants
    )


def multiscale_by_skimage(a, b):
    """Contrast and structure alone are SSIM with a K1 that drowns the means."""
    factors = []
    for scale in range(5):
        factors.append(by_skimage(a, b, **({"K1": 1e6} if scale < 4 else {})))
        a, b = (
            x[: len(x) // 2 * 2, : x.shape[1] // 2 * 2].reshape(len(x) // 2, 2, x.shape[1] // 2, 2, 3).mean((1, 3))
            for x in (a, b)
        )
    return np.prod(np.maximum(factors, 0) ** np.asarray(EXPONENTS))


def test_ssim_equals_scikit_image(pair):
    picture, truth = pair
    found = float(structural_similarity(picture, truth)[0])
    np.testing.assert_allclose(found, by_skimage(rgb(truth), rgb(picture)), atol=2e-5)


@pytest.mark.parametrize("size", [(176, 176), (203, 181), (190, 300)])
def test_ms_ssim_equals_five_scales_of_scikit_image(size, page, shifted):
    truth = page(*size, 20, 10)
    picture = shifted(truth)
    ssim, found = (float(x[0]) for x in similarities(picture, truth))
    assert 0.1 < found < 0.99
    np.testing.assert_allclose(found, multiscale_by_skimage(rgb(truth), rgb(picture)), atol=2e-5)
    np.testing.assert_allclose(ssim, by_skimage(rgb(truth), rgb(picture)), atol=2e-5)


@pytest.mark.parametrize(
    ("picture", "truth", "expected"), [(0.1, 0.1, 1.0), (-1, 1, (1e-4 / 1.0001) ** 0.1333), (9.0, 1, 1.0)]
)
def test_ms_ssim_of_hostile_pictures(picture, truth, expected):
    a, b = (np.full((1, 176, 177, 3), value, np.float32) for value in (picture, truth))
    np.testing.assert_allclose(float(multiscale_similarity(a, b)[0]), expected, atol=1e-4)


def test_negative_structure_counts_as_nothing(page):
    truth = page(176, 176)
    assert float(multiscale_similarity(-truth, truth)[0]) == 0


def test_pictures_of_a_batch_do_not_mix(page, shifted):
    truth = np.concatenate([page(176, 176), page(176, 176, 100, 60)])
    picture = np.concatenate([shifted(truth[:1]), truth[1:]])
    for both, alone in zip(similarities(picture, truth), similarities(picture[:1], truth[:1]), strict=True):
        np.testing.assert_allclose(both, [float(alone[0]), 1], atol=1e-5)


def test_too_small_pictures_are_refused():
    small, smaller = np.zeros((1, 400, 175, 3), np.float32), np.zeros((1, 10, 40, 3), np.float32)
    with pytest.raises(ValueError, match=r"400 x 175 \(h x w\) are too small for MS-SSIM; it needs 176"):
        multiscale_similarity(small, small)
    with pytest.raises(ValueError, match="10 x 40 .* too small for SSIM; it needs 11"):
        structural_similarity(smaller, smaller)


def test_ms_ssim_of_grey_equals_pytorch_msssim(page, shifted, reference):
    torch = reference("torch")
    theirs = reference("pytorch_msssim")
    # Grey, since it multiplies the scales of each channel before it averages; even at every scale, since it pads.
    truth = page(192, 176, 30, 10)
    picture, truth = (np.repeat(x[..., 1:2], 3, -1) for x in (shifted(truth), truth))
    a, b = (torch.from_numpy(np.moveaxis(rgb(x), -1, 0)[None].copy()) for x in (picture, truth))
    found = [float(x[0]) for x in similarities(picture, truth)]
    expected = [float(f(a, b, data_range=1)) for f in (theirs.ssim, theirs.ms_ssim)]
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_ssim_equals_torchmetrics_within_the_border(page, shifted, reference):
    torch = reference("torch")
    theirs = reference("torchmetrics.functional.image")
    truth = page(60, 80, 30, 10)
    picture = shifted(truth)
    a, b = (torch.from_numpy(np.moveaxis(rgb(x), -1, 0)[None].copy()) for x in (picture, truth))
    # What it does where windows reach beyond the picture depends on its release.
    _, values = theirs.structural_similarity_index_measure(a, b, data_range=1.0, return_full_image=True)
    expected = float(values[..., 5:-5, 5:-5].mean())
    np.testing.assert_allclose(float(structural_similarity(picture, truth)[0]), expected, atol=2e-5)
