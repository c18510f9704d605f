"""Decoding, cropping and conversion of single examples."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from skimage.color import rgb2lab

from mangagan.data.archive.archive import Record
from mangagan.data.stream.transforms import CenterCrop, Crop, Decode, RandomCrop, ToArrays


def record(map_page, encoded) -> Record:
    page = map_page(3)
    return Record("p", "w", encoded(page), encoded(page[..., 0]))


def test_a_crop_without_scaling_copies_the_pixels(map_page):
    page = map_page(3)
    images = {"target": Image.fromarray(page), "input": Image.fromarray(page[..., 0])}
    crop = Crop(size=32, window=32).crop_at(images, side=1.0, across=0.5, down=1.0)
    # 80 x 96 pixels: 48 columns and 64 rows to move in.
    assert np.array_equal(np.asarray(crop["target"]), page[64:96, 24:56])
    assert np.array_equal(np.asarray(crop["input"]), page[64:96, 24:56, 0])
    mirrored = Crop(size=32, window=32).crop_at(images, side=1.0, across=0.5, down=1.0, mirrored=True)
    assert np.array_equal(np.asarray(mirrored["target"]), page[64:96, 24:56][:, ::-1])


def test_a_crop_is_at_most_the_shorter_side(map_page):
    images = {"target": Image.fromarray(map_page(3))}
    assert np.array_equal(np.asarray(Crop(80, window=4000).crop_at(images, 1.1, 0.7, 0.0)["target"]), map_page(3)[:80])


def test_scaling_averages_the_crop():
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    small = np.asarray(Crop(16, window=64).crop_at({"target": Image.fromarray(noise)}, 1.0, 0.5, 0.5)["target"], float)
    blocks = noise.reshape(16, 4, 16, 4, 3).mean((1, 3))
    # A bicubic of the right support, not four samples of it: near the block means.
    assert np.abs(small - blocks).mean() < 25 and abs(small.mean() - noise.mean()) < 1


def test_random_crops_move_resize_and_mirror_all_pictures_alike(map_page, encoded):
    decode = Decode((("input", "bw"), ("target", "color")))
    crop = RandomCrop(Crop(24, window=40), jitter=0.3, flip=True)
    rng = np.random.default_rng(0)
    lefts, spans, mirrored = set(), set(), set()
    for _ in range(60):
        arrays = ToArrays().map(crop.random_map(decode.map(record(map_page, encoded)), rng))
        # The page's bw is its red channel: the two must stay the same to the bit.
        assert np.array_equal(arrays["input"][..., 0], arrays["target"][..., 0])
        columns = (arrays["input"][12, :, 0] + 1) * 127.5 / 2
        lefts.add(round(columns.min()))
        spans.add(round(np.ptp(columns)))
        mirrored.add(columns[0] > columns[-1])
    assert mirrored == {False, True} and len(lefts) > 15
    # Sides from 28 to 52: spans of about (1 - 1/24) of that.
    assert min(spans) < 31 and max(spans) > 46 and 26 <= min(spans) and max(spans) <= 51


def test_without_flip_and_jitter_only_the_place_varies(map_page, encoded):
    crop = RandomCrop(Crop(40, window=40), jitter=0.0, flip=False)
    images, rng = Decode((("target", "color"),)).map(record(map_page, encoded)), np.random.default_rng(0)
    for _ in range(10):
        columns = np.asarray(crop.random_map(images, rng)["target"])[0, :, 0].astype(int)
        assert (np.diff(columns) == 2).all()


def test_center_crop(map_page, encoded):
    images = Decode((("target", "color"),)).map(record(map_page, encoded))
    assert np.array_equal(np.asarray(CenterCrop(Crop(40, 40)).map(images)["target"]), map_page(3)[28:68, 20:60])


@pytest.mark.parametrize(("form", "expected"), [("bw", "bw"), ("any", "color"), ("color", "color")])
def test_decode_picks_the_form(form, expected, map_page, encoded):
    page = map_page(3)
    wanted = {"bw": page[..., 0], "color": page}[expected]
    assert np.array_equal(np.asarray(Decode((("input", form),)).map(record(map_page, encoded))["input"]), wanted)


def test_any_form_of_a_grey_page_is_its_bw(map_page, encoded):
    gray = Record("p", "w", b"", encoded(map_page(3)[..., 1]))
    assert np.array_equal(np.asarray(Decode((("input", "any"),)).map(gray)["input"]), map_page(3)[..., 1])


def test_missing_input_is_the_luminance_of_the_target():
    noise = np.random.default_rng(0).integers(0, 255, (20, 20, 3), dtype=np.uint8)
    arrays = ToArrays().map({"target": Image.fromarray(noise)})
    luminance = noise @ np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose((arrays["input"][..., 0] + 1) * 127.5, luminance, atol=0.51)
    np.testing.assert_allclose(arrays["target"], noise / 127.5 - 1, atol=1e-6)
    assert arrays["input"].dtype == arrays["target"].dtype == np.float32


def test_lightness_input_equals_scikit_image():
    noise = np.random.default_rng(0).integers(0, 255, (20, 20, 3), dtype=np.uint8)
    noise[0, :3] = [[0, 0, 0], [255, 255, 255], [0, 0, 255]]
    arrays = ToArrays("lightness").map({"target": Image.fromarray(noise)})
    gray = np.repeat((arrays["input"].astype(np.float64) + 1) / 2, 3, axis=-1)
    np.testing.assert_allclose(rgb2lab(gray)[..., 0], rgb2lab(noise)[..., 0], atol=1e-3)
    assert arrays["input"].dtype == np.float32


def test_instances_are_of_the_input():
    page = np.full((64, 64), 255, np.uint8)
    page[:, 30:33] = 0
    arrays = ToArrays(instances=True).map({"target": Image.fromarray(page).convert("RGB")})
    numbers = arrays["instances"]
    assert numbers.dtype == np.int32 and numbers[5, 5] != numbers[5, 60]
    assert (numbers[:, :28] == numbers[5, 5]).all() and (numbers[:, 35:] == numbers[5, 60]).all()
