"""Masks, restored places and hints, against pictures by hand."""

import json

import numpy as np

from mangagan.infer.guidance.hints_file import parse_hints
from mangagan.studio.operations import parse_operation
from mangagan.studio.rasters import hints_json, mask_of, restored_share

HEIGHT, WIDTH = 60, 80


def operations(*values):
    return [parse_operation(value, WIDTH, HEIGHT) for value in values]


def square(left, top, right, bottom):
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def mask(*values, kind="mask"):
    return mask_of(operations(*({"kind": "mask"} | value for value in values)), kind, HEIGHT, WIDTH)


def test_masks_are_drawn_erased_inverted_and_grown():
    outline = {"shape": "polygon", "outline": square(10, 10, 19, 29)}
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[10:30, 10:20] = True
    np.testing.assert_array_equal(mask(outline), expected)
    np.testing.assert_array_equal(mask(outline, {"shape": "invert"}), ~expected)
    assert not mask(outline, {"shape": "clear"}).any()
    erased = mask(outline, {"shape": "polygon", "outline": square(0, 0, 79, 19), "erase": True})
    expected[:20] = False
    np.testing.assert_array_equal(erased, expected)
    grown = mask(outline, {"shape": "grow", "by": 3})
    rows, columns = np.indices((HEIGHT, WIDTH))
    across, down = np.maximum(10 - columns, columns - 19), np.maximum(10 - rows, rows - 29)
    distance = np.hypot(np.maximum(0, across), np.maximum(0, down))
    np.testing.assert_array_equal(grown, distance <= 3)
    assert mask(outline, {"shape": "grow", "by": -4}).sum() == (20 - 8) * (10 - 8)


def test_a_stroke_is_as_wide_as_it_says():
    drawn = mask({"shape": "stroke", "path": [[10, 30], [70, 30]], "width": 9})
    assert drawn[:, 40].sum() == 9 and drawn[30, 6:75].all() and not drawn[30, :4].any()
    dot = mask({"shape": "stroke", "path": [[40, 30]], "width": 11})
    assert 85 <= dot.sum() <= 105


def test_the_original_is_restored_along_a_stroke():
    stroke = {"kind": "restore", "path": [[20, 30], [60, 30]], "width": 20}
    hard = restored_share(operations(stroke | {"softness": 0}), HEIGHT, WIDTH)
    soft = restored_share(operations(stroke | {"softness": 1}), HEIGHT, WIDTH)
    assert set(np.unique(hard)) == {0, 1} and hard[30, 40] == 1 and hard[5, 40] == 0
    assert 0.1 < soft[20, 40] < 0.9 and soft[30, 40] > 0.9
    assert restored_share([], HEIGHT, WIDTH) is None


def test_hints_are_those_of_the_command_line():
    pixels = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    pixels[:, 38:42] = 0
    found = hints_json(
        operations(
            {"kind": "region", "outline": square(50, 5, 60, 15), "color": "#00ff00"},
            {"kind": "point", "at": [5, 6], "color": "#ff0000"},
            {"kind": "stroke", "path": [[5, 40], [20, 40]], "color": "#0000ff", "width": 4},
            {"kind": "flood", "at": [10, 10], "color": "#ffff00"},
            {"kind": "mask", "shape": "clear"},
        ),
        pixels,
    )
    hints = parse_hints(json.dumps(found))
    assert (hints.width, hints.height) == (WIDTH, HEIGHT)
    flooded = [hint.places[0] for hint in hints.hints if hint.color == (255, 255, 0)]
    # The line encloses the left side: dots are spread over it, and none lies beyond.
    assert len(flooded) > 20 and max(x for x, _ in flooded) < 38 and max(y for _, y in flooded) > 50
    assert hints_json([], pixels) is None
