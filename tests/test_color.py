import jax
import jax.numpy as jnp
import numpy as np
import pytest
from skimage import color as reference

from mangagan.color import ciede2000, from_bytes, lab_to_srgb, srgb_to_lab, to_bytes

CUBE = np.stack(np.meshgrid(*[np.linspace(0, 1, 18)] * 3), axis=-1).reshape(-1, 3)


@pytest.mark.parametrize("array", [np.asarray, lambda cube: jnp.asarray(cube, jnp.float32)])
def test_lab_equals_scikit_image_over_the_whole_cube(array):
    lab = srgb_to_lab(array(CUBE))
    np.testing.assert_allclose(lab, reference.rgb2lab(CUBE), atol=1e-4)
    np.testing.assert_allclose(lab_to_srgb(lab), CUBE, atol=0.5 / 255)


def test_gradients_are_finite_everywhere():
    there = jax.grad(lambda rgb: srgb_to_lab(rgb).sum())(jnp.asarray(CUBE, jnp.float32))
    back = jax.grad(lambda lab: lab_to_srgb(lab).sum())(srgb_to_lab(jnp.asarray(CUBE, jnp.float32)))
    assert np.isfinite(there).all() and np.isfinite(back).all()


def test_ciede2000_equals_scikit_image_with_greys_and_equal_colors_among_them():
    rng = np.random.default_rng(0)
    lab, other = srgb_to_lab(rng.random((4000, 3))), srgb_to_lab(rng.random((4000, 3)))
    lab[:500, 1:], other[250:750, 1:], other[-100:] = 0, 0, lab[-100:]
    expected = reference.deltaE_ciede2000(lab, other)
    np.testing.assert_allclose(ciede2000(lab, other), expected, atol=1e-9)
    single = ciede2000(jnp.asarray(lab, jnp.float32), jnp.asarray(other, jnp.float32))
    np.testing.assert_allclose(single, expected, atol=2e-3)


def test_ciede2000_equals_the_published_values():
    # Sharma, Wu and Dalal 2005, table 1, pairs 1, 7, 13 and 17.
    lab = np.array([[50, 2.6772, -79.7751], [50, 0, 0], [50, -0.001, 2.49], [50, 2.5, 0]])
    other = np.array([[50, 0, -82.7485], [50, -1, 2], [50, 0.0009, -2.49], [73, 25, -18]])
    np.testing.assert_allclose(ciede2000(lab, other), [2.0425, 2.3669, 4.8045, 27.1492], atol=1e-4)


@pytest.mark.parametrize("library", [np, jnp])
def test_bytes_are_reproduced_and_other_values_clipped_and_rounded(library):
    levels = library.arange(256, dtype=library.uint8)
    values = from_bytes(levels)
    assert (values.dtype, float(values[0]), float(values[255])) == (np.float32, -1, 1)
    np.testing.assert_array_equal(to_bytes(values), levels)
    between = library.asarray([-1.7, -0.003, 0.003, 3], dtype=np.float32)
    np.testing.assert_array_equal(to_bytes(between), np.array([0, 127, 128, 255], np.uint8))
