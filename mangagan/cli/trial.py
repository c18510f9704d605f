"""`mangagan trial`: measure a colouriser as it is used, on whole pages under several palettes."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mangagan.cli.command import command_parser, count, positive, positives, run
from mangagan.pretrained import DEFAULT, resolve_checkpoint

if TYPE_CHECKING:
    from mangagan.infer.network import NetworkInfo

_EXAMPLES = """
--pages=DIR --works=E15,E16,E17 --output=trial
--pages=DIR --works=E15,E16,E17 --output=plain --checkpoint=runs/plain --ways=none
--pages=DIR --works=E15 --output=trial --sizes=512,768,1024 --hints=10 --characters=FILE.json
"""
_NOTES = """
Inputs are made from true pages in colour: their luminance (gray), and ink, blacks and screentones as a manga artist
draws them (toned). Ways are palettes: `own` is that of the page itself, `others` that of all other pages of its work,
`work` that of all pages of its work, `auto` what `mangagan colorize` finds where the work's cover is in colour,
`prior` what it takes where nothing is, `none` no palette; `bare` in the tables is the input itself. Covers, called so
or like their work, are not measured. All pictures are kept in --output, and the same command continues from them. The
output ends with the tables, also in trial.md; trial.json has the numbers with 95 % intervals over works.

exit code: 0 done; 2 a mistake in the arguments; 130 stopped
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    from mangagan.trial.palette_modes import MODES
    from mangagan.trial.trial_pages import INPUT_TITLES

    description = "Measure a colouriser on whole pages, in grey and as manga, under several palettes."
    parser = command_parser("trial", description, _EXAMPLES, _NOTES)
    add = parser.add_argument_group("pages").add_argument
    add("--pages", type=Path, required=True, metavar="DIR", help="true pages in colour")
    add("--works", default="", metavar="A,B", help="only these works, or patterns of picture names, as in 'E1*'")
    add("--pictures", type=positive, metavar="N", help="at most N pages, evenly spaced")
    add("--characters", type=Path, metavar="FILE", help="JSON with the boxes of characters on the true pages")
    add = parser.add_argument_group("network").add_argument
    run_help = f"the folder of a run or of a model (default: {DEFAULT}, the model of the package)"
    add("--checkpoint", default=DEFAULT, type=resolve_checkpoint, metavar="RUN", help=run_help)
    add = parser.add_argument_group("measurement").add_argument
    add(
        "--kinds",
        type=_choices(tuple(INPUT_TITLES)),
        default=list(INPUT_TITLES),
        metavar="A,B",
        help=f"of {', '.join(INPUT_TITLES)}",
    )
    ways = f"of {', '.join(MODES)}; hints and sizes use the first (default: all but work)"
    default_ways = ["own", "others", "auto", "prior", "none"]
    add("--ways", type=_choices(MODES), default=default_ways, metavar="A,B", help=ways)
    add("--sizes", type=_sizes, default=[], metavar="N,N", help="compare the results at these working sizes")
    add("--hints", type=count, default=0, metavar="N", help="also give N true hints to each page")
    add("--perceptual", choices=("on", "off"), default="on", help="LPIPS and VFD (default: on)")
    add = parser.add_argument_group("output").add_argument
    add("--output", type=Path, required=True, metavar="DIR", help="folder of inputs, pictures and tables")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = parser().parse_intermixed_args(argv)
    return run("trial", lambda: _trial(options))


def _trial(options: argparse.Namespace) -> None:
    from mangagan.compilation_cache import keep_compiled
    from mangagan.data.archive.splits import parse_patterns
    from mangagan.evaluate.true_pages import true_pages
    from mangagan.infer.jax_network import jax_network
    from mangagan.train.load import load_trained
    from mangagan.trial.run_trial import TrialPlan, open_trial, run_trial

    keep_compiled()
    # Mistakes in the pages are reported before a network is loaded.
    pages = true_pages(options.pages, parse_patterns(options.works), options.pictures)
    network = jax_network(*load_trained(options.checkpoint))
    _check(options, network.info)
    trial = open_trial(
        network,
        options.output,
        pages,
        characters=options.characters,
        perceptual=options.perceptual == "on",
    )
    plan = TrialPlan(options.kinds, options.ways, options.sizes, options.hints, options.characters)
    print(run_trial(trial, plan))


def _check(options: argparse.Namespace, facts: NetworkInfo) -> None:
    """Raise ValueError if the network does not take the guidance that the options name."""
    if not facts.palette and options.ways != ["none"]:
        raise ValueError(f"{options.checkpoint} takes no palette: measure it with --ways=none")
    if options.hints and not facts.hints:
        raise ValueError(f"{options.checkpoint} takes no hints: leave out --hints")


def _choices(known: Sequence[str]) -> Callable[[str], list[str]]:
    def chosen(text: str) -> list[str]:
        words = list(dict.fromkeys(text.split(",")))
        if unknown := [word for word in words if word not in known]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: choose from {', '.join(known)}")
        return words

    return chosen


def _sizes(text: str) -> list[int]:
    sizes = positives(text)
    if len(sizes) < 2:
        raise argparse.ArgumentTypeError(f"{text}: name at least two sizes")
    return sizes
