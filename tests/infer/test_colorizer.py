"""What networks are shown of a page, and what becomes of what they paint; the networks here are a few lines long."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mangagan.color import ciede2000, lab_to_srgb, lightness_gray, srgb_to_lab
from mangagan.infer import colorizer as module
from mangagan.infer import predict_page as prediction
from mangagan.infer.colorizer import ColorizeOptions, Colorizer
from mangagan.infer.guidance.hints_file import Hint, PageHints
from mangagan.infer.network import Network, NetworkInfo
from mangagan.infer.page.analysis import analyze_page
from mangagan.infer.page.compose import Compositing
from mangagan.infer.predict_page import PageView, predict_page, replace_low_frequencies
from mangagan.infer.volume.page_stages import Keep
from mangagan.palette import named_palette
from mangagan.tiles import TileSettings

FACTS = NetworkInfo("RGB", "luminance", multiple=16, scale=1.0, hints=False, instances=False, palette=False, digest="")
TILES = TileSettings()
BARE = Compositing(ink="off", protect=False)


def network(paint=lambda maps: np.repeat(maps["input"], 3, -1), batch=1, **facts):
    return Network(replace(FACTS, **facts), paint, batch)


def smooth(height, width, channels=3, seed=0):
    """A picture without lines."""
    small = np.random.default_rng(seed).integers(60, 240, (5, 4, channels)).astype(np.uint8)
    planes = [Image.fromarray(small[..., c]).resize((width, height), Image.Resampling.BICUBIC) for c in range(channels)]
    return np.stack([np.asarray(plane) for plane in planes], -1)


def color(network, options, pixels, palette=None, hints=None):
    return Colorizer(network, options, tiles=TILES).color_pixels(pixels, palette, hints)


def gray(pixels):
    return np.repeat(np.asarray(Image.fromarray(pixels).convert("L"))[..., None], 3, -1)


def test_what_the_network_paints_lies_where_the_page_is():
    pixels = gray(smooth(150, 97))
    made = color(network(), ColorizeOptions(BARE), pixels)
    assert np.abs(made.astype(int) - pixels).mean() < 1.5


def test_pages_of_nearly_one_size_are_shown_in_one_shape():
    shapes = set()

    def paint(maps):
        shapes.add(maps["input"].shape)
        return np.repeat(maps["input"], 3, -1)

    for height, width in ((150, 100), (151, 97), (160, 120), (130, 128)):
        pixels = gray(smooth(height, width))
        assert color(network(paint, multiple=48), ColorizeOptions(BARE), pixels).shape == (height, width, 3)
    assert shapes == {(1, 240, 144, 1)}


@pytest.mark.parametrize(("input", "expected"), [("luminance", 0.587), ("lightness", None)])
def test_luminance_or_the_grey_of_the_same_lightness(input, expected):
    green = np.zeros((20, 30, 3), np.uint8)
    green[..., 1] = 255
    seen = PageView(replace(FACTS, input=input), green).maps(10, 15)
    assert list(seen) == ["input"] and seen["input"].shape == (10, 15, 1) and seen["input"].dtype == np.float32
    if expected is None:
        expected = lightness_gray(np.array([0, 1, 0], np.float32))[0]
    np.testing.assert_allclose(seen["input"], 2 * expected - 1, atol=1e-5)


def test_a_page_in_color_is_kept_unless_it_is_to_lose_its_colors():
    pixels = smooth(120, 90)
    assert isinstance(color(network(), ColorizeOptions(), pixels), Keep)
    made = color(network(), ColorizeOptions(BARE, recolor=("*",)), pixels)
    assert np.ptp(made.astype(int), axis=-1).max() <= 1


def test_a_size_that_is_asked_for_is_that_of_the_shorter_side():
    sizes = []

    def seen(maps):
        sizes.append(maps["input"].shape[1:3])
        return np.repeat(maps["input"], 3, -1)

    color(network(seen), ColorizeOptions(BARE, size=64), gray(smooth(96, 192)))
    color(network(seen), ColorizeOptions(BARE, size=200), gray(smooth(96, 192)))
    assert sizes == [(192, 128), (256, 384)]
    with pytest.raises(ValueError, match="must be at least 16"):
        ColorizeOptions(size=8)


def test_a_network_that_has_learned_from_small_pages_is_shown_small_ones():
    blank = analyze_page(np.full((900, 600), 255, np.uint8), "gray")
    sizes = [prediction.working_height_and_width(blank, None, scale) for scale in (1.0, 0.25)]
    assert sizes == [(768, 512), (192, 128)]


def test_hints_reach_the_network_where_they_are_and_must_be_the_page_s():
    given = {}

    def paint(maps):
        given.update(maps)
        return np.repeat(maps["input"], 3, -1)

    red = Hint("point", ((60.0, 30.0),), (255, 0, 0))
    pixels = gray(smooth(150, 100))
    color(network(paint, hints=True), ColorizeOptions(BARE), pixels, hints=PageHints(100, 150, (red,)))
    mask, ab = given["hint_mask"], given["hint_ab"]
    assert mask.shape == (1, 192, 128, 1) and mask[0, 30, 60] == 1 and mask[0, :150, :100].sum() == 25
    np.testing.assert_allclose(ab[0, 30, 60], srgb_to_lab(np.array([1.0, 0, 0], np.float32))[1:] / 110, atol=1e-5)
    color(network(paint, hints=True), ColorizeOptions(BARE), pixels)
    assert given["hint_mask"].sum() == 0
    with pytest.raises(ValueError, match="hints are for 150 x 100 pixels; it has 100 x 150"):
        color(network(paint, hints=True), ColorizeOptions(BARE), pixels, hints=PageHints(150, 100, (red,)))


def test_a_palette_reaches_every_prediction_of_a_page():
    tiles = replace(TILES, whole_pixels=128 * 128, size=64, overlap=16)
    told = []

    def paint(maps):
        told.append((len(maps["input"]), maps.get("palette")))
        return np.repeat(maps["input"], 3, -1)

    palettes = {"1.png": named_palette([((200, 40, 40), 1.0)]), "2.png": named_palette([((40, 40, 200), 1.0)])}
    pixels = gray(smooth(400, 300))
    guided = Colorizer(network(paint, batch=2, palette=True), ColorizeOptions(BARE), tiles=tiles)
    for name, palette in palettes.items():
        told.clear()
        guided.color_pixels(pixels, palettes[name], None)
        assert [count for count, _ in told[:2]] == [1, 2]  # the page from afar, then its tiles
        for count, given in told:
            np.testing.assert_array_equal(given, np.repeat(palette[None], count, 0))
    told.clear()
    Colorizer(network(paint), ColorizeOptions(BARE), tiles=tiles).color_pixels(pixels, palettes["1.png"], None)
    assert told and all(given is None for _, given in told)


def test_regions_are_those_of_what_the_network_sees():
    given = {}

    def paint(maps):
        given.update(maps)
        return np.repeat(maps["input"], 3, -1)

    pixels = np.full((128, 128, 3), 255, np.uint8)
    pixels[:, 60:66] = 0
    color(network(paint, instances=True), ColorizeOptions(BARE), pixels)
    numbers = given["instances"]
    assert numbers.shape == (1, 192, 128) and numbers.dtype == np.int32 and numbers[0, 9, 9] != numbers[0, 9, 119]


def test_white_paper_shows_the_chroma_that_a_lab_network_paints(capsys):
    """Lightness gives way; swapping in the page's own lightness would leave a fraction."""
    hues = np.radians(np.arange(0, 360, 30))
    ab = 40 * np.stack([np.cos(hues), np.sin(hues)], -1).astype(np.float32)
    reached, swapped = [], []
    for hue in ab:

        def paint(maps, hue=hue):
            light = np.ones_like(maps["input"])
            return np.concatenate([light, np.broadcast_to(hue / 110, (*light.shape[:3], 2))], -1)

        white = np.full((64, 64, 3), 255, np.uint8)
        made = color(network(paint, space="Lab"), ColorizeOptions(Compositing(protect=False)), white)
        reached.append(np.hypot(*srgb_to_lab(made.astype(np.float32) / 255)[32, 32, 1:]))
        starved = lab_to_srgb(np.concatenate([[100.0], hue]).astype(np.float32))
        swapped.append(np.hypot(*srgb_to_lab(starved)[1:]))
    share, swap = np.mean(reached) / 40, np.mean(swapped) / 40
    with capsys.disabled():
        print(f" [of the chroma painted on paper {share:.0%} is reached, {swap:.0%} by swapping lightness] ", end="")
    assert share > 0.9 and min(reached) > 0.9 * 40 and swap < 0.7


