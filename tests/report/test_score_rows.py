"""Tables print the summaries, mark the best and count what a run took."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mangagan.evaluate.statistics.summary import Summary, summarize
from mangagan.report.costs import cost_rows, setting_rows
from mangagan.report.evaluated_runs import Run, open_runs
from mangagan.report.score_rows import score_rows, scored


def summary(mean, half=1.0):
    return Summary(mean, 0.5, mean - half, mean + half, 4, 2)


def test_scores_are_the_summaries_and_the_figures_of_the_whole_set(made_run):
    (run,) = open_runs([made_run("a", whole={"gray": {"vfd": 12.5}})])
    found = scored(run, "gray")
    assert found["psnr"] == summarize(run.result.scores("gray").works("psnr"))
    assert found["vfd"] == Summary(12.5, None, None, None, 16, 8)


def test_the_best_is_the_best_of_what_is_printed():
    rows = score_rows(
        {
            "a": {"psnr": summary(20.001), "ciede2000": summary(9.0), "colorfulness": summary(5.0)},
            "b": {"psnr": summary(20.003), "ciede2000": summary(8.0), "colorfulness": summary(9.0)},
            "c": {"psnr": summary(19.0), "mine": summary(1.0)},
        }
    )
    assert [row.figure.title for row in rows] == ["PSNR (RGB), dB", "CIEDE2000", "colourfulness (signed)", "mine"]
    assert [[score and score.best for score in row.scores] for row in rows] == [
        [True, True, False],
        [False, True, None],
        [False, False, None],
        [None, None, False],
    ]
    first = rows[1].scores[1]
    assert (first.mean, first.deviation, first.interval) == ("8.00", "± 0.50", "[7.00, 9.00]")


def test_a_run_alone_is_not_the_best():
    ((row),) = score_rows({"a": {"psnr": summary(20)}})
    assert not row.scores[0].best


def test_places_are_on_the_scale_of_the_row():
    one, other = score_rows({"a": {"psnr": summary(21)}, "b": {"psnr": summary(23)}})[0].scores
    assert one.places == pytest.approx((0.25, 0, 0.5)) and other.places == pytest.approx((0.75, 0.5, 1))
    (alone,) = score_rows({"a": {"psnr": Summary(20, None, None, None, 1, 1)}})[0].scores
    assert alone.places == (0.5,) and alone.interval == alone.deviation == ""


def test_costs_are_read_from_result_settings_and_lines(made_run):
    (run,) = open_runs([made_run("a")])
    costs = {title: cells[0] for title, cells in cost_rows([run])}
    assert costs == {
        "generator": "UNet",
        "its parameters": "1.23 million",
        "time a page, evaluated": "250 ms",
        "peak memory, evaluated": "768 MiB",
        "training throughput (median)": "20.0 pictures/s",
        "training time": "60 s",
        "steps": "300",
        "pictures seen": "1,200 in batches of 4",
        "side of a picture": "96 px, of windows of 640 px",
        "device": "cpu",
        "jax": "0.10.2",
    }
    peer = Run("peer", run.file, replace(run.result, cost={}))
    assert cost_rows([peer]) == []
    assert dict(cost_rows([run, peer]))["steps"] == ["300", "–"]


def test_settings_that_differ_are_listed(made_run):
    runs = open_runs([made_run("a", seed=1), made_run("b", seed=2)])
    assert setting_rows(runs) == [("train.seed", ["1", "2"])]
    assert setting_rows([*runs, Run("peer", runs[0].file, runs[0].result)]) == [("train.seed", ["1", "2", "–"])]
    assert setting_rows(runs[:1]) == []
