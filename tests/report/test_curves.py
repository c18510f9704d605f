"""Curves show their values, however long, flat or steep they are."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from mangagan.report import svg
from mangagan.report.curves import Chart, build_charts, logged_series
from mangagan.report.evaluated_runs import open_runs


def draw(chart, names=("a", "b")):
    return ET.fromstring(svg.draw_chart(chart, names))


def points(tree, place):
    line = next(group for group in tree.iter("g") if f"run-{place}" in group.get("class").split()).find("polyline")
    return [tuple(map(float, point.split(","))) for point in line.get("points").split()]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 1, [0, 0.25, 0.5, 0.75, 1]), (10.6, 15.2, [10, 12, 14, 16]), (-3, 3000, [-1000, 0, 1000, 2000, 3000])],
)
def test_ticks_are_round_and_enclose_the_values(low, high, expected):
    assert svg.linear_ticks(low, high, 5) == expected


@pytest.mark.parametrize("value", [0, 5, -2, 1e-9, 1e12])
def test_a_single_value_has_ticks_on_both_sides(value):
    assert svg.linear_ticks(value, value, 5)[0] < value < svg.linear_ticks(value, value, 5)[-1]


def test_points_lie_where_their_values_are():
    tree = draw(Chart("CIEDE2000", {0: [(0, 10), (100, 20)], 1: [(50, 15)]}, {}))
    (x0, y0), (x1, y1) = points(tree, 0)
    assert points(tree, 1) == [(pytest.approx((x0 + x1) / 2, abs=0.1), pytest.approx((y0 + y1) / 2, abs=0.1))]
    assert x0 < x1 and y0 > y1
    levels = [float(line.get("y1")) for line in tree.iter("line")]
    assert y0 == max(levels) and y1 == min(levels)


def test_last_values_do_not_overlap():
    tree = draw(Chart("L1", {place: [(1, 1.0 + place / 1000)] for place in range(6)}, {}), "abcdef")
    ends = [text for text in tree.iter("text") if text.get("class").startswith("end")]
    heights = sorted(float(text.get("y")) for text in ends)
    assert all(after - before >= 12 for before, after in zip(heights, heights[1:], strict=False))
    assert heights[-1] < 240 - 20
    assert {text.text for text in ends} == {"1", "1.001", "1.002", "1.003", "1.004", "1.005"}


def test_a_wide_range_is_drawn_on_powers_of_ten():
    tree = draw(Chart("gan", {0: [(0, 1000), (1, 1), (2, 0.1)]}, {}))
    (_, top), (_, middle), (_, bottom) = points(tree, 0)
    assert (bottom - middle) / (bottom - top) == pytest.approx(1 / 4, abs=0.01)


def test_references_are_drawn_and_named():
    tree = draw(Chart("CIEDE2000", {0: [(1, 10), (2, 8)]}, {"input": 14.0}))
    assert "input" in {text.text for text in tree.iter("text")}
    assert [line for line in tree.iter("line") if line.get("class") == "level"]


def test_a_long_series_is_shortened_to_means():
    lines = [{"step": step, "loss/l1": step % 7} for step in range(1, 7001)]
    short = logged_series(lines, "loss/l1")
    assert len(short) <= 240 and short[-1][0] == 7000
    assert sum(value for _, value in short) / len(short) == pytest.approx(3, abs=0.02)


def test_the_last_value_is_not_averaged():
    lines = [{"step": step, "loss/l1": float(step == 1000)} for step in range(1, 1001)]
    short = logged_series(lines, "loss/l1")
    assert short[-1] == (1000, 1.0) and len(short) <= 240 and short[-2][1] == 0


def test_values_that_are_not_finite_are_left_out():
    assert logged_series([{"step": 1, "a": float("nan")}, {"step": 2, "a": 1.0}, {"step": 3}], "a") == [(2, 1.0)]


def test_there_is_a_chart_for_each_value_that_any_run_logged(made_run):
    runs = open_runs([made_run("a"), made_run("b", worse=1.0)])
    (evaluation,) = build_charts(runs, "evaluation/")
    assert evaluation.title == "CIEDE2000" and evaluation.references == {"input": 14.0}
    assert evaluation.curves[1][-1] == (300, 12.0)
    assert [chart.title for chart in build_charts(runs, "loss/")] == ["L1", "generator"]
    assert not build_charts(runs, "nothing/")


def test_a_reference_in_which_runs_differ_is_not_drawn(made_run):
    one, other = open_runs([made_run("a"), made_run("b")])
    lines = [{"step": 1, "evaluation/ciede2000": 9.0, "evaluation/ciede2000_input": 15.0}]
    assert build_charts([one, replace(other, log=lines)], "evaluation/")[0].references == {}
    assert build_charts([one, replace(other, log=lines[:0])], "evaluation/")[0].references == {"input": 14.0}


def test_a_title_is_that_of_the_metric_that_a_name_begins_with(made_run):
    names = ("psnr_ab", "psnr_10_hints", "gain", "psnr")
    (run,) = open_runs([made_run("a")])
    lines = [{"step": 1, **{f"evaluation/{name}": 1.0 for name in names}, "evaluation/l1": float("nan")}]
    titles = [chart.title for chart in build_charts([replace(run, log=lines)], "evaluation/")]
    assert titles == ["PSNR (RGB), dB", "PSNR (ab), dB", "PSNR (RGB), dB, 10 hints", "gain"]


def test_more_runs_than_colors_are_dashed():
    text = svg.draw_chart(Chart("L1", {8: [(1, 1.0), (2, 2.0)]}, {}), [f"<{place}>" for place in range(9)])
    assert 'class="curve run-0 again"' in text and re.search(r"<title>&lt;8&gt;</title>", text)
