import jax
import numpy as np
import pytest
from scipy import ndimage
from skimage.metrics import structural_similarity as reference

from mangagan.evaluate.ssim import structural_similarity


def wanted(picture, truth):
    return reference(
        *((np.clip(x, -1, 1).astype(np.float64) + 1) / 2 for x in (picture, truth)),
        channel_axis=-1,
        data_range=1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )


def pairs():
    rng = np.random.default_rng(0)
    noise = rng.uniform(-1, 1, (2, 40, 31, 3)).astype(np.float32)
    smooth = ndimage.gaussian_filter(noise, (0, 3, 3, 0)) * 4
    flat = np.full_like(noise, 0.2)
    yield noise, noise[::-1]
    yield smooth, smooth + noise / 10
    yield smooth, -smooth
    yield flat, flat + noise / 100
    yield flat, -flat
    yield np.ones_like(noise), np.ones_like(noise) * 0.998
    yield 3 * smooth, smooth  # out of range
    yield noise[:, :11, :11, :1], noise[:, 20:31, 20:31, :1]


@pytest.mark.parametrize("pictures, truth", pairs())
def test_similarity_equals_scikit_image(pictures, truth):
    found = jax.jit(structural_similarity)(pictures, truth)
    np.testing.assert_allclose(found, [wanted(a, b) for a, b in zip(pictures, truth, strict=True)], atol=1e-4)


def test_the_truth_is_like_itself():
    picture = np.random.default_rng(1).uniform(-1, 1, (1, 20, 20, 3)).astype(np.float32)
    np.testing.assert_allclose(structural_similarity(picture, picture), 1, atol=1e-5)


def test_a_picture_smaller_than_the_window():
    with pytest.raises(ValueError, match="window of 11 pixels"):
        structural_similarity(np.zeros((1, 10, 40, 3)), np.zeros((1, 10, 40, 3)))
