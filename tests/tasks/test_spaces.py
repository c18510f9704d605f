import numpy as np
from skimage.color import lab2rgb, rgb2lab

from mangagan.tasks.spaces import RGB, Lab

PICTURE = np.random.default_rng(0).uniform(-1, 1, (2, 5, 6, 3)).astype(np.float32)
GRAY = np.random.default_rng(1).uniform(-1, 1, (2, 5, 6, 1)).astype(np.float32)


def test_rgb_changes_nothing():
    assert RGB().source(GRAY) is GRAY and RGB().target(PICTURE) is PICTURE and RGB().picture(GRAY, PICTURE) is PICTURE


def test_lab_takes_pictures_apart_as_scikit_image_does():
    lab = rgb2lab((PICTURE + 1) / 2)
    np.testing.assert_allclose(Lab().target(PICTURE), lab[..., 1:] / 110, atol=1e-5)
    gray = rgb2lab(np.repeat((GRAY + 1) / 2, 3, axis=-1))
    np.testing.assert_allclose(Lab().source(GRAY), gray[..., :1] / 50 - 1, atol=1e-5)


def test_lab_puts_lightness_and_color_together_again():
    light = rgb2lab((PICTURE + 1) / 2)[..., :1]
    gray = lab2rgb(np.concatenate([light, 0 * light, 0 * light], axis=-1))[..., :1].astype(np.float32) * 2 - 1
    again = Lab().picture(gray, Lab().target(PICTURE))
    np.testing.assert_allclose(again, PICTURE, atol=4e-3)
