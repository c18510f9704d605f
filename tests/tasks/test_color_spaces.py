import jax
import jax.numpy as jnp
import numpy as np
from skimage.color import lab2rgb, rgb2lab

from mangagan.color import ciede2000
from mangagan.tasks.color_spaces import RGB, EvenLab, Lab

PICTURE = np.random.default_rng(0).uniform(-1, 1, (2, 5, 6, 3)).astype(np.float32)
GRAY = np.random.default_rng(1).uniform(-1, 1, (2, 5, 6, 1)).astype(np.float32)


def test_rgb_changes_nothing():
    assert RGB().source(GRAY) is GRAY and RGB().target(PICTURE) is PICTURE and RGB().picture(GRAY, PICTURE) is PICTURE


def test_lab_equals_scikit_image():
    lab = rgb2lab((PICTURE + 1) / 2)
    np.testing.assert_allclose(Lab().target(PICTURE), lab[..., 1:] / 110, atol=1e-5)
    gray = rgb2lab(np.repeat((GRAY + 1) / 2, 3, axis=-1))
    np.testing.assert_allclose(Lab().source(GRAY), gray[..., :1] / 50 - 1, atol=1e-5)


def test_lab_recombines_lightness_and_color():
    light = rgb2lab((PICTURE + 1) / 2)[..., :1]
    gray = lab2rgb(np.concatenate([light, 0 * light, 0 * light], axis=-1))[..., :1].astype(np.float32) * 2 - 1
    again = Lab().picture(gray, Lab().target(PICTURE))
    np.testing.assert_allclose(again, PICTURE, atol=4e-3)


def test_even_lab_can_be_inverted():
    space = EvenLab()
    painted = space.target(PICTURE)
    np.testing.assert_allclose(space.lab(painted), rgb2lab((PICTURE + 1) / 2), atol=2e-3)
    np.testing.assert_allclose(space.picture(GRAY, painted), PICTURE, atol=4e-3)


def test_equal_ciede2000_steps_of_chroma_are_equal_in_even_lab():
    pale, vivid = (np.array([[[[60.0, chroma, 0], [60.0, chroma + step, 0]]]]) for chroma, step in ((5, 4.0), (80, 15)))
    for pair in (pale, vivid):
        one, other = EvenLab().of_lab(jnp.asarray(pair, jnp.float32))[0, 0] * 50
        seen = ciede2000(pair[0, 0, 0], pair[0, 0, 1])
        assert 0.7 * seen < jnp.abs(one - other).sum() < 1.3 * seen


def test_grey_has_a_gradient_in_even_lab():
    grey = jnp.zeros((1, 2, 2, 3)) + 0.3
    slope = jax.grad(lambda rgb: jnp.abs(EvenLab().target(rgb)).sum())(grey)
    back = jax.grad(lambda painted: EvenLab().picture(grey[..., :1], painted).sum())(jnp.zeros((1, 2, 2, 3)))
    assert jnp.isfinite(slope).all() and jnp.isfinite(back).all()
