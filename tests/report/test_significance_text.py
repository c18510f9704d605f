"""The sentences about runs follow from the tests, also if the tests are inconclusive."""

from __future__ import annotations

import numpy as np
import pytest

from mangagan.evaluate.statistics.significance import compare
from mangagan.evaluate.statistics.sums import Scores
from mangagan.report.significance_text import compare_all_pairs, describe_best, describe_pair, group_by_pair
from mangagan.report.text import to_markdown


def scores(works, metrics, seed=0):
    """Works of three pages; each metric is noise that all runs share, an offset of the run, and noise of its own."""
    made, shared = Scores(), np.random.default_rng(7).normal(size=(works, 3))
    own = np.random.default_rng(seed)
    for name, offset in metrics.items():
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


def test_each_pair_is_tested_in_each_metric_with_a_better_direction():
    found = compare_all_pairs(RUNS)
    assert [(of.metric, of.one, of.other) for of in found] == [
        (metric, *pair)
        for pair in (("good", "bad"), ("good", "ugly"), ("bad", "ugly"))
        for metric in ("psnr", "ciede2000")
    ]
    by_name = {(of.metric, of.one, of.other): of for of in found}
    one = by_name["ciede2000", "good", "bad"]
    assert one.comparison == compare([RUNS["good"].works("ciede2000")], [RUNS["bad"].works("ciede2000")])
    assert one.p == pytest.approx(2 * one.comparison.p) and one.significant and one.better == "good"
    assert by_name["psnr", "good", "ugly"].better == "ugly" and not by_name["psnr", "good", "bad"].significant


def test_significant_differences_are_described_with_their_size():
    good_bad, good_ugly, bad_ugly = map(to_markdown, map(describe_pair, group_by_pair(compare_all_pairs(RUNS))))
    assert good_bad.startswith("**good** is better than **bad** in CIEDE2000 (by 2.0") and "p below 0.001)." in good_bad
    assert good_bad.endswith("The difference in PSNR (RGB) is not statistically significant.")
    assert "**good** is better than **ugly** in CIEDE2000" in good_ugly
    assert "**ugly** is better than **good** in PSNR (RGB) (by 4.0" in good_ugly
    assert "not statistically significant" not in good_ugly
    assert bad_ugly.startswith("**ugly** is better than **bad** in PSNR (RGB)")


def test_the_interval_is_positive_for_the_better_run():
    sentence = describe_pair(compare_all_pairs({"bad": RUNS["bad"], "good": RUNS["good"]}))
    low, high = sentence.partition("[")[2].partition("]")[0].split(", ")
    assert 1.9 < float(low) < float(high) < 2.1


def test_without_significant_differences_the_smallest_p_is_named():
    twins = {"a": scores(1, {"ciede2000": 1}), "b": scores(1, {"ciede2000": 3})}
    (sentence,) = map(describe_pair, group_by_pair(compare_all_pairs(twins)))
    assert to_markdown(sentence) == (
        "No difference between **a** and **b** is statistically significant; the smallest p is 1.00, in CIEDE2000."
    )


def test_equal_runs_do_not_differ():
    (found,) = compare_all_pairs({"a": RUNS["good"], "b": RUNS["good"]})[:1]
    assert found.better == "" and found.p == 1 and not found.significant


def test_a_metric_that_only_one_run_has_is_not_tested():
    assert not compare_all_pairs({"a": scores(4, {"psnr": 1}), "b": scores(4, {"ssim": 1})})


def test_the_headline_names_the_best_run_and_the_runs_that_it_beats():
    found, means = compare_all_pairs(RUNS), {"good": 10.0, "bad": 12.0, "ugly": 12.0}
    assert to_markdown(describe_best("ciede2000", means, found)) == (
        "**good** has the best CIEDE2000, 10.00. Its lead over all others is statistically significant."
    )
    few = {name: scores(1, {"psnr": place}, place) for place, name in enumerate(("a", "b", "c"))}
    assert to_markdown(describe_best("psnr", {"a": 0.0, "b": 1.0, "c": 2.0}, compare_all_pairs(few))) == (
        "**c** has the best PSNR (RGB), 2.00. Its lead over **a** and **b** is not statistically significant."
    )
