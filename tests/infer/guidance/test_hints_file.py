import json
import time

import numpy as np
import pytest

from mangagan.color import srgb_to_lab
from mangagan.infer.guidance.hint_maps import hint_maps
from mangagan.infer.guidance.hints_file import Hint, PageHints, parse_hints
from mangagan.infer.guidance.json_text import MAX_TEXT_BYTES, read_json_text

FULL = {
    "version": 1,
    "size": [400, 600],
    "points": [{"at": [100, 200], "color": "#d8453e"}],
    "strokes": [{"path": [[20, 20], [380, 20]], "color": "#4a7fc9", "width": 12}],
    "regions": [{"outline": [[200, 300], [390, 300], [390, 590], [200, 590]], "color": "#f3c94b"}],
}


def parsed(**changes):
    return parse_hints(json.dumps(FULL | changes))


def ab_of(color):
    return srgb_to_lab(np.array(color, np.float32) / 255)[1:] / 110


def test_hints_come_out_where_they_are_at_the_working_size():
    ab, mask = hint_maps(parsed(), 300, 200)
    assert ab.shape == (300, 200, 2) and mask.shape == (300, 200, 1)
    assert ab.dtype == mask.dtype == np.float32
    assert set(np.unique(mask)) == {0, 1} and not ab[mask[..., 0] == 0].any()
    np.testing.assert_allclose(ab[100, 50], ab_of((0xD8, 0x45, 0x3E)), atol=1e-6)
    assert mask[95:106, 45:56].sum() == 25
    np.testing.assert_allclose(ab[10, 100], ab_of((0x4A, 0x7F, 0xC9)), atol=1e-6)
    assert 5 <= mask[:30, 100].sum() <= 7
    inside, outside = mask[152:293, 102:193], mask[120:146, 100:]
    assert inside.sum() >= 25 * 10 and inside.mean() < 0.2 and not outside.any()


def test_a_region_too_narrow_for_squares_still_shows():
    thin = [{"outline": [[10, 10], [14, 10], [14, 300], [10, 300]], "color": "#00ff00"}]
    _, mask = hint_maps(parsed(points=[], strokes=[], regions=thin), 300, 200)
    assert 1 <= mask.sum() <= 25 and not mask[:, 10:].any()


def test_the_later_hint_counts():
    two = [{"at": [50, 50], "color": "#ff0000"}, {"at": [50, 50], "color": "#0000ff"}]
    ab, _ = hint_maps(parsed(points=two, strokes=[], regions=[]), 600, 400)
    np.testing.assert_allclose(ab[50, 50], ab_of((0, 0, 255)), atol=1e-6)


def test_a_point_at_the_rim_shows_in_part():
    _, mask = hint_maps(parsed(points=[{"at": [0, 599], "color": "#ff0000"}], strokes=[], regions=[]), 600, 400)
    assert mask.sum() == 9


