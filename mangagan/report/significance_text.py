"""Sentences about which differences between runs are statistically significant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, groupby

from mangagan.evaluate.metrics.metric import METRICS
from mangagan.evaluate.statistics.significance import MetricDifference, format_p, metric_differences, p_text
from mangagan.evaluate.statistics.sums import Scores
from mangagan.report.text import join_words, mark

# These metrics are named first. The first one that all runs have decides which run is called the best.
LEADING_METRICS = ("ciede2000", "psnr", "lpips_alex", "ssim")


def compare_all_pairs(runs: Mapping[str, Scores]) -> list[MetricDifference]:
    """Compare all pairs of runs in each metric that both have and of which one direction is better.

    Tests are paired over works. P values are corrected (Holm) for the number of pairs, separately for each metric: the
    chance that even one of a metric's differences is called significant by mistake is below 5 %.

    Args:
        runs: The scores of each run by its name.

    Returns:
        The differences, pair by pair.

    Raises:
        ValueError: Two runs were evaluated on different pages.
    """
    directed = [name for name in METRICS if METRICS[name].better]
    differences = [difference for name in directed for difference in _compare_pairs(runs, name)]
    order = {pair: index for index, pair in enumerate(combinations(runs, 2))}
    return sorted(differences, key=lambda difference: order[difference.one, difference.other])


def group_by_pair(differences: Sequence[MetricDifference]) -> list[list[MetricDifference]]:
    """Return the differences of each pair of runs, of differences that are ordered by pair."""
    return [list(group) for _, group in groupby(differences, key=lambda difference: (difference.one, difference.other))]


def describe_pair(differences: Sequence[MetricDifference]) -> str:
    """Return which run of a pair is significantly better in which metrics; for the first metric also by how much."""
    ordered = sorted(differences, key=lambda difference: _rank(difference.metric))
    one, other, sentences = differences[0].one, differences[0].other, []
    for winner, loser in ((one, other), (other, one)):
        won = [difference for difference in ordered if difference.significant and difference.better == winner]
        if won:
            metrics = [_with_size(won[0]), *(metric_name(difference.metric) for difference in won[1:])]
            sentences.append(f"{mark(winner)} is better than {mark(loser)} in {join_words(metrics)}.")
    if not sentences:
        nearest = min(ordered, key=lambda difference: difference.p)
        return (
            f"No difference between {mark(one)} and {mark(other)} is statistically significant; the smallest p is "
            f"{format_p(nearest.p)}, in {metric_name(nearest.metric)}."
        )
    rest = [metric_name(difference.metric) for difference in ordered if not difference.significant]
    if rest:
        subject = "The difference in" if len(rest) == 1 else "The differences in"
        verb = "is" if len(rest) == 1 else "are"
        sentences.append(f"{subject} {join_words(rest)} {verb} not statistically significant.")
    return " ".join(sentences)


def describe_best(metric: str, means: Mapping[str, float], differences: Sequence[MetricDifference]) -> str:
    """Return which run has the best mean in a metric, and over which other runs its lead is significant.

    Args:
        metric: The name of the metric.
        means: The mean of each run by its name.
        differences: The differences of all pairs of these runs.
    """
    best = max(means, key=lambda run: METRICS[metric].better * means[run])
    involved = [of for of in differences if of.metric == metric and best in (of.one, of.other)]
    beaten, close = (
        [mark(of.other if of.one == best else of.one) for of in involved if of.significant is significant]
        for significant in (True, False)
    )
    sentences = [f"{mark(best)} has the best {metric_name(metric)}, {METRICS[metric].format(means[best])}."]
    if beaten:
        others = "all others" if len(beaten) > 1 and not close else join_words(beaten)
        sentences.append(f"Its lead over {others} is statistically significant.")
    if close:
        sentences.append(f"Its lead over {join_words(close)} is not statistically significant.")
    return " ".join(sentences)


def metric_name(metric: str) -> str:
    """Return the name of a metric in a sentence: its title without the unit."""
    return METRICS[metric].title.partition(",")[0] if metric in METRICS else metric


def _compare_pairs(runs: Mapping[str, Scores], metric: str) -> list[MetricDifference]:
    # The runs of a report are not grouped by experiment, so that each has a single seed, whichever it was.
    sums = {run: {0: scores.works(metric)} for run, scores in runs.items() if metric in scores.metrics}
    return metric_differences(metric, sums, list(combinations(sums, 2)))


def _with_size(difference: MetricDifference) -> str:
    comparison, metric = difference.comparison, METRICS[difference.metric]
    size = f"by {metric.format(abs(comparison.difference))}"
    if comparison.low is not None and comparison.high is not None:
        # The interval of "one less other", turned so that it is positive for the better run.
        low, high = comparison.low, comparison.high
        size += " " + metric.interval(*((low, high) if comparison.difference > 0 else (-high, -low)))
    return f"{metric_name(difference.metric)} ({size}, {p_text(difference.p)})"


def _rank(metric: str) -> int:
    return LEADING_METRICS.index(metric) if metric in LEADING_METRICS else len(LEADING_METRICS)
