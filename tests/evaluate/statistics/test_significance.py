"""Student's t over works and seeds against SciPy, and how often it finds what is not there."""

import numpy as np
import pytest
from scipy import stats

from mangagan.evaluate.statistics.significance import caution, compare, holm, metric_differences
from mangagan.evaluate.statistics.sums import WorkSums

NAMES = tuple("abcdefgh")


def runs(values, pages=2):
    """WorkSums of a matrix [seeds, works] of page means."""
    values = np.asarray(values, float)
    count = np.broadcast_to(pages, values.shape[1])
    return [WorkSums(NAMES[: values.shape[1]], count, row * count, row**2 * count) for row in values]


def test_one_seed_is_a_paired_t_test_over_works():
    one, other = np.random.default_rng(0).normal(size=(2, 1, 6)) + [[[0.8]], [[0.0]]]
    found = compare(runs(one), runs(other))
    expected = stats.ttest_rel(one[0], other[0])
    limits = expected.confidence_interval(0.95)
    assert (found.difference, found.p) == pytest.approx((np.mean(one - other), expected.pvalue))
    assert (found.low, found.high) == pytest.approx((limits.low, limits.high))
    assert (found.pages, found.works) == (12, 6)


def test_one_work_is_a_paired_t_test_over_seeds():
    one, other = np.random.default_rng(1).normal(size=(2, 5, 1))
    assert compare(runs(one), runs(other)).p == pytest.approx(stats.ttest_rel(one[:, 0], other[:, 0]).pvalue)


def test_works_and_seeds_add_their_variances_with_satterthwaites_freedom():
    gaps = np.array([[1.0, 2.0, 4.0], [2.0, 2.0, 3.0]])
    found = compare(runs(gaps), runs(np.zeros((2, 3))))
    parts = [np.var(gaps.mean(axis), ddof=1) / gaps.shape[1 - axis] for axis in (0, 1)]
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / 2 + parts[1] ** 2 / 1)
    assert found.difference == pytest.approx(gaps.mean())
    assert found.p == pytest.approx(2 * stats.t.sf(gaps.mean() / np.sqrt(sum(parts)), freedom))


def test_a_long_work_counts_for_more():
    found = compare(runs([[1.0, 4.0]], pages=np.array([3, 1])), runs([[0.0, 0.0]], pages=np.array([3, 1])))
    assert found.difference == pytest.approx(7 / 4) and found.pages == 4


@pytest.mark.parametrize("works, seeds", [(3, 1), (3, 3), (8, 3)])
@pytest.mark.parametrize("of_works, of_seeds, of_both", [(1, 1, 1), (1, 0, 0.1), (0, 1, 0.1)])
def test_where_nothing_differs_few_differences_are_found(works, seeds, of_works, of_seeds, of_both):
    rng, found = np.random.default_rng(0), 0
    for _ in range(300):
        gaps = of_works * rng.normal(size=(1, works)) + of_both * rng.normal(size=(seeds, works))
        # One seed says nothing of how seeds scatter.
        gaps = gaps + (of_seeds * rng.normal(size=(seeds, 1)) if seeds > 1 else 0)
        found += compare(runs(gaps), runs(np.zeros_like(gaps))).p < 0.05
    assert found <= 27  # 15 are expected; more than 27 come once in a thousand times


def test_what_cannot_scatter_has_no_chance_in_it():
    same = compare(runs([[1.0, 2.0]]), runs([[1.0, 2.0]]))
    assert (same.difference, same.p) == (0, 1)
    assert compare(runs([[2.0, 3.0]]), runs([[1.0, 2.0]])).p == 0
    alone = compare(runs([[2.0]]), runs([[1.0]]))
    assert (alone.difference, alone.low, alone.high, alone.p) == (1, None, None, 1)


@pytest.mark.parametrize(
    "ones, others, complaint",
    [
        ([], [], "0 and 0 seeds"),
        (runs([[1.0, 2.0]]), runs([[1.0, 2.0]] * 2), "1 and 2 seeds"),
        (runs([[1.0, 2.0]]), runs([[1.0]]), "on the same pages only: {'a': 2, 'b': 2}"),
        (runs([[1.0]]), runs([[1.0]], pages=3), "{'a': 3} in another"),
    ],
)
def test_other_pages_and_seeds_are_refused(ones, others, complaint):
    with pytest.raises(ValueError, match=complaint):
        compare(ones, others)


def test_holm_corrects_by_rank():
    # By hand: 4 x 0.01, 3 x 0.02, then never less than the one before, never above 1.
    np.testing.assert_allclose(holm([0.02, 0.6, 0.01, 0.02]), [0.06, 0.6, 0.04, 0.06])
    assert holm([]) == [] and holm([0.7, 0.6]) == [1, 1]


def test_pairs_are_compared_over_shared_seeds_and_corrected_together():
    base = [[1.0, 2.0, 4.0, 3.0]] * 3
    values = {"base": base, "worse": np.add(base, 2) + np.eye(3, 4) / 10, "same": np.add(base, np.eye(3, 4) - 0.2)}
    sums = {label: dict(enumerate(runs(of))) for label, of in values.items()}
    sums["same"] = {1: sums["same"][1], 7: sums["base"][0]}
    sums["alone"] = {9: sums["base"][0]}
    pairs = [("worse", "base"), ("same", "base"), ("alone", "base")]
    worse, same = metric_differences("ciede2000", sums, pairs)
    assert (worse.one, worse.other, worse.better, worse.significant) == ("worse", "base", "base", True)
    assert worse.p == pytest.approx(2 * worse.comparison.p) and worse.comparison.difference == pytest.approx(2, abs=0.1)
    assert same.comparison == compare([sums["same"][1]], [sums["base"][1]]) and not same.significant
    assert metric_differences("colorfulness", sums, pairs)[0].better == ""


@pytest.mark.parametrize(("works", "said"), [(1, "no difference can be tested"), (3, "of 3 works"), (8, "")])
def test_works_that_are_too_few_are_named(works, said):
    assert said in caution(works) and bool(caution(works)) == bool(said)
