"""Sums by work, however they were gathered; intervals and tables that say what they are said to."""

import json

import numpy as np
import pytest
from scipy import stats

from mangagan.evaluate.statistics import bootstrap as statistics
from mangagan.evaluate.statistics.bootstrap import over_seeds, summarize
from mangagan.evaluate.statistics.sums import Scores
from mangagan.evaluate.table import runs_table, summaries_as_json, summarize_metrics


def scores_of(pages, metric="psnr"):
    """Scores of {work: values}, page by page."""
    scores = Scores()
    for work, values in pages.items():
        for value in values:
            scores.add(metric, work, value)
    return scores


PAGES = {"a": [20, 21, 22], "b": [30], "c": [25, 27]}


def test_sums_are_by_work_and_exact():
    scores = scores_of(PAGES)
    works = scores.works("psnr")
    assert works.names == ("a", "b", "c") and works.count.tolist() == [3, 1, 2] and works.total.tolist() == [63, 30, 52]
    assert works.squares.tolist() == [1325, 900, 1354]


def test_what_cannot_be_counted_is_refused():
    scores = scores_of(PAGES)
    with pytest.raises(ValueError, match="psnr of a page of work 'b' is nan"):
        scores.add("psnr", "b", float("nan"))
    with pytest.raises(KeyError, match="no page has a metric 'ssim'; there are psnr"):
        scores.works("ssim")


def test_a_summary_is_over_pages_and_its_interval_over_works():
    found = summarize(scores_of(PAGES).works("psnr"))
    values = np.concatenate(list(PAGES.values()))
    assert (found.pages, found.works) == (6, 3)
    np.testing.assert_allclose([found.mean, found.deviation], [values.mean(), values.std(ddof=1)], rtol=1e-12)
    # Three works say little: the interval leaves what they have themselves.
    assert found.low < 21 and found.high > 30
    assert found == summarize(scores_of(PAGES).works("psnr"))


def test_the_interval_is_a_plain_bootstrap_and_wider():
    rng = np.random.default_rng(0)
    pages = {f"work {n}": rng.normal(n / 10, 1, rng.integers(1, 6)).astype(np.float32) for n in range(30)}
    found = summarize(scores_of(pages).works("psnr"))
    works = list(pages.values())
    draws = [np.concatenate([works[n] for n in rng.integers(0, 30, 30)]).mean() for _ in range(4000)]
    wider = (30 / 29) ** 0.5 * stats.t.ppf(0.975, 29) / stats.norm.ppf(0.975)
    expected = found.mean + wider * (np.percentile(draws, [2.5, 97.5]) - found.mean)
    np.testing.assert_allclose([found.low, found.high], expected, atol=0.03)


@pytest.mark.parametrize("works", [3, 12])
def test_the_interval_holds_the_truth_as_often_as_it_says(works, monkeypatch):
    monkeypatch.setattr(statistics, "_RESAMPLES", 1000)
    rng, held = np.random.default_rng(1), 0
    for _ in range(300):
        pages = {str(n): rng.normal(rng.normal(), 0.3, 4) for n in range(works)}
        found = summarize(scores_of(pages).works("psnr"))
        held += found.low < 0 < found.high
    assert 0.92 <= held / 300 <= 0.98


def test_one_page_and_one_work_claim_no_spread():
    one = summarize(scores_of({"a": [20]}).works("psnr"))
    assert (one.deviation, one.low, one.high) == (None, None, None)
    several = summarize(scores_of({"a": [20, 22]}).works("psnr"))
    assert several.deviation == pytest.approx(2**0.5) and several.low is None


def test_the_interval_over_seeds_is_students():
    values = [10.0, 11.5, 10.7]
    low, high = stats.t.interval(0.95, 2, np.mean(values), stats.sem(values))
    assert over_seeds(values) == pytest.approx((np.mean(values), low, high))
    assert over_seeds([4.0]) == (4.0, None, None)
    with pytest.raises(ValueError, match="no seeds"):
        over_seeds([])


def test_tables_show_means_spread_and_the_best():
    better, worse = scores_of(PAGES), scores_of({work: [v - 2 for v in values] for work, values in PAGES.items()})
    for scores in (better, worse):
        scores.add("notes", "a", 1.0)
        scores.add("ciede2000", "a", 3.001 if scores is better else 3.002)
        scores.add("ssim", "a", 0.8 if scores is better else 0.9)
    runs = {"one|two": summarize_metrics(better), "other": summarize_metrics(worse)}
    assert list(runs["other"]) == ["psnr", "ssim", "ciede2000", "notes"]
    head, _, first, second = runs_table(runs).splitlines()
    heads = ("PSNR (RGB), dB\u00a0↑", "SSIM\u00a0↑", "CIEDE2000\u00a0↓", "notes")
    assert head == f"| run | {' | '.join(heads)} | pages | works |"
    found = runs["one|two"]["psnr"]
    assert first.startswith(f"| one\\|two | **24.17** ± 3.87 [{found.low:.2f}, {found.high:.2f}] | 0.8000 | 3.00 |")
    assert second.startswith("| other | 22.17 ±") and "| **0.9000** | 3.00 |" in second and second.endswith("| 6 | 3 |")
    written = json.loads(json.dumps(summaries_as_json(runs["other"]), allow_nan=False))
    assert written["psnr"]["mean"] == pytest.approx(22 + 1 / 6) and written["notes"]["low"] is None


def test_a_missing_figure_is_a_dash():
    table = runs_table({"a": summarize_metrics(scores_of(PAGES)), "b": summarize_metrics(scores_of(PAGES, "ssim"))})
    assert "| a | 24.17" in table and "| b | - |" in table
