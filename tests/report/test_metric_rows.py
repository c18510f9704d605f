"""The rows of the metrics table print the summaries and mark the best run."""

from __future__ import annotations

import pytest

from mangagan.evaluate.statistics.bootstrap import Summary, summarize
from mangagan.report.evaluated_runs import open_runs
from mangagan.report.metric_rows import metric_rows, summarize_run


def summary(mean, half=1.0):
    return Summary(mean, 0.5, mean - half, mean + half, 4, 2)


def test_summaries_include_the_metrics_of_the_whole_set(made_run):
    (run,) = open_runs([made_run("a", whole={"gray": {"vfd": 12.5}})])
    found = summarize_run(run, "gray")
    assert found["psnr"] == summarize(run.result.scores("gray").works("psnr"))
    assert found["vfd"] == Summary(12.5, None, None, None, 16, 8)


def test_the_best_run_is_the_best_as_printed():
    rows = metric_rows(
        {
            "a": {"psnr": summary(20.001), "ciede2000": summary(9.0), "colorfulness": summary(5.0)},
            "b": {"psnr": summary(20.003), "ciede2000": summary(8.0), "colorfulness": summary(9.0)},
            "c": {"psnr": summary(19.0), "mine": summary(1.0)},
        }
    )
    assert [row.metric.title for row in rows] == ["PSNR (RGB), dB", "CIEDE2000", "colourfulness (signed)", "mine"]
    assert [[cell and cell.best for cell in row.cells] for row in rows] == [
        [True, True, False],
        [False, True, None],
        [False, False, None],
        [None, None, False],
    ]
    first = rows[1].cells[1]
    assert (first.mean, first.deviation, first.interval) == ("8.00", "± 0.50", "[7.00, 9.00]")


def test_a_single_run_is_not_marked_as_the_best():
    ((row),) = metric_rows({"a": {"psnr": summary(20)}})
    assert not row.cells[0].best


def test_positions_are_on_the_scale_of_the_row():
    one, other = metric_rows({"a": {"psnr": summary(21)}, "b": {"psnr": summary(23)}})[0].cells
    assert one.positions == pytest.approx((0.25, 0, 0.5)) and other.positions == pytest.approx((0.75, 0.5, 1))
    (alone,) = metric_rows({"a": {"psnr": Summary(20, None, None, None, 1, 1)}})[0].cells
    assert alone.positions == (0.5,) and alone.interval == alone.deviation == ""
