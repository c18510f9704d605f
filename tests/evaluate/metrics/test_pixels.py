"""MetricValues of single pictures against scikit-image and the formulas of their papers, on drawn and hostile pages."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from skimage.color import deltaE_cie76, deltaE_ciede2000, rgb2lab
from skimage.metrics import peak_signal_noise_ratio

from mangagan.evaluate.metrics.fidelity import INK, ink_fidelity, paper_fidelity
from mangagan.evaluate.metrics.pixels import (
    chroma,
    colorfulness,
    mean_absolute_error,
    mean_ciede2000,
    psnr,
    psnr_ab,
    to_lab,
)


def rgb(picture):
    return np.clip((picture[0].astype(np.float64) + 1) / 2, 0, 1)


def colorfulness_by_hand(picture):
    red, green, blue = np.moveaxis(255 * rgb(picture), -1, 0)
    rg, yb = red - green, 0.5 * (red + green) - blue
    return np.sqrt(rg.var() + yb.var()) + 0.3 * np.sqrt(rg.mean() ** 2 + yb.mean() ** 2)


def psnr_by_skimage(truth, picture, peak):
    if np.array_equal(truth, picture):
        return 100
    return min(peak_signal_noise_ratio(truth, picture, data_range=peak), 100)


@jax.jit
def metrics(picture, truth):
    paired = (psnr, psnr_ab, mean_ciede2000, mean_absolute_error)
    return [metric(picture, truth)[0] for metric in paired] + [chroma(picture)[0], colorfulness(picture)[0]]


def test_figures_equal_their_references(pair):
    picture, truth = pair
    lab, true_lab = rgb2lab(rgb(picture)), rgb2lab(rgb(truth))
    psnr, psnr_ab, ciede2000, l1, saturation, colors = (float(x) for x in metrics(picture, truth))
    np.testing.assert_allclose(psnr, psnr_by_skimage(rgb(truth), rgb(picture), 1), rtol=1e-4)
    np.testing.assert_allclose(psnr_ab, psnr_by_skimage(true_lab[..., 1:], lab[..., 1:], 220), rtol=1e-3)
    np.testing.assert_allclose(ciede2000, deltaE_ciede2000(true_lab, lab).mean(), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(l1, np.abs(rgb(picture) - rgb(truth)).mean(), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(saturation, np.hypot(lab[..., 1], lab[..., 2]).mean(), rtol=1e-3, atol=2e-2)
    np.testing.assert_allclose(colors, colorfulness_by_hand(picture), rtol=1e-4, atol=1e-3)


def test_colorfulness_takes_signed_opponents():
    half = np.full((1, 8, 8, 3), -1, np.float32)
    half[:, :, :4, 0], half[:, :, 4:, 1] = 1, 1  # red beside green
    # R - G is 255 and -255: deviation 255, mean 0; of absolute values the deviation would be 0. yb is 127.5 all over.
    np.testing.assert_allclose(float(colorfulness(half)[0]), 255 + 0.3 * 127.5, rtol=1e-5)


def test_each_picture_of_a_batch_has_its_own_figure():
    rng = np.random.default_rng(0)
    a, b = (rng.uniform(-1, 1, (3, 12, 9, 3)).astype(np.float32) for _ in range(2))
    for metric in map(jax.jit, (psnr, psnr_ab, mean_ciede2000, mean_absolute_error)):
        alone = [float(metric(a[n : n + 1], b[n : n + 1])[0]) for n in range(3)]
        np.testing.assert_allclose(metric(a, b), alone, rtol=1e-4)
    np.testing.assert_allclose(colorfulness(a), [float(colorfulness(a[n : n + 1])[0]) for n in range(3)], rtol=1e-4)


def test_pixels_that_are_no_numbers_show_in_the_figure():
    broken = np.zeros((1, 4, 4, 3), np.float32)
    broken[0, 1, 1, 1] = np.nan
    whole = np.zeros_like(broken)
    for metric in map(jax.jit, (psnr, psnr_ab, mean_ciede2000, mean_absolute_error)):
        assert np.isnan(metric(jnp.asarray(broken), jnp.asarray(whole))[0])


def source_of(*levels):
    """A grey source [1 1 w 1] of 8-bit levels."""
    return np.asarray(levels, np.float32).reshape(1, 1, -1, 1) / 127.5 - 1


def test_fidelity_looks_at_ink_and_paper_alone():
    # L of these is 24.4, 25.3, 94.9 and 95.3.
    source = source_of(58, 60, 240, 242)
    gray = np.repeat(source, 3, -1)
    picture = gray.copy()
    picture[0, 0, 1] = picture[0, 0, 2] = [1, -1, -1]  # red where there is neither ink nor paper
    for kept in (ink_fidelity(picture, gray, source), paper_fidelity(picture, source)):
        np.testing.assert_allclose(kept.difference[0], 0, atol=1e-3)
        np.testing.assert_allclose(kept.share[0], 0.25)
    picture[0, 0, 0] = [-1, -1, 0]
    lab = rgb2lab(np.stack([rgb(picture)[0, 0], rgb(gray)[0, 0]]))
    spoilt = float(ink_fidelity(picture, gray, source).difference[0])
    np.testing.assert_allclose(spoilt, deltaE_cie76(lab[1], lab[0]), rtol=1e-3)
    np.testing.assert_allclose(float(paper_fidelity(picture, source).difference[0]), 0, atol=1e-3)


def test_dark_colors_are_no_ink():
    # Ink with a tint, dark brown and navy: all ink by their luminance.
    truth = np.float32([[[[22, 20, 26], [70, 30, 20], [10, 15, 90]]]]) / 127.5 - 1
    source = truth @ np.float32([0.299, 0.587, 0.114])[:, None]
    assert to_lab(np.repeat(source, 3, -1))[..., 0].max() < INK
    own = ink_fidelity(truth, truth, source)
    # The tint of ink is all that the truth is charged with.
    tint = deltaE_cie76(rgb2lab(rgb(truth)), rgb2lab(rgb(np.repeat(source, 3, -1)))).flat[0]
    np.testing.assert_allclose([own.difference[0], own.share[0]], [tint, 1 / 3], rtol=1e-2)
    # Brown and navy left grey earn nothing, and ink painted brown costs much.
    grey = np.repeat(source, 3, -1)
    left, spoilt = np.concatenate([truth[:, :, :1], grey[:, :, 1:]], 2), truth[:, :, [1, 1, 2]]
    found = [float(ink_fidelity(picture, truth, source).difference[0]) for picture in (left, grey, spoilt)]
    assert found[0] == pytest.approx(tint, rel=1e-2) and found[1] < 1e-3 and found[2] > 20
    # Where all that is dark has a color, there is no such metric.
    bare = [x[:, :, 1:] for x in (np.repeat(source, 3, -1), truth, source)]
    assert ink_fidelity(*bare).share[0] == 0


def test_ink_that_is_light_in_the_truth_is_no_ink():
    truth, source = np.float32([[[[-1] * 3, [0] * 3]]]), source_of(0, 0)
    np.testing.assert_allclose(ink_fidelity(truth, truth, source), [[0], [0.5]], atol=1e-3)


def test_a_page_without_ink_or_paper_says_so():
    grey = np.zeros((2, 5, 6, 3), np.float32)
    for kept in (ink_fidelity(grey, grey, grey[..., :1]), paper_fidelity(grey, grey[..., :1])):
        assert all(np.array_equal(values, [0, 0]) for values in kept)


def test_a_source_of_another_size_is_refused():
    pictures, source = np.zeros((2, 4, 4, 3), np.float32), np.zeros((1, 4, 4, 1), np.float32)
    for metric in (lambda: ink_fidelity(pictures, pictures, source), lambda: paper_fidelity(pictures, source)):
        with pytest.raises(ValueError, match=r"sources of \(1, 4, 4\).*pictures of \(2, 4, 4\)"):
            metric()
