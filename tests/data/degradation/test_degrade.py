"""Degradations of a configuration: the arrays that they add to an example, and their errors."""

from __future__ import annotations

import numpy as np
import pytest

from mangagan.data.degradation.degrade import Degrade, FreeForm, Gaussian, Holes, Jpeg, Noise, SaltAndPepper, Undamaged
from mangagan.data.settings import Data
from mangagan.overrides import describe, override


def picture(channels=3):
    return np.random.default_rng(0).integers(0, 256, (40, 48, channels)).astype(np.float32) / np.float32(127.5) - 1


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("damage", [Holes(), Holes("dust", 0.2, 0.3), FreeForm()])
@pytest.mark.parametrize("channels", [1, 3])
def test_holes_are_mid_grey_and_the_rest_is_untouched(damage, channels):
    arrays = damage.degrade(picture(channels), rng())
    hole = np.broadcast_to(arrays["mask"] == 1, picture(channels).shape)
    assert tuple(set(arrays) - {"input"}) == damage.maps == ("mask",)
    assert arrays["mask"].shape == (40, 48, 1) and arrays["input"].dtype == arrays["mask"].dtype == np.float32
    assert hole.any() and not arrays["input"][hole].any()
    assert np.array_equal(arrays["input"][~hole], picture(channels)[~hole])


def test_holes_are_of_the_share_and_the_kinds_named():
    masks = [Holes("rectangles , scratches", 0.3, 0.4).degrade(picture(), rng(n))["mask"] for n in range(20)]
    assert all(0.3 <= mask.mean() <= 0.4 for mask in masks) and len({mask.tobytes() for mask in masks}) == 20


@pytest.mark.parametrize("channels", [1, 3])
def test_known_noise_comes_with_its_sigma(channels):
    clean = np.zeros((128, 128, channels), np.float32)
    for seed in range(3):
        arrays = Noise(Gaussian(20, 60), known=True, rounded=False).degrade(clean, rng(seed))
        sigma = arrays["sigma"]
        assert sigma.shape == (128, 128, 1) and sigma.dtype == np.float32 and np.ptp(sigma) == 0
        assert 20 / 255 <= sigma.max() <= 60 / 255
        np.testing.assert_allclose((arrays["input"] / 2).std(), sigma.max(), rtol=0.03)
    # The noise does not depend on whether sigma is known.
    blind = Noise(Gaussian(20, 60), rounded=False).degrade(clean, rng(2))
    assert blind.keys() == {"input"} and np.array_equal(blind["input"], arrays["input"])


def test_rounded_noise_has_the_levels_of_a_file():
    noisy, drawn = (Noise(Gaussian(50, 50), rounded=rounded).degrade(picture(), rng())["input"] for rounded in (1, 0))
    levels = (noisy + 1) * 127.5
    np.testing.assert_allclose(levels, np.round(levels), atol=1e-4)
    assert noisy.dtype == np.float32 and np.abs(noisy).max() == 1 < np.abs(drawn).max()
    np.testing.assert_allclose(noisy, np.clip(drawn, -1, 1), atol=0.51 / 127.5)


def test_a_share_of_the_pictures_is_grey_with_grey_noise():
    color, some = picture(), Noise(Gaussian(25, 25), gray=0.3, known=True, rounded=False)
    drawn = [some.degrade(color, rng(seed)) for seed in range(200)]
    gray = [one for one in drawn if "target" in one]
    assert 40 < len(gray) < 80
    for one in gray:
        assert one["input"].shape == one["target"].shape == color.shape and one["sigma"].shape == (40, 48, 1)
        assert all(np.array_equal(one[name][..., 0], one[name][..., channel]) for name in one for channel in (-1, 1)
                   if name != "sigma")  # fmt: skip
        np.testing.assert_allclose(one["target"][..., 0], color @ [0.299, 0.587, 0.114], atol=1e-5)
    arrays = Degrade(Noise(gray=1.0)).random_map({"input": color, "target": color}, rng())
    assert np.ptp(arrays["target"], axis=-1).max() == 0 and arrays["target"].dtype == np.float32
    # Without, nothing else is drawn.
    plain = Noise(gray=0.0).degrade(color, rng())["input"]
    assert np.array_equal(plain, Noise().degrade(color, rng())["input"])


def test_undamaged_returns_the_picture_itself():
    clean = picture()
    assert Undamaged().degrade(clean, rng())["input"] is clean and Undamaged().maps == ()
    arrays = {"input": picture(1), "target": picture()}
    assert Degrade(Undamaged()).random_map(arrays, rng()).keys() == arrays.keys()
    assert Degrade(Holes()).random_map(arrays, rng())["target"] is arrays["target"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (Holes("dust,cracks"), '"cracks"; there are rectangles,strokes,balloons,scratches,dust'),
        (Holes(""), 'there is no ""'),
        (Holes(low=0.5, high=0.4), "low=0.5 high=0.4"),
        (Holes(high=60), "high=60.*<= 1"),
        (Noise(Jpeg(), known=True), "Jpeg has no sigma"),
        (Noise(gray=1.5), "gray=1.5: a share"),
        (Noise(Gaussian(5, 1)), "Gaussian low=5 high=1"),
    ],
)
def test_invalid_combinations_are_refused(damage, message):
    with pytest.raises(ValueError, match=message):
        damage.check()


def test_a_degradation_is_chosen_and_changed_by_overrides():
    data = override(Data(), {"damage": "Noise", "damage.kind": "SaltAndPepper"})
    assert data.damage == Noise(SaltAndPepper())
    data = override(data, {"damage.kind": "Gaussian", "damage.kind.low": "90", "damage.kind.high": "95"})
    assert data.damage == Noise(Gaussian(90, 95))
    # In between the smallest sigma exceeds the largest; only the final values count.
    assert override(data, {"damage.kind.high": "15", "damage.kind.low": "15"}).damage == Noise(Gaussian(15, 15))
    holes = override(data, {"damage": "Holes", "damage.kinds": "dust,scratches"})
    assert holes.damage == Holes("dust,scratches")
    for changed in (data, holes, Data(damage=FreeForm())):
        assert override(Data(), {key: str(value) for key, value in describe(changed).items()}) == changed