def test_one_program_serves_all_tiles_and_their_batches():
    tiles = replace(TILES, whole_pixels=128 * 128, size=64, overlap=16)
    shapes = []

    def paint(maps):
        shapes.append({name: array.shape for name, array in maps.items()})
        return np.repeat(maps["input"], 3, -1)

    facts = {"hints": True, "instances": True, "multiple": 48}
    pixels = gray(smooth(400, 300))
    view = PageView(replace(FACTS, **facts), pixels)
    made = predict_page(network(paint, batch=2, **facts), view, 400, 300, tiles)
    assert np.abs((made + 1) * 127.5 - pixels).mean() < 1.0
    assert [shape["input"] for shape in shapes[:1]] == [(1, 240, 144, 1)]
    tiles = {tuple(shape["input"]) for shape in shapes[1:]}
    assert tiles == {(2, 96, 96, 1)} and {shape["instances"] for shape in shapes[1:]} == {(2, 96, 96)}
    assert {shape["hint_ab"] for shape in shapes[1:]} == {(2, 96, 96, 2)}


def test_tiles_take_their_colors_from_the_whole_page():
    tiles = replace(TILES, whole_pixels=384 * 256, size=128, overlap=32, reduction=8)
    rng = np.random.default_rng(0)

    def paint(maps):
        """Red on the page's left, blue on its right: a tile cannot know, and is of any color."""
        size = maps["input"].shape[1:3]
        if size == (128, 128):
            return maps["input"] + rng.normal(0, 0.3, (1, 1, 1, 3))
        across = np.linspace(1, -1, size[1])[:, None] * np.array([1, 0, -1])
        return np.broadcast_to(0.5 * across + maps["input"], (1, *size, 3))

    lines = np.full((768, 512, 3), 128, np.uint8)
    lines[::8] = 60
    made = predict_page(network(paint), PageView(FACTS, lines), 768, 512, tiles)
    left, right = made[:, 40:80].mean((0, 1)), made[:, -80:-40].mean((0, 1))
    assert left[0] - left[2] > 0.5 and right[2] - right[0] > 0.5
    # The lines are as sharp as tiles see them.
    assert made[4::8].mean() - made[::8].mean() > 0.8 * 2 * 68 / 255


