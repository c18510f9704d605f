"""The palettes of the examples of the stream."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mangagan.color import srgb_to_lab
from mangagan.data.archive.archive import open_archive
from mangagan.data.settings import Data
from mangagan.data.stream.batches import batches
from mangagan.data.stream.page_palettes import PagePalettes, PaletteTable
from mangagan.palette import merge_palettes, palette_of
from mangagan.palette_bins import BINS, bin_colors

COLORS = {
    "red": [(200, 40, 40), (170, 30, 60), (220, 90, 50)],
    "green": [(60, 160, 70), (30, 120, 90), (120, 180, 60)],
    "blue": [(40, 60, 190)],
}
DATA = Data(size=8, window=16, batch_size=4, workers=0, palettes=PagePalettes(own=0.3, others=0.5, recolored=0.0))


@pytest.fixture(scope="module")
def archive(tmp_path_factory, write_pages):
    """Pages of one color each, of three works; one work has a single page, one is held out."""
    folder = tmp_path_factory.mktemp("palettes")
    pages = {
        f"{work}/{n}.png": np.full((20, 20, 3), color, np.uint8)
        for work, colors in COLORS.items()
        for n, color in enumerate(colors)
    }
    return open_archive(
        f"folder:{write_pages(folder / 'pages', pages)}", held_out="green", cache=folder, progress=False
    )


def drawn(data, archive, count, **options):
    stream = batches(data, archive, **({"split": "train", "seed": 3} | options))
    try:
        return [batch for batch, _ in zip(stream, range(count), strict=False)]
    finally:
        stream.close()


def flat(color):
    return palette_of(Image.new("RGB", (20, 20), color))


def origins(picture, palette, work):
    """The possible origins of the palette of a page of one colour."""
    own = tuple(np.round((picture[0, 0] + 1) * 127.5).astype(int))
    others = [flat(color) for color in COLORS[work] if color != own]
    some = [merge_palettes(others[:1]), merge_palettes(others[1:]), merge_palettes(others)]
    ways = {"none": np.zeros(BINS), "own": flat(own)} | {f"others {n}": one for n, one in enumerate(some)}
    return [way for way, expected in ways.items() if np.allclose(palette, expected, atol=1e-5)]


def test_shares_are_kept_and_palettes_belong_to_the_page_that_is_shown(archive):
    counts = Counter()
    for batch in drawn(DATA, archive, 100):
        assert batch["palette"].shape == (4, BINS) and batch["palette"].dtype == np.float32
        for picture, palette in zip(batch["target"], batch["palette"], strict=True):
            if (picture[0, 0, 0] > picture[0, 0, 2]).all():
                (way,) = origins(picture, palette, "red")
                counts[way.partition(" ")[0]] += 1
    total = sum(counts.values())
    assert total > 150 and all(
        abs(counts[way] / total - share) < 0.12 for way, share in {"own": 0.3, "others": 0.5, "none": 0.2}.items()
    )


def test_a_page_in_evaluation_has_the_palette_of_all_others_of_its_work(archive):
    found = drawn(replace(DATA, batch_size=1), archive, 9, split="validation", augment=False)
    assert len(found) == 3
    for batch in found:
        assert origins(batch["target"][0], batch["palette"][0], "green") == ["others 2"]


def test_the_only_page_of_a_work_has_its_own_palette(archive):
    only = replace(DATA, palettes=PagePalettes(own=0.0, others=1.0, recolored=0.0))
    shown = [
        (picture, palette)
        for batch in drawn(only, archive, 20)
        for picture, palette in zip(batch["target"], batch["palette"], strict=True)
        if picture[0, 0, 2] > picture[0, 0, 0]
    ]
    assert shown and all(np.allclose(palette, flat(COLORS["blue"][0])) for _, palette in shown)


def test_pictures_do_not_depend_on_palettes_and_batches_not_on_the_start(archive):
    bare = replace(DATA, palettes=Data().palettes)
    with_palettes, without = drawn(DATA, archive, 6), drawn(bare, archive, 6)
    later = drawn(DATA, archive, 3, start=3)
    for one, other in zip(with_palettes, without, strict=True):
        assert "palette" not in other and all(np.array_equal(one[name], other[name]) for name in other)
    for one, other in zip(with_palettes[3:], later, strict=True):
        assert all(np.array_equal(one[name], other[name]) for name in one)


def test_a_recolored_page_has_the_palette_of_its_new_colors_and_keeps_its_lightness(archive):
    recolored, usual = (
        drawn(replace(DATA, palettes=PagePalettes(own=1.0, others=0.0, recolored=share)), archive, 20)
        for share in (1.0, 0.0)
    )
    count = 0
    for one, other in zip(recolored, usual, strict=True):
        np.testing.assert_array_equal(one["input"], other["input"])
        for picture, palette, before in zip(one["target"], one["palette"], other["target"], strict=True):
            lab, lab_before = (srgb_to_lab((colors[0, 0] + 1) / 2) for colors in (picture, before))
            inside = all(np.abs(colors[1:]).max() < 60 for colors in (lab, lab_before))
            if inside and np.abs(picture).max() < 0.999:  # sRGB and palettes have both colors
                np.testing.assert_allclose(palette @ bin_colors(), lab, atol=1.5)
                assert abs(lab[0] - lab_before[0]) < 0.5
                count += 1
    assert count > 10
    moved = [np.abs(one["target"] - other["target"]).max() for one, other in zip(recolored, usual, strict=True)]
    assert min(moved) > 0.02


def test_some_pages_keep_their_colors_and_those_without_a_palette_all_do(archive):
    half = replace(DATA, palettes=PagePalettes(own=0.4, others=0.0, recolored=0.5))
    usual = replace(DATA, palettes=PagePalettes(own=0.4, others=0.0, recolored=0.0))
    moved = Counter()
    for one, other in zip(drawn(half, archive, 40), drawn(usual, archive, 40), strict=True):
        for picture, before, palette in zip(one["target"], other["target"], one["palette"], strict=True):
            moved[bool(palette.any()), bool((picture != before).any())] += 1
    assert not moved[False, True] and 0.3 < moved[True, True] / (moved[True, True] + moved[True, False]) < 0.7


@pytest.mark.parametrize("shares", [(-0.1, 0.5), (0.7, 0.4), (0.4, 0.4, 1.5)])
def test_invalid_shares_are_refused(shares):
    with pytest.raises(ValueError, match="0 to 1"):
        PagePalettes(*shares).check()


def test_the_mean_of_all_pages_is_merged_in_as_one_page_where_unsure():
    palettes = np.eye(4, BINS, dtype=np.float32)
    of = PaletteTable(palettes, ("a", "a", "a", "b"), {"a": np.arange(3), "b": np.array([3])})
    shares, rng = PagePalettes(own=0.0, others=1.0, unsure=1.0), np.random.default_rng(0)
    found = {tuple(of.sample(0, shares, rng)["palette"][:4].round(4)) for _ in range(40)}
    mean, one, other = palettes.mean(0), palettes[1], palettes[2]
    expected = [mean, (mean + one) / 2, (mean + other) / 2, (mean + one + other) / 3]
    assert found == {tuple(palette[:4].round(4)) for palette in expected}
