"""Palettes that people make: a few colours in JSON, or a picture."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from mangagan.infer.guidance.palette_file import parse_palette, read_palette
from mangagan.palette import named_palette, palette_of

RED, SKIN, BLUE = (216, 69, 62), (244, 215, 184), (59, 74, 107)
COLORS = [{"color": "#d8453e", "share": 0.5}, {"color": "#F4D7B8"}, {"color": "#3b4a6b"}]


def parsed(**changes):
    return parse_palette(json.dumps({"version": 1, "colors": COLORS} | changes))


def test_colors_without_a_share_divide_what_is_left():
    np.testing.assert_array_equal(parsed(), named_palette([(RED, 0.5), (SKIN, 0.25), (BLUE, 0.25)]))
    alike = parsed(colors=[{"color": color["color"]} for color in COLORS])
    np.testing.assert_allclose(alike, named_palette([(RED, 1), (SKIN, 1), (BLUE, 1)]), atol=1e-6)
    few = parsed(colors=[{"color": "#d8453e", "share": 0.1}, {"color": "#3b4a6b", "share": 0.3}])
    np.testing.assert_allclose(few, named_palette([(RED, 1), (BLUE, 3)]), atol=1e-6)


def test_a_file_may_begin_with_the_mark_of_its_encoding(tmp_path):
    file = tmp_path / "mood.JSON"
    file.write_text(json.dumps({"version": 1, "colors": COLORS}), "utf-8-sig")
    np.testing.assert_array_equal(read_palette(file), parsed())


def test_tenths_that_add_up_to_one_are_not_more_than_one():
    assert parsed(colors=[{"color": f"#{n}08040", "share": 0.1} for n in range(10)]).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "version is 2; this program reads version 1"),
        ({"version": True}, "version is True"),
        ({"size": [1, 2]}, "the file has 'size'; known are colors, version"),
        ({"colors": []}, "it has no colors; give a list"),
        ({"colors": {}}, "colors is {}; it is a list"),
        ({"colors": ["#d8453e"]}, r"colors\[0\] is '#d8453e'; it is an object with color, share"),
        ({"colors": [COLORS[0], {"share": 0.1}]}, r"color of colors\[1\] is None; write it as '#d8453e'"),
        ({"colors": [{"color": "red"}]}, r"color of colors\[0\] is 'red'"),
        ({"colors": [{"color": "#d8453e", "name": "hat"}]}, r"colors\[0\] has 'name'; known are color, share"),
        ({"colors": [{"color": "#d8453e", "share": 30}]}, r"share of colors\[0\] is 30; it is a number above 0"),
        ({"colors": [{"color": "#d8453e", "share": 0}]}, "is 0; it is a number above 0"),
        ({"colors": [{"color": "#d8453e", "share": True}]}, "is True; it is a number above 0"),
        ({"colors": [{"color": "#d8453e", "share": float("nan")}]}, "is nan; it is a number above 0"),
        ({"colors": [{"color": "#d8453e", "share": 0.6}] * 2}, "the shares add up to 1.2, of 1 at most$"),
        ({"colors": [{"color": "#d8453e", "share": 1}, COLORS[1]]}, "and 1 colors without one are to have the rest"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(changes, message):
    with pytest.raises(ValueError, match=f"^palette: .*{message}"):
        parsed(**changes)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "no valid JSON at line 1, column 2"),
        (b"", "no valid JSON at line 1, column 1"),
        (b"[1]", r"the file is \[1\]; it is an object"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\x89PNG\xff", "can't decode byte"),
        (None, "there is no file .*; a palette is a picture in colour or a JSON file"),
    ],
)
def test_a_file_that_is_no_palette_is_named(tmp_path, content, message):
    file = tmp_path / "mood.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        read_palette(file)
    assert str(file) in str(error.value)


def test_a_picture_in_color_is_one_and_others_are_refused(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 5, 3)).astype(np.uint8)
    picture = Image.fromarray(pixels).resize((50, 60), Image.Resampling.NEAREST)
    picture.save(tmp_path / "cover.PNG")
    np.testing.assert_array_equal(read_palette(tmp_path / "cover.PNG"), palette_of(picture))
    picture.convert("L").save(tmp_path / "gray.png")
    picture.convert("L").convert("RGB").save(tmp_path / "gray.jpg")
    Image.new("RGB", (60, 60), "white").save(tmp_path / "blank.png")
    for name in ("gray.png", "gray.jpg", "blank.png"):
        with pytest.raises(ValueError, match=f"{name}: the picture is in black and white"):
            read_palette(tmp_path / name)
    (tmp_path / "broken.png").write_bytes((tmp_path / "cover.PNG").read_bytes()[:90])
    (tmp_path / "empty.png").write_bytes(b"")
    for name, message in (("broken.png", "cannot be decoded"), ("empty.png", "the file is empty")):
        with pytest.raises(ValueError, match=f"{name}: {message}"):
            read_palette(tmp_path / name)
