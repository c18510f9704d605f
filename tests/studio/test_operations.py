"""Operations from JSON and back, and all that is refused."""

import pytest

from mangagan.studio.operations import MOST_PLACES, parse_operation, to_json

GOOD = [
    {"kind": "point", "at": [3.0, 4.5], "color": "#ff0000"},
    {"kind": "flood", "at": [3.0, 4.5], "color": "#ff0000"},
    {"kind": "stroke", "path": [[1.0, 1.0], [2.0, 2.0]], "color": "#00ff00", "width": 7.0},
    {"kind": "region", "outline": [[1.0, 1.0], [9.0, 1.0], [9.0, 9.0]], "color": "#00ff00"},
    {"kind": "mask", "shape": "stroke", "path": [[1.0, 1.0]], "width": 9.0, "erase": True},
    {"kind": "white", "shape": "polygon", "outline": [[1.0, 1.0], [9.0, 1.0], [9.0, 9.0]], "erase": False},
    {"kind": "mask", "shape": "clear"},
    {"kind": "mask", "shape": "invert"},
    {"kind": "mask", "shape": "grow", "by": -3},
    {"kind": "restore", "path": [[1.0, 1.0], [5.0, 5.0]], "width": 20.0, "softness": 0.5},
]


@pytest.mark.parametrize("value", GOOD, ids=lambda value: f"{value['kind']} {value.get('shape', '')}")
def test_operations_come_back_as_they_were(value):
    assert to_json(parse_operation(value, 100, 80)) == value


def test_places_off_the_page_are_at_its_rim():
    found = parse_operation({"kind": "stroke", "path": [[-5, 40], [120, 90]], "color": "#00ff00", "width": 2}, 100, 80)
    assert found.places == ((0.0, 40.0), (99.0, 79.0))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "a JSON object"),
        ([], "a JSON object"),
        ({"kind": "delete"}, "the kind of an operation is one of"),
        ({"kind": "point", "at": [1, 2]}, "a color is written"),
        ({"kind": "point", "at": [1, 2], "color": "red"}, "a color is written"),
        ({"kind": "point", "at": [1, float("nan")], "color": "#ff0000"}, "places"),
        ({"kind": "point", "at": [1, True], "color": "#ff0000"}, "places"),
        ({"kind": "point", "at": "here", "color": "#ff0000"}, "places"),
        ({"kind": "point", "at": [1, 2], "color": "#ff0000", "path": []}, "has no path"),
        ({"kind": "stroke", "path": [], "color": "#ff0000"}, "a list of 1 to"),
        ({"kind": "stroke", "path": [[1, 1]] * (MOST_PLACES + 1), "color": "#ff0000"}, "a list of 1 to"),
        ({"kind": "stroke", "path": [[1, 1]], "color": "#ff0000", "width": 1e9}, "width is a number"),
        ({"kind": "region", "outline": [[1, 1], [2, 2]], "color": "#ff0000"}, "a list of 3 to"),
        ({"kind": "mask", "shape": "star"}, "the shape of a mask"),
        ({"kind": "mask", "shape": "grow", "by": 10**9}, "by is a number"),
        ({"kind": "mask", "shape": "stroke", "path": [[1, 1]], "erase": "yes"}, "erase is true or false"),
    ],
)
def test_other_objects_are_refused_with_a_reason(value, reason):
    with pytest.raises(ValueError, match=reason):
        parse_operation(value, 100, 80)
