from dataclasses import replace

import pytest

from mangagan.evaluate.protocol import Protocol
from mangagan.evaluate.result import write_result
from mangagan.sweep.findings import find, read_results
from mangagan.sweep.job import run_result_file


def around(middle, **shifts):
    """Three works of two pages; each work's pages by its shift from the middle."""
    works = {"a": 0.0, "b": 0.5, "c": 1.0} | shifts
    return {work: [middle + shift, middle + shift + 0.1] for work, shift in works.items()}


def test_results_are_read_by_label_and_seed(tmp_path, planned, judged):
    plan = planned(["base", "other"], seeds=(0, 1))
    write_result(run_result_file(tmp_path, plan, plan.run(3)), judged(around(10), name="003-base-seed1"))
    found = read_results(tmp_path, plan)
    assert found["other"] == {} and list(found["base"]) == [1]
    assert find(plan, found).missing == ("001-base-seed0", "002-other-seed0", "004-other-seed1")


def test_a_row_has_the_mean_over_seeds_and_its_interval(planned, judged):
    plan = planned(["base"], seeds=(0, 1))
    results = {"base": {0: judged(around(10)), 1: judged(around(12))}}
    (row,) = find(plan, results).rows
    cell = row.metrics["ciede2000"]
    assert cell.seeds == pytest.approx((10.55, 12.55)) and cell.mean == pytest.approx(11.55)
    assert cell.low == pytest.approx(11.55 - 12.706, abs=1e-3) and row.seeds == (0, 1)


@pytest.mark.parametrize("seed", [0, 3])
def test_one_seed_has_its_interval_over_works(planned, judged, seed):
    result = judged({f"w{n}": [10 + n**2 / 7] for n in range(9)}, protocol={"seed": seed})
    plan = replace(planned(["base"]), protocol=Protocol("256", seed=seed))
    (row,), found = find(plan, {"base": {0: result}}).rows, result.summary()["gray"]["ciede2000"]
    assert (row.metrics["ciede2000"].low, row.metrics["ciede2000"].high) == (found.low, found.high)
    assert found.low < found.mean < found.high


def test_one_seed_of_several_has_no_interval(planned, judged):
    found = find(planned(["base", "late"], seeds=(0, 1)), {"base": {0: judged(around(10))}, "late": {}})
    cell = found.rows[0].metrics["ciede2000"]
    assert (cell.low, cell.high, cell.seeds) == (None, None, (cell.mean,))


def test_differences_to_the_baseline_that_hold(planned, judged):
    plan = planned(["base", "better", "same"], seeds=(0, 1), baseline="base")
    results = {
        "base": {0: judged(around(10)), 1: judged(around(10.1))},
        "better": {0: judged(around(8, a=0.01)), 1: judged(around(8.1))},
        "same": {0: judged(around(10.1, a=-0.2)), 1: judged(around(10))},
    }
    better, same = find(plan, results).differences["gray"]
    assert (better.one, better.other, better.significant) == ("better", "base", True)
    assert better.comparison.difference == pytest.approx(-2, abs=0.02) and better.p == 2 * better.comparison.p
    assert (same.one, same.significant) == ("same", False)


def test_without_a_baseline_every_pair_is_compared(planned, judged):
    labels = ["x", "y", "z"]
    results = {label: {0: judged(around(n))} for n, label in enumerate(labels)}
    pairs = [(one.one, one.other) for one in find(planned(labels), results).differences["gray"]]
    assert pairs == [("x", "y"), ("x", "z"), ("y", "z")]


def test_pairs_are_compared_over_the_seeds_that_both_have(planned, judged):
    plan = planned(["base", "other"], seeds=(0, 1, 2), baseline="base")
    results = {
        "base": {0: judged(around(10)), 1: judged(around(99))},
        "other": {0: judged(around(11)), 2: judged(around(0))},
    }
    (found,) = find(plan, results).differences["gray"]
    assert found.comparison.difference == pytest.approx(1)


def test_runs_judged_by_another_protocol_are_told_and_not_compared(planned, judged):
    plan = planned(["base", "other"], baseline="base")
    results = {"base": {0: judged(around(10))}, "other": {0: judged(around(9), name="odd", data="folder:x")}}
    found = find(plan, results)
    assert found.differences == {"gray": ()}
    assert {row.label: row.other for row in found.rows} == {
        "base": (),
        "other": ("data: folder:x in odd, comics:20 in run",),
    }


def test_kinds_and_figures_of_whole_sets_have_their_rows_and_cells(planned, judged):
    whole = {"gray": {"vfd": 3.0}}
    gray = judged(around(10), whole=whole, cost={"parameters": 12, "seconds_per_page": 0.3})
    found = find(planned(["base"]), {"base": {0: gray}})
    (row,) = found.rows
    assert row.kind == "gray" and row.parameters == 12
    assert (row.metrics["vfd"].mean, row.metrics["vfd"].low) == (3.0, None)


def test_nothing_is_found_of_nothing(planned):
    found = find(planned(["base"]), {"base": {}})
    assert (found.rows, found.differences, found.missing) == ((), {}, ("001-base-seed0",))
