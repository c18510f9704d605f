"""What is said of runs follows from the tests, and says when tests cannot say anything."""

from __future__ import annotations

import numpy as np
import pytest

from mangagan.evaluate.statistics.significance import compare
from mangagan.evaluate.statistics.sums import Scores
from mangagan.report.significance_text import all_differences, by_pair, headline_said, pair_said
from mangagan.report.text import as_markdown


def scores(works, figures, seed=0):
    """Works with three pages each; each figure is noise all runs share, an offset of the run, and noise of its own."""
    made, shared = Scores(), np.random.default_rng(7).normal(size=(works, 3))
    own = np.random.default_rng(seed)
    for name, offset in figures.items():
        for work in range(works):
            values = shared[work] + offset + 0.01 * own.normal(size=3)
            for value in values:
                made.add(name, f"w{work}", value)
    return made


RUNS = {
    "good": scores(10, {"ciede2000": 10, "psnr": 20, "colorfulness": 30}, 1),
    "bad": scores(10, {"ciede2000": 12, "psnr": 20, "colorfulness": 9}, 2),
    "ugly": scores(10, {"ciede2000": 12, "psnr": 24, "colorfulness": 8}, 3),
}


def test_each_pair_is_tested_in_each_figure_of_which_one_way_is_better():
    found = all_differences(RUNS)
    assert [(of.figure, of.one, of.other) for of in found] == [
        (figure, *pair)
        for pair in (("good", "bad"), ("good", "ugly"), ("bad", "ugly"))
        for figure in ("psnr", "ciede2000")
    ]
    by_name = {(of.figure, of.one, of.other): of for of in found}
    one = by_name["ciede2000", "good", "bad"]
    assert one.found == compare([RUNS["good"].works("ciede2000")], [RUNS["bad"].works("ciede2000")])
    assert one.p == pytest.approx(2 * one.found.p) and one.holds and one.better == "good"
    assert by_name["psnr", "good", "ugly"].better == "ugly" and not by_name["psnr", "good", "bad"].holds


def test_what_holds_is_said_and_by_how_much():
    good_bad, good_ugly, bad_ugly = map(as_markdown, map(pair_said, by_pair(all_differences(RUNS))))
    assert good_bad.startswith("**good** is better than **bad** in CIEDE2000 (by 2.0") and "p below 0.001)." in good_bad
    assert good_bad.endswith("No difference holds in PSNR (RGB).")
    assert "**good** is better than **ugly** in CIEDE2000" in good_ugly
    assert "**ugly** is better than **good** in PSNR (RGB) (by 4.0" in good_ugly
    assert "No difference" not in good_ugly
    assert bad_ugly.startswith("**ugly** is better than **bad** in PSNR (RGB)")


def test_the_interval_of_a_loss_is_turned_the_right_way():
    said = pair_said(all_differences({"bad": RUNS["bad"], "good": RUNS["good"]}))
    low, high = said.partition("[")[2].partition("]")[0].split(", ")
    assert 1.9 < float(low) < float(high) < 2.1


def test_where_nothing_holds_the_smallest_p_is_said():
    twins = {"a": scores(1, {"ciede2000": 1}), "b": scores(1, {"ciede2000": 3})}
    (said,) = map(pair_said, by_pair(all_differences(twins)))
    assert as_markdown(said) == "Between **a** and **b** no difference holds: the smallest p is 1.00, in CIEDE2000."


def test_runs_that_are_equal_are_not_told_apart():
    (found,) = all_differences({"a": RUNS["good"], "b": RUNS["good"]})[:1]
    assert found.better == "" and found.p == 1 and not found.holds


def test_a_figure_that_only_one_run_has_is_not_tested():
    assert not all_differences({"a": scores(4, {"psnr": 1}), "b": scores(4, {"ssim": 1})})


def test_the_headline_names_the_best_and_whom_it_beats():
    found, means = all_differences(RUNS), {"good": 10.0, "bad": 12.0, "ugly": 12.0}
    assert as_markdown(headline_said("ciede2000", means, found)) == (
        "Best by CIEDE2000 is **good** with 10.00. Its lead holds against all others."
    )
    few = {name: scores(1, {"psnr": place}, place) for place, name in enumerate(("a", "b", "c"))}
    assert as_markdown(headline_said("psnr", {"a": 0.0, "b": 1.0, "c": 2.0}, all_differences(few))) == (
        "Best by PSNR (RGB) is **c** with 2.00. Its lead over **a** and **b** could be chance."
    )
