"""Fréchet and kernel distance against SciPy and the pairs summed one by one."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from mangagan.evaluate.metrics.frechet import frechet_distance, kernel_distance


def samples(count, size=6, seed=0):
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(count, size)) @ rng.normal(size=(size, size)) + rng.normal(size=size)
    return mixed.astype(np.float32)


def by_scipy(a, b):
    a, b = a.astype(np.float64), b.astype(np.float64)
    ca, cb = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    return np.square(a.mean(0) - b.mean(0)).sum() + np.trace(ca + cb - 2 * sqrtm(ca @ cb).real)


@pytest.mark.parametrize("counts", [(40, 31), (40, 4), (3, 31)])
def test_frechet_distance_equals_scipys_matrix_root(counts):
    a, b = samples(counts[0]), samples(counts[1], seed=1)
    np.testing.assert_allclose(frechet_distance(a, b), by_scipy(a, b), rtol=1e-6)
    np.testing.assert_allclose(frechet_distance(b, a), frechet_distance(a, b), rtol=1e-9)


def test_fewer_pictures_than_features_are_no_trouble():
    a, b = samples(4, 12), samples(5, 12, seed=1)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(a, a + 2) == pytest.approx(4 * 12, rel=1e-5)
    assert frechet_distance(a, b) == pytest.approx(by_scipy(a, b), rel=1e-4)


def test_constant_features_have_a_distance():
    flat = np.ones((3, 4), np.float32)
    assert frechet_distance(flat, 3 * flat) == pytest.approx(16)


def test_far_from_zero_nothing_cancels():
    a, b = samples(20).astype(np.float64), samples(30, seed=1).astype(np.float64)
    assert frechet_distance(a + 1e6, b + 1e6) == pytest.approx(frechet_distance(a, b), rel=1e-6)


def test_kernel_distance_sums_pairs():
    a, b = samples(5), samples(7, seed=1)

    def kernel(x, y):
        return (float(x.astype(np.float64) @ y.astype(np.float64)) / 6 + 1) ** 3

    def within(x):
        return np.mean([kernel(p, q) for i, p in enumerate(x) for j, q in enumerate(x) if i != j])

    expected = within(a) + within(b) - 2 * np.mean([kernel(p, q) for p in a for q in b])
    np.testing.assert_allclose(kernel_distance(a, b), expected, rtol=1e-9)


def test_kernel_distance_equals_torchmetrics(reference):
    torch = reference("torch")
    kid = reference("torchmetrics.image.kid")
    a, b = samples(9), samples(9, seed=1)
    expected = float(kid.poly_mmd(torch.from_numpy(a).double(), torch.from_numpy(b).double()))
    np.testing.assert_allclose(kernel_distance(a, b), expected, rtol=1e-9)


@pytest.mark.parametrize("distance", [frechet_distance, kernel_distance])
def test_too_few_and_ill_fitting_sets_are_refused(distance):
    one, two = samples(1), samples(2)
    with pytest.raises(ValueError, match="1 pictures are too few for a distance between sets; it needs two at least"):
        distance(two, one)
    with pytest.raises(ValueError, match=r"shapes \(2, 6\) and \(3, 5\) have no distance"):
        distance(two, samples(3, 5))
    two[1, 0] = np.inf
    with pytest.raises(ValueError, match="picture 1 of 2 are not finite"):
        distance(samples(3), two)
