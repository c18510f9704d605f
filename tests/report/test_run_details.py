"""The rows about cost and settings of runs."""

from __future__ import annotations

from dataclasses import replace

from mangagan.report.evaluated_runs import EvaluatedRun, open_runs
from mangagan.report.run_details import cost_rows, setting_rows


def test_costs_come_from_result_settings_and_log(made_run):
    (run,) = open_runs([made_run("a")])
    costs = {title: cells[0] for title, cells in cost_rows([run])}
    assert costs == {
        "generator": "UNet",
        "parameters": "1.23 million",
        "time per page, at evaluation": "250 ms",
        "peak memory, at evaluation": "768 MiB",
        "training throughput (median)": "20.0 pictures/s",
        "training time": "60 s",
        "steps": "300",
        "training pictures": "1,200 in batches of 4",
        "training size": "96 px, from crops of 640 px",
        "device": "cpu",
        "jax": "0.10.2",
    }
    peer = EvaluatedRun("peer", run.file, replace(run.result, cost={}))
    assert cost_rows([peer]) == []
    assert dict(cost_rows([run, peer]))["steps"] == ["300", "–"]


def test_settings_that_differ_are_listed(made_run):
    runs = open_runs([made_run("a", seed=1), made_run("b", seed=2)])
    assert setting_rows(runs) == [("train.seed", ["1", "2"])]
    assert setting_rows([*runs, EvaluatedRun("peer", runs[0].file, runs[0].result)]) == [
        ("train.seed", ["1", "2", "–"])
    ]
    assert setting_rows(runs[:1]) == []
