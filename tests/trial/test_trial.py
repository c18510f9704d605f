"""A colouriser on trial: what is made of pages, under which palettes, and what is measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mangagan.infer.guidance.prior import prior
from mangagan.infer.network import Network, NetworkInfo
from mangagan.palette import merge_palettes, palette_of
from mangagan.trial.characters import check_boxes, color_deviation, read_characters
from mangagan.trial.palette_modes import TrialPages, mode_palettes, split_covers
from mangagan.trial.paper_areas import mean_difference, measure_areas
from mangagan.trial.predict_pages import Condition, predict_pages, true_hints
from mangagan.trial.trial_pages import keep_picture, make_input
from mangagan.trial.trial_result import Trial, table

CHARACTERS = Path(__file__).parents[2] / "experiments" / "peppercarrot_characters.json"
WORKS = {"A1": "A", "A2": "A", "A3": "A", "B1": "B"}
COLORS = {"A1": (200, 60, 50), "A2": (60, 80, 180), "A3": (70, 160, 80), "B1": (180, 160, 60)}


def a_page(color):
    """A coloured square on white paper, with a black line."""
    page = np.full((96, 64, 3), 255, np.uint8)
    page[16:80, 8:56] = color
    page[40:42] = 0
    return page


TRUTH = {name: a_page(color) for name, color in COLORS.items()}
GRAY = {name: make_input(page, "gray", name) for name, page in TRUTH.items()}
PAGES = TrialPages(TRUTH, {}, WORKS)


def own(name):
    return palette_of(Image.fromarray(TRUTH[name]))


def a_network(seen=None):
    """Paints the mean colour of the palette everywhere but on white; notes what it is given."""

    def network_paint(maps):
        if seen is not None:
            seen.append(maps)
        tint = maps["palette"].sum(axis=1)[:, None, None, None] * np.array([0.3, 0.0, -0.3], np.float32)
        return np.clip(maps["input"] + (maps["input"] < 0.9) * tint, -1, 1)

    facts = NetworkInfo("RGB", "luminance", 4, 1.0, hints=True, instances=False, palette=True, digest="")
    return Network(facts, network_paint)


def test_inputs_are_grey_or_drawn_and_always_the_same():
    gray = make_input(TRUTH["A1"], "gray", "A1")
    np.testing.assert_array_equal(gray[..., 0], np.asarray(Image.fromarray(TRUTH["A1"]).convert("L")))
    drawn = make_input(TRUTH["A1"], "toned", "A1")
    assert drawn.shape == gray.shape and (drawn[..., 0] == drawn[..., 2]).all()
    np.testing.assert_array_equal(drawn, make_input(TRUTH["A1"], "toned", "A1"))
    assert (drawn != make_input(TRUTH["A1"], "toned", "another")).any() and (drawn != gray).any()


def test_what_is_there_is_kept(tmp_path):
    made = []
    for _ in range(2):
        found = keep_picture(tmp_path / "deep", "A1", lambda: made.append(1) or TRUTH["A1"])
        np.testing.assert_array_equal(found, TRUTH["A1"])
    assert made == [1]


@pytest.mark.parametrize(
    ("way", "name", "of"),
    [
        ("own", "A1", ["A1"]),
        ("others", "A1", ["A2", "A3"]),
        ("others", "B1", ["B1"]),
        ("work", "A2", ["A1", "A2", "A3"]),
        ("none", "A1", []),
    ],
)
def test_palettes_of_each_way(way, name, of):
    expected = merge_palettes([own(page) for page in of])
    np.testing.assert_allclose(mode_palettes(way, PAGES, GRAY)[name], expected, atol=1e-6)


def test_auto_knows_the_cover_in_color_and_prior_does_not():
    pages = split_covers({"A": TRUTH["A3"], "A1": TRUTH["A1"], "B1": TRUTH["B1"]}, {"A": "A", "A1": "A", "B1": "B"})
    assert set(pages.truth) == {"A1", "B1"} and set(pages.covers) == {"A"}
    gray = {name: GRAY[name] for name in pages.truth}
    auto, unknown = (mode_palettes(way, pages, gray) for way in ("auto", "prior"))
    np.testing.assert_allclose(auto["A1"], merge_palettes([own("A3"), prior()[0]]), atol=1e-6)
    for palette in (auto["B1"], unknown["A1"], unknown["B1"]):
        np.testing.assert_allclose(palette, merge_palettes(prior()), atol=1e-6)


def test_where_all_are_covers_all_are_judged():
    assert set(split_covers({"cover 1": TRUTH["A1"]}, {"cover 1": "A"}).truth) == {"cover 1"}


def test_hints_show_true_colors():
    noise = np.random.default_rng(0).integers(0, 256, (40, 30, 3)).astype(np.uint8)
    page = np.asarray(Image.fromarray(noise).resize((900, 1200), 0))
    hints = true_hints(page, 10, "A1")
    assert (hints.width, hints.height, len(hints.hints)) == (900, 1200, 10) and hints == true_hints(page, 10, "A1")
    inner = 0
    for hint in hints.hints:
        ((x, y),) = hint.places
        around = page[int(y) - 3 : int(y) + 4, int(x) - 3 : int(x) + 4].reshape(-1, 3)
        if len(around) == 49 and not np.ptp(around, axis=0).any():
            inner += 1
            assert hint.color == tuple(around[0])
    assert inner > 3


def test_areas_by_hand():
    truth = np.full((4, 4, 3), 255, np.uint8)
    truth[2:] = (200, 60, 50)
    picture = truth.copy()
    picture[0] = (255, 240, 220)
    picture[2:] = np.round(truth[2:].mean(-1, keepdims=True))
    found = measure_areas([(picture, truth)])
    assert 5 < found.paper < 9 and found.filled < 0.01 < 60 < found.filled_truth
    same = measure_areas([(truth, truth), (picture, truth)])
    assert same.paper == pytest.approx(found.paper / 2, abs=0.01)
    assert same.filled == pytest.approx(found.filled_truth / 2, abs=0.01)
    assert np.isnan(measure_areas([(truth[2:], truth[2:])]).paper)
    assert mean_difference([(truth, truth), (truth, truth)]) == 0 < mean_difference([(picture, truth)])


def test_a_spread_is_that_of_mean_colors_over_pages():
    boxes = {"hair": [(8, 16, 56, 40)], "hat": [(8, 44, 20, 60), (30, 44, 50, 60)]}
    characters = dict.fromkeys(TRUTH, boxes) | {"A3": {"hat": boxes["hat"]}}
    assert color_deviation(characters, GRAY, WORKS) < 0.01
    two = {name: a_page((200, 60, 50) if name == "A1" else (128, 128, 128)) for name in TRUTH}
    red = np.linalg.norm(measure_areas([(two["A1"][16:40], two["A1"][16:40])])[2])
    # Hair: red and grey, half of their distance from the mean; hat: red, grey and grey.
    expected = np.mean([0.5, np.sqrt(2) / 3])
    measured = color_deviation({n: characters[n] for n in ("A1", "A2", "A3")}, two, WORKS)
    assert measured == pytest.approx(expected * red, rel=0.05)
    assert np.isnan(color_deviation(characters, {"B1": two["B1"]}, WORKS))


def test_characters_that_ship_can_be_read_and_broken_files_are_named(tmp_path):
    found = read_characters(CHARACTERS)
    assert len(found) > 20 and {"pepper hair", "carrot fur"} <= {part for page in found.values() for part in page}
    for text in ("{", "[1]", '{"A": [1]}', '{"A": {"hair": [[5, 5, 2, 9]]}}', '{"A": {"hair": [[1, 2]]}}'):
        (tmp_path / "wrong.json").write_text(text)
        with pytest.raises(ValueError, match=r"wrong.json: .*left, top, right, bottom"):
            read_characters(tmp_path / "wrong.json")


def test_pages_are_painted_under_their_palettes_with_hints_at_a_size(tmp_path):
    seen = []
    given = {name: own(name) for name in TRUTH}
    found = predict_pages(a_network(seen), Condition("gray", "own", 32, 4), GRAY, TRUTH, given, tmp_path)
    assert [maps["input"].shape[1:3] for maps in seen] == [(192, 128)] * 4  # 48 x 32 on its canvas
    for name, maps in zip(TRUTH, seen, strict=True):
        np.testing.assert_array_equal(maps["palette"][0], given[name])
        assert maps["hint_mask"].any() and found[name].shape == TRUTH[name].shape
    again = predict_pages(a_network(), Condition("gray", "own", 32, 4), GRAY, TRUTH, given, tmp_path)
    assert all((again[name] == found[name]).all() for name in TRUTH)
    assert {file.name for file in (tmp_path / "gray-own-32-4-hints").iterdir()} == {f"{name}.png" for name in TRUTH}


def test_a_trial_judges_the_bare_pages_and_the_painted_ones(tmp_path):
    for name, page in TRUTH.items():
        keep_picture(tmp_path / "truth", name, lambda page=page: page)
    trial = Trial(a_network(), PAGES, tmp_path, perceptual=False)
    bare, painted = trial.bare("gray"), trial.metrics(Condition("gray", "own"))
    assert bare["colorfulness"] < 0.01 < painted["colorfulness"] and bare["filled"] < 0.01 < painted["filled"]
    assert bare["paper"] < 0.5 and bare["ciede2000"][0] > 5 and bare["ciede2000"][0] != painted["ciede2000"][0]
    same = trial.metrics(Condition("gray", "none"))
    np.testing.assert_allclose(same["ciede2000"][0], bare["ciede2000"][0], atol=0.3)
    assert 0 <= trial.between_sizes("gray", "own", (32, 48)) < 5
    at = trial.at_sizes("gray", "own", (32, 48))
    assert list(at) == ["32", "48"] and all(0 < value < 2 * painted["ciede2000"][0] for value in at.values())
    text = table("gray", {"bare": bare, "own": painted})
    assert "| CIEDE2000 ↓ |" in text and f"{bare['ciede2000'][0]:.2f} [" in text and "VFD" not in text
    assert json.dumps(painted)


def test_boxes_beyond_their_page_and_of_no_page_are_refused():
    page = np.zeros((20, 30, 3), np.uint8)
    check_boxes({"a": {"hat": [(0, 0, 30, 20)]}}, {"a": page, "b": page})
    with pytest.raises(ValueError, match="a is 30 x 20: hat cannot be in"):
        check_boxes({"a": {"hat": [(0, 0, 31, 20)]}}, {"a": page})
    with pytest.raises(ValueError, match="characters are on c"):
        check_boxes({"c": {"hat": [(0, 0, 3, 2)]}}, {"a": page})
