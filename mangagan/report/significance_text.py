"""Which differences between runs hold, said in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, groupby

from mangagan.evaluate.metrics.metric import FIGURES
from mangagan.evaluate.statistics.significance import Difference, differences, p_said, written
from mangagan.evaluate.statistics.sums import Scores
from mangagan.report.text import listed, strong

# Told first, and the first that all runs have says whom a comparison calls best.
LEADING = ("ciede2000", "psnr", "lpips_alex", "ssim")


def all_differences(runs: Mapping[str, Scores]) -> list[Difference]:
    """The differences of all pairs of runs, pair by pair, in each figure that both have and of which one way is better.

    Tests are paired over works, and corrected (Holm) for the number of pairs, each figure by itself: of a figure's
    differences that are said to hold, the chance that even one is false is below 5 %. Raises ValueError for runs that
    were not judged on the same pages.
    """
    directed = [name for name in FIGURES if FIGURES[name].better]
    corrected = [difference for name in directed for difference in _of_figure(runs, name)]
    order = {pair: place for place, pair in enumerate(combinations(runs, 2))}
    return sorted(corrected, key=lambda difference: order[difference.one, difference.other])


def by_pair(found: Sequence[Difference]) -> list[list[Difference]]:
    """The differences of each pair of runs."""
    return [list(group) for _, group in groupby(found, key=lambda difference: (difference.one, difference.other))]


def pair_said(found: Sequence[Difference]) -> str:
    """What one pair's differences say; of each winner's first figure also by how much."""
    ordered = sorted(found, key=lambda difference: _rank(difference.figure))
    one, other, said = found[0].one, found[0].other, []
    for winner, loser in ((one, other), (other, one)):
        held = [difference for difference in ordered if difference.holds and difference.better == winner]
        if held:
            figures = [_size(held[0]), *(title(difference.figure) for difference in held[1:])]
            said.append(f"{strong(winner)} is better than {strong(loser)} in {listed(figures)}.")
    if not said:
        nearest = min(ordered, key=lambda difference: difference.p)
        return (
            f"Between {strong(one)} and {strong(other)} no difference holds: the smallest p is "
            f"{written(nearest.p)}, in {title(nearest.figure)}."
        )
    rest = [title(difference.figure) for difference in ordered if not difference.holds]
    return " ".join(said + ([f"No difference holds in {listed(rest)}."] if rest else []))


def headline_said(figure: str, means: Mapping[str, float], found: Sequence[Difference]) -> str:
    """Which run is first in a figure, by the runs' means, and against which others that holds."""
    best = max(means, key=lambda run: FIGURES[figure].better * means[run])
    against = [of for of in found if of.figure == figure and best in (of.one, of.other)]
    beaten, close = (
        [strong(of.other if of.one == best else of.one) for of in against if of.holds is held] for held in (True, False)
    )
    said = [f"Best by {title(figure)} is {strong(best)} with {FIGURES[figure].written(means[best])}."]
    whom = "all others" if len(beaten) > 1 and not close else listed(beaten)
    said += [f"Its lead holds against {whom}."] if beaten else []
    said += [f"Its lead over {listed(close)} could be chance."] if close else []
    return " ".join(said)


def title(figure: str) -> str:
    """A figure's name in a sentence, without its unit."""
    return FIGURES[figure].title.partition(",")[0] if figure in FIGURES else figure


def _of_figure(runs: Mapping[str, Scores], figure: str) -> list[Difference]:
    # A run alone has one seed, whichever it was.
    sums = {run: {0: scores.works(figure)} for run, scores in runs.items() if figure in scores.figures}
    return differences(figure, sums, list(combinations(sums, 2)))


def _size(difference: Difference) -> str:
    found, figure = difference.found, FIGURES[difference.figure]
    size = f"by {figure.written(abs(found.difference))}"
    if found.low is not None and found.high is not None:
        size += " " + figure.interval(*((found.low, found.high) if found.difference > 0 else (-found.high, -found.low)))
    return f"{title(difference.figure)} ({size}, {p_said(difference.p)})"


def _rank(figure: str) -> int:
    return LEADING.index(figure) if figure in LEADING else len(LEADING)
