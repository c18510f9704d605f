"""Resizing against PyTorch's, and pictures of any shape."""

import numpy as np
import pytest

from mangagan.evaluate.metrics.resize import resize, with_shorter_side


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (300, 16), (64, 96)])
def test_any_shape_is_brought_to_its_side_and_kept(size):
    found = with_shorter_side(np.full((2, *size, 3), 0.25, np.float32), 32)
    height, width = found.shape[1:3]
    assert min(height, width) == 32 and height / width == pytest.approx(size[0] / size[1], rel=0.02)
    np.testing.assert_allclose(found, 0.25, atol=1e-6)


def test_a_side_that_fits_changes_nothing(page):
    picture = page(32, 45, 30, 20)
    np.testing.assert_allclose(with_shorter_side(picture, 32), picture, atol=1e-6)


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("size", [(20, 31), (70, 90)])
def test_resizing_equals_pytorchs(page, size, antialias, reference):
    torch = reference("torch")
    picture = page(50, 64, 30, 20)
    pixels = torch.from_numpy(np.moveaxis(picture, -1, 1).copy())
    expected = torch.nn.functional.interpolate(pixels, size, mode="bilinear", align_corners=False, antialias=antialias)
    found = np.moveaxis(np.asarray(resize(picture, size, antialias=antialias)), -1, 1)
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-5)
