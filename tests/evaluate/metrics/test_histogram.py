"""Histograms of ab against votes counted by hand, their distance against SciPy, consistency on made-up works."""

import jax
import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from skimage.color import lab2rgb, rgb2lab

from mangagan.evaluate.metrics.histogram import ab_histogram, histogram_distance, page_agreement


def by_hand(picture):
    """Each pixel's votes for the four bins about it, one after the other."""
    places = (rgb2lab(np.clip((picture[0].astype(np.float64) + 1) / 2, 0, 1))[..., 1:].reshape(-1, 2) + 110) / 10
    votes = np.zeros((24, 24))
    for a, b in places:
        i, j = int(a), int(b)
        for da in (0, 1):
            for db in (0, 1):
                votes[i + da, j + db] += (1 - abs(a - i - da)) * (1 - abs(b - j - db))
    return votes[:23, :23] / len(places)


def test_votes_equal_those_counted_by_hand(pair):
    picture, _ = pair
    found = np.asarray(jax.jit(ab_histogram)(picture)[0])
    np.testing.assert_allclose(found.sum(), 1, atol=1e-5)
    np.testing.assert_allclose(found, by_hand(picture), atol=2e-4)


def test_distance_equals_scipy():
    rng = np.random.default_rng(0)
    a, b = (rng.dirichlet(np.full(529, 0.05), 4).reshape(4, 23, 23) for _ in range(2))
    expected = [jensenshannon(x.ravel(), y.ravel(), base=2) for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(histogram_distance(a, b), expected, atol=1e-7)
    ours = histogram_distance(jax.numpy.asarray(a, "float32"), jax.numpy.asarray(b, "float32"))
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_distance_is_0_for_the_same_and_1_for_nothing_in_common():
    one, other = np.zeros((2, 23, 23))
    one[3, 4], other[5, 6] = 1, 1
    assert histogram_distance(one, one) == 0 and histogram_distance(one, other) == 1


def histograms(*hues):
    """Of pages that are flat but for one hue each."""
    colors = [lab2rgb([[[60.0, 40 * np.cos(h), 40 * np.sin(h)]]])[0, 0] for h in hues]
    pictures = np.broadcast_to(np.asarray(colors, np.float32)[:, None, None] * 2 - 1, (len(hues), 4, 5, 3))
    return np.asarray(ab_histogram(pictures))


def test_a_work_painted_like_the_truth_is_consistent():
    truth = histograms(0, 0.1, 2)
    error, drift = page_agreement(truth, truth)
    assert np.array_equal(error, [0, 0, 0]) and np.array_equal(drift, [0, 0, 0])
    # Other colours, just as far from page to page: not this metric's business.
    turned = page_agreement(histograms(1, 1, 3), histograms(-1, -1, 1.5))[0]
    np.testing.assert_allclose(turned, 0, atol=1e-3)


def test_wandering_colours_drift_up_and_grey_pages_down():
    truth, wandering, same = histograms(0, 0, 3), histograms(0, 1.5, 3), histograms(0, 0, 0)
    error, drift = page_agreement(wandering, truth)
    assert drift[0] > 0.4 and drift[1] > 0.4 and drift[2] == pytest.approx(0, abs=1e-3)
    np.testing.assert_allclose(error, drift, atol=1e-3)
    error, drift = page_agreement(same, truth)
    np.testing.assert_allclose(drift, [-0.5, -0.5, -1], atol=1e-3)
    np.testing.assert_allclose(error, -drift, atol=1e-6)


@pytest.mark.parametrize(("painted", "true"), [(1, 1), (0, 0), (2, 3)])
def test_a_work_needs_two_pages_of_either(painted, true):
    with pytest.raises(ValueError, match=f"{painted} predicted pages and {true} true ones; .* two at least"):
        page_agreement(np.zeros((painted, 23, 23)), np.zeros((true, 23, 23)))
