"""Slices of a strip are coloured with rows of their neighbours."""

from __future__ import annotations

import io
from functools import partial

import numpy as np
import pytest
from PIL import Image

from mangagan.images.volume import Member, Volume
from mangagan.infer.colorizer import ColorizeOptions, Colorizer
from mangagan.infer.network import Network, NetworkInfo
from mangagan.infer.page.compose import Compositing
from mangagan.infer.page.settings import PAGE
from mangagan.infer.strips import in_bands, strips_of
from mangagan.infer.volume.page_stages import PageInput

INFO = NetworkInfo("RGB", "luminance", multiple=16, scale=1.0, hints=False, instances=False, palette=False, digest="")


def drawing(height=240, width=80, seed=0):
    """A grey drawing without a margin."""
    small = np.random.default_rng(seed).integers(0, 256, (height // 20, width // 10), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def volume(*pages, **options):
    members = [Member(f"{n}.png", partial(png, page), True) for n, page in enumerate(pages, 9)]
    return Volume(tuple(members), **options)


def rgb(page):
    return np.repeat(page[..., None], 3, -1)


def test_the_rows_that_continue_a_slice_are_found_in_natural_order():
    strip = drawing()
    parts = strip[:80], strip[80:160], strip[160:]
    found = strips_of(volume(*parts)).surroundings("10.png", rgb(parts[1]))
    np.testing.assert_array_equal(found.around(rgb(parts[1])), rgb(strip))
    np.testing.assert_array_equal(found.inside(rgb(strip)), rgb(parts[1]))
    first = strips_of(volume(*parts)).surroundings("9.png", rgb(parts[0]))
    assert len(first.above) == 0 and len(first.below) == 80


def test_no_more_rows_than_the_settings_say():
    strip = drawing(1600)
    parts = strip[:1000], strip[1000:]
    assert len(strips_of(volume(*parts)).surroundings("10.png", rgb(parts[1])).above) == PAGE.strips.context_rows


@pytest.mark.parametrize("case", ["margins", "others", "another width", "broken", "slow"])
def test_pages_of_a_book_have_no_surroundings(case):
    strip = drawing()
    parts = [strip[:80].copy(), strip[80:160].copy(), strip[160:].copy()]
    options = {}
    if case == "margins":
        for part in parts:
            part[:3] = part[-3:] = 255
    elif case == "others":
        parts[0], parts[2] = drawing(80, seed=1), drawing(80, seed=2)
    elif case == "another width":
        parts[0], parts[2] = parts[0][:, :72], parts[2][:, :72]
    elif case == "slow":
        options["loads_fast"] = False
    pages = volume(*parts, **options)
    if case == "broken":
        pages = Volume((Member("9.png", lambda: b"no", True), pages.members[1], Member("11.png", lambda: b"", True)))
    found = strips_of(pages).surroundings("10.png", rgb(parts[1]))
    assert len(found.above) == len(found.below) == 0


def test_slices_are_colored_as_the_strip_is():
    def paint(maps):
        # The colour of the whole picture that the network sees: red where it is dark, blue where it is light.
        mean = maps["input"].mean((1, 2), keepdims=True)
        return np.broadcast_to(np.concatenate([-mean, 0 * mean, mean], -1), (*maps["input"].shape[:3], 3))

    strip = (drawing(240) * np.linspace(0.3, 1, 240)[:, None]).astype(np.uint8)
    parts = strip[:120], strip[120:]
    color = Colorizer(Network(INFO, paint, 1), ColorizeOptions(Compositing(ink="off", protect=False)))
    whole = color.color_pixels(rgb(strip), None, None)
    begun = color.begin_volume("v", volume(*parts))
    made = begun.process(PageInput("v", "10.png", rgb(parts[1])))
    np.testing.assert_allclose(made.astype(int), whole[120:], atol=2)
    alone = color.color_pixels(rgb(parts[1]), None, None)
    assert np.abs(alone.astype(int) - whole[120:]).mean() > 5


def test_a_finished_slice_counts_only_with_its_neighbours():
    strip = drawing()
    color = Colorizer(Network(INFO, lambda maps: maps["input"], 1))
    identities = {
        color.begin_volume("v", volume(first, strip[80:160], strip[160:])).identity("10.png")
        for first in (strip[:80], strip[:80].copy(), drawing(80, seed=1))
    }
    assert len(identities) == 2


def test_a_long_strip_is_colored_in_bands_that_run_into_each_other():
    seen = []

    def color(pixels):
        seen.append(len(pixels))
        return (pixels // 2 + len(seen)).astype(np.uint8)

    strip = rgb(drawing(9000, 100))
    made = in_bands(strip, color)
    rows, fade, context = PAGE.strips.band_rows, PAGE.strips.fade_rows, PAGE.strips.context_rows
    assert len(seen) == 4 and max(seen) <= rows + 2 * context
    offset = made.astype(int) - strip // 2
    assert (offset[: rows - fade] == 1).all() and (offset[-100:] == 4).all()
    assert np.abs(np.diff(offset[:, 0, 0])).max() <= 1
    short = rgb(drawing(400, 100))
    np.testing.assert_array_equal(in_bands(short, lambda pixels: pixels), short)