def test_steering_leaves_what_agrees_and_takes_over_what_does_not():
    fine = np.random.default_rng(0).uniform(-1, 1, (300, 200, 3)).astype(np.float32)
    np.testing.assert_allclose(replace_low_frequencies(fine, fine, TILES), fine, atol=1e-6)
    np.testing.assert_allclose(replace_low_frequencies(fine + 0.5, fine, TILES), fine, atol=1e-5)
    half = np.asarray(Image.fromarray(fine[..., 0]).resize((100, 150), Image.Resampling.BOX))[..., None]
    assert np.abs(replace_low_frequencies(fine[..., :1] - 0.3, half, TILES) - fine[..., :1]).mean() < 0.02


def test_resampling_itself_makes_no_difference_between_sizes():
    """The network is linear here: what differs is what the compositor adds, and that is not seen."""
    y, x = np.mgrid[:900, :640]
    ink = (np.abs((x + y // 3) % 160 - 80) < 2) | (y % 300 < 3)
    pixels = np.repeat(np.where(ink, 0, 235).astype(np.uint8)[..., None], 3, -1)

    def paint(maps):
        rows = np.linspace(-1, 1, maps["input"].shape[1])[:, None, None]
        return maps["input"] * np.array([0.9, 0.6, 0.3]) + 0 * rows

    made = [color(network(paint), ColorizeOptions(size=size), pixels) for size in (256, 384, 512)]
    labs = [srgb_to_lab(picture.astype(np.float32) / 255) for picture in made]
    assert max(ciede2000(labs[0], lab).mean() for lab in labs[1:]) < 1


def test_tones_and_kind_of_a_page_are_found_out_once(monkeypatch):
    from mangagan.infer.page import analysis
    from mangagan.infer.page import color_kind as colored

    calls = []
    for place, name in ((analysis, "screentone_pitch"), (analysis, "remove_screentones"), (module, "page_kind")):
        made = getattr(place, name)
        monkeypatch.setattr(place, name, lambda *given, made=made, name=name: calls.append(name) or made(*given))
    monkeypatch.setattr(colored, "page_kind", None)
    color(network(), ColorizeOptions(), gray(smooth(150, 97)))
    assert sorted(calls) == ["page_kind", "remove_screentones", "screentone_pitch"]