def test_a_file_holds_hints_in_page_pixels():
    text = '{"version": 1, "size": [50, 60], "strokes": [{"path": [[1, 2], [3, 4.5]], "color": "#4A7fc9", "width": 9}],'
    text += ' "points": [{"at": [0, 59], "color": "#ff0001"}]}'
    point = Hint("point", ((0.0, 59.0),), (255, 0, 1))
    stroke = Hint("stroke", ((1.0, 2.0), (3.0, 4.5)), (0x4A, 0x7F, 0xC9), 9.0)
    assert parse_hints(text) == PageHints(50, 60, (point, stroke))
    assert parse_hints('{"version": 1, "size": [5, 5]}') == PageHints(5, 5, ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1, column 1"),
        ('{"version": 1,}', "no valid JSON"),
        ("[]", "the file is"),
        ('{"size": [4, 4]}', "version is None"),
        ('{"version": true, "size": [4, 4]}', "version is True"),
        ('{"version": 2, "size": [4, 4]}', "reads version 1"),
        ('{"version": 1}', "size is None"),
        ('{"version": 1, "size": [0, 4]}', "size is"),
        ('{"version": 1, "size": [4.5, 4]}', "size is"),
        ('{"version": 1, "size": [4, 4], "point": []}', "has 'point'"),
        ('{"version": 1, "size": [4, 4], "points": {}}', "it is a list"),
    ],
)
def test_texts_that_are_no_hints(text, message):
    with pytest.raises(ValueError, match=message):
        parse_hints(text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"points": [7]}, r"points\[0\] is 7"),
        ({"points": [{"at": [1, 2], "color": "red"}]}, r"color of points\[0\] is 'red'"),
        ({"points": [{"at": [1, 2], "color": "#ffffff", "radius": 3}]}, r"points\[0\] has 'radius'"),
        ({"points": [{"at": [400, 2], "color": "#ffffff"}]}, r"at of points\[0\]"),
        ({"points": [{"at": [float("nan"), 2], "color": "#ffffff"}]}, r"at of points\[0\]"),
        ({"points": [{"at": ["1", 2], "color": "#ffffff"}]}, r"at of points\[0\]"),
        ({"points": [{"color": "#ffffff"}]}, r"at of points\[0\] is None"),
        ({"strokes": [{"path": [], "color": "#ffffff"}]}, r"path of strokes\[0\]"),
        ({"strokes": [{"path": [[1, 1]], "color": "#ffffff", "width": 0}]}, r"width of strokes\[0\]"),
        ({"strokes": [{"path": [[1, 1]], "color": "#ffffff", "width": float("inf")}]}, r"width of strokes\[0\]"),
        ({"regions": [{"outline": [[1, 1], [2, 2]], "color": "#ffffff"}]}, r"outline of regions\[0\]"),
    ],
)
def test_hints_that_are_wrong_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        parsed(**changes)


def test_a_stroke_of_one_place_is_a_dot():
    _, mask = hint_maps(parsed(points=[], strokes=[{"path": [[50, 60]], "color": "#ff0000"}], regions=[]), 600, 400)
    assert mask.sum() >= 1


def hints_text(**content):
    return json.dumps({"version": 1, "size": [200, 300], **content})


def test_thousands_of_small_regions_are_drawn_fast():
    rng = np.random.default_rng(0)
    corners = rng.integers(0, 180, (5000, 2)).tolist()
    regions = [{"outline": [[x, y], [x + 6, y], [x + 6, y + 6]], "color": "#d8453e"} for x, y in corners]
    start = time.process_time()
    hint_maps(parse_hints(hints_text(regions=regions)), 600, 400)
    assert time.process_time() - start < 6


def test_hints_that_cost_too_much_are_refused():
    whole = {"outline": [[0, 0], [199, 0], [199, 299], [0, 299]], "color": "#d8453e"}
    parse_hints(hints_text(regions=[whole] * 30))
    with pytest.raises(ValueError, match="together they cover 40 pages"):
        parse_hints(hints_text(regions=[whole] * 50))
    with pytest.raises(ValueError, match="there are 10001, more than the limit of 10000"):
        parse_hints(hints_text(points=[{"at": [1, 1], "color": "#d8453e"}] * 10_001))


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(list(range(50_000))),
        hints_text(size=list(range(50_000))),
        hints_text(points=[{"at": list(range(50_000)), "color": "#d8453e"}]),
        hints_text(points=[{"at": [1, 1], "color": "x" * 50_000}]),
        hints_text(points=[{"at": [1, 1], "x" * 50_000: 1}]),
        hints_text(points="x" * 50_000),
        '{"version": ' + "9" * 50_000 + "}",
        "[" * 100_000,
    ],
)
def test_errors_show_the_beginning_of_a_value(text):
    with pytest.raises(ValueError, match="hints: ") as error:
        parse_hints(text)
    assert len(str(error.value)) < 250


def test_a_file_that_nobody_has_written_by_hand_is_not_read(tmp_path):
    file = tmp_path / "page.json"
    file.write_bytes(b" " * (MAX_TEXT_BYTES + 1))
    with pytest.raises(ValueError, match=r"page\.json has 1048577 bytes, more than the limit of 1048576"):
        read_json_text(file)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"page\.json is no text in UTF-8"):
        read_json_text(file)
