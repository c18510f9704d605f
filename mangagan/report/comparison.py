"""What a comparison finds for each kind of input, in numbers and in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mangagan.evaluate.result import InputKind, input_title
from mangagan.evaluate.statistics.bootstrap import Summary
from mangagan.evaluate.statistics.significance import MetricDifference, caution
from mangagan.evaluate.table import summarize_metrics
from mangagan.report.evaluated_runs import EvaluatedRun
from mangagan.report.metric_rows import shared_kinds, summarize_run
from mangagan.report.significance_text import (
    LEADING_METRICS,
    compare_all_pairs,
    describe_best,
    describe_pair,
    group_by_pair,
    metric_name,
)
from mangagan.report.text import count_of, join_words, mark

# With more pairs than this, their sentences are folded: people look up single ones instead of reading all.
MAX_OPEN_PAIRS = 6


@dataclass(frozen=True)
class InputComparison:
    """The comparison of all runs on the pages of one kind of input.

    Attributes:
        title: The kind of input, or "" if there is only one.
        summaries: The summaries of each run by the names of metrics.
        baselines: The same of other outputs for these pages, such as trivial fills of holes; mostly none.
        differences: The differences of all pairs of runs.
        headline: The sentence about the best run, or "".
        caution: What intervals and tests over so few works leave open, or "".
        pairs: The sentences about the differences of each pair.
    """

    title: str
    summaries: Mapping[str, Mapping[str, Summary]]
    baselines: Mapping[str, Mapping[str, Summary]]
    differences: Sequence[MetricDifference]
    headline: str
    caution: str
    pairs: Sequence[str]


def compare_runs(runs: Sequence[EvaluatedRun]) -> list[InputComparison]:
    """Compare runs separately for each kind of input that all have.

    Raises:
        ValueError: The runs were evaluated on different pages.
    """
    kinds = shared_kinds(runs)
    return [_compare(runs, kind, f"Input: {input_title(kind)}" if len(kinds) > 1 else "") for kind in kinds]


def protocol_text(run: EvaluatedRun) -> str:
    """Return how all runs were evaluated."""
    settings = dict(run.result.protocol)
    name = mark(str(settings.pop("name", run.file.stem)))
    if "sha256" in settings:
        settings["sha256"] = str(settings["sha256"])[:12]
    values = "; ".join(f"{key} {_format(value)}" for key, value in settings.items() if value not in (None, [], {}))
    return f"Evaluated by the protocol {name}: {values}." if values else f"Evaluated by the protocol {name}."


def legend_text(runs: Sequence[EvaluatedRun]) -> str:
    """Return how to read the metrics, and which pages and metrics are missing."""
    pages = runs[0].result.pages
    count = len({page.name for page in pages})
    sentences = [
        f"Each value is the mean over {count_of(count, 'page')} of {count_of(_count_works(pages), 'work')}, ± the "
        "standard deviation over pages, and the 95 % interval of the mean (bootstrap over works). "
        "↑: higher is better, ↓: lower is better."
    ]
    if len(runs) > 1:
        sentences.append(
            "Differences are tested with Student's paired t over works, weighted by their number of pages. P values "
            "are corrected (Holm) for the number of pairs of runs, separately for each metric; a difference is "
            "statistically significant if p is below 0.05. The tests are about these trained networks, not about "
            "training them again from another seed."
        )
    sentences += [
        f"{run.name} skipped {count_of(len(run.result.skipped), 'page')}." for run in runs if run.result.skipped
    ]
    missing = {metrics: reason for run in runs for metrics, reason in run.result.left_out.items()}
    sentences += [f"Not measured: {_metric_names(of)} ({reason.rstrip('.')})." for of, reason in missing.items()]
    return " ".join(sentences)


def _compare(runs: Sequence[EvaluatedRun], kind: InputKind, title: str) -> InputComparison:
    differences = compare_all_pairs({run.name: run.result.scores(kind) for run in runs})
    summaries = {run.name: summarize_run(run, kind) for run in runs}
    leading = next((name for name in LEADING_METRICS if all(name in of for of in summaries.values())), None)
    means = {run: of[leading].mean for run, of in summaries.items()} if leading else {}
    pages = [page for page in runs[0].result.pages if page.kind == kind]
    return InputComparison(
        title=title,
        summaries=summaries,
        baselines=_baselines(runs, kind),
        differences=differences,
        headline=describe_best(leading, means, differences) if leading and len(runs) > 1 else "",
        caution=caution(_count_works(pages)) if len(runs) > 1 else "",
        pairs=[describe_pair(pair) for pair in group_by_pair(differences)],
    )


def _baselines(runs: Sequence[EvaluatedRun], kind: InputKind) -> dict[str, dict[str, Summary]]:
    """Return the summaries of all baselines; equal ones of several runs, such as trivial fills, are listed once."""
    found: dict[str, dict[str, dict[str, Summary]]] = {}
    for run in runs:
        seed = run.result.protocol.get("seed", 0)
        for name in run.result.baselines:
            summaries = summarize_metrics(run.result.scores(kind, name), seed)
            if summaries:
                found.setdefault(name, {})[run.name] = summaries
    baselines = {}
    for name, by_run in found.items():
        same = all(summaries == next(iter(by_run.values())) for summaries in by_run.values())
        for run_name, summaries in list(by_run.items())[: 1 if same else None]:
            baselines[name if same else f"{run_name}, {name}"] = summaries
    return baselines


def _metric_names(metrics: str) -> str:
    return join_words([metric_name(metric) for metric in metrics.split(", ")])


def _count_works(pages: Sequence[Any]) -> int:
    return len({page.work for page in pages})


def _format(value: Any) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{key} {_format(inner)}" for key, inner in value.items()) + ")"
    if isinstance(value, (list, tuple)):
        shown = [_format(inner) for inner in value[:6]]
        return ", ".join([*shown, *(["..."] if len(value) > 6 else [])]) or "none"
    return "none" if value is None else str(value)
