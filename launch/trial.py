"""Puts a steered colouriser on trial as it is used: whole pages, in grey and as manga, under several palettes.

    python launch/trial.py --pages=DIR --works=E15,E16,E17 --output=trial
    python launch/trial.py --pages=DIR --works=E15,E16,E17 --output=plain --checkpoint=runs/plain --ways=none
    python launch/trial.py --pages=DIR --works=E15 --output=trial --sizes=512,768,1024 --hints=10 --characters=FILE.json

Inputs are made of the true pages in colour: their luminance, and ink, blacks and screentones as a manga artist would
have drawn them. `own` is a page under its own palette, `others` under that of all other pages of its work, `work`
under that of all of them; `auto` under what mangagan colorize finds by itself where the work's cover is in colour,
`prior` where nothing is; `none` is without, and `bare` the input itself. Covers, called so or like their work, are
not judged. All pictures stay in --output; the same command again goes on where it was stopped. The last lines are the
tables, which are in trial.md, too; trial.json has the numbers, with 95 % intervals over works.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from launch._numbers import count, positive
from mangagan.pretrained.shipped import NAME, checkpoint

if TYPE_CHECKING:
    from mangagan.evaluate.restoration.conditions import Truth
    from mangagan.images.picture import Pixels
    from mangagan.infer.network import Facts
    from mangagan.trial.trial_result import Trial


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; the exit code: 0 done, 2 a mistake in what was asked."""
    options = _parser().parse_args(arguments)
    try:
        trial = _trial(options)
        content, text = _tables(trial, options)
        _write(trial.folder, content, text)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(text)
    return 0


def _trial(options: argparse.Namespace) -> Trial:
    from mangagan.compilation_cache import keep_compiled
    from mangagan.data.archive.splits import patterns
    from mangagan.evaluate.restoration.conditions import truths
    from mangagan.infer.jax_network import jax_network
    from mangagan.train.load import load_trained
    from mangagan.trial.characters import check_boxes, read_characters
    from mangagan.trial.palette_modes import sorted_out
    from mangagan.trial.trial_pages import kept
    from mangagan.trial.trial_result import Trial

    keep_compiled()
    pages = truths(options.pages, patterns(options.works), options.pictures)
    network = jax_network(*load_trained(options.checkpoint))
    _check(options, network.facts)
    _claim(options.output, [page.name for page in pages], network.facts.digest)
    found = {page.name.rsplit(".", 1)[0]: page for page in pages}
    sorted_pages = sorted_out(
        {name: _pixels(page) for name, page in found.items()}, {name: page.work for name, page in found.items()}
    )
    if options.characters:
        check_boxes(read_characters(options.characters), sorted_pages.truth)
    for name, pixels in sorted_pages.truth.items():
        kept(options.output / "truth", name, lambda pixels=pixels: pixels)  # type: ignore[misc]
    return Trial(network, sorted_pages, options.output, perceptual=options.perceptual == "on")


def _check(options: argparse.Namespace, facts: Facts) -> None:
    """Raises ValueError where a network is asked for what it does not take."""
    if not facts.palette and options.ways != ["none"]:
        raise ValueError(f"{options.checkpoint} takes no palette: --ways=none is what it can be judged by")
    if options.hints and not facts.hints:
        raise ValueError(f"{options.checkpoint} takes no hints: leave --hints away")


def _pixels(page: Truth) -> Pixels:
    from mangagan.images.decode import Unusable

    try:
        return page.pixels()
    except Unusable as reason:
        raise ValueError(f"{page.name}: {reason}") from reason


def _claim(folder: Path, pages: Sequence[str], network: str) -> None:
    """Raises ValueError where a folder has pictures that another network has made, or of other pages."""
    from mangagan.images.atomic import write_aside

    file, mine = folder / "of.json", json.dumps({"network": network, "pages": sorted(pages)}, indent=1)
    if file.is_file() and file.read_text("utf-8") != mine:
        raise ValueError(f"{folder} has the trial of another network, or by other pages: choose another --output")
    folder.mkdir(parents=True, exist_ok=True)
    write_aside(file, mine.encode())


def _tables(trial: Trial, options: argparse.Namespace) -> tuple[dict[str, Any], str]:
    from mangagan.trial.predict_pages import Look
    from mangagan.trial.trial_result import table

    content: dict[str, Any] = {"pages": len(trial.pages.truth), "works": sorted(set(trial.pages.works.values()))}
    parts = []
    for kind in options.kinds:
        found = {"bare": trial.bare(kind)} | {way: trial.figures(Look(kind, way)) for way in options.ways}
        if options.hints:
            way = options.ways[0]
            found[f"{way}, {options.hints} hints"] = trial.figures(Look(kind, way, hints=options.hints))
        content[kind] = found
        parts.append(table(kind, found))
        parts += _more(trial, options, kind, content)
    return content, "\n\n".join(parts)


def _more(trial: Trial, options: argparse.Namespace, kind: Any, content: dict[str, Any]) -> list[str]:
    from mangagan.trial.characters import read_characters
    from mangagan.trial.palette_modes import WAYS

    lines = []
    if options.sizes:
        asked = kind, options.ways[0], tuple(options.sizes)
        content[f"{kind} at sizes"] = at = trial.at_sizes(*asked)
        content[f"{kind} between sizes"] = between = trial.between_sizes(*asked)
        told = ", ".join(f"{value:.2f} at {size}" for size, value in at.items())
        lines.append(f"CIEDE2000 at working sizes, {options.ways[0]}: {told}; between them {between:.2f}")
    if options.characters:
        ways = [way for way in WAYS if way in ("work", *options.ways)]
        spreads = trial.spreads(kind, ways, read_characters(options.characters))
        content[f"{kind} spread of characters"] = spreads
        told = ", ".join(f"{way} {value:.2f}" for way, value in spreads.items())
        lines.append(f"spread of a character's a and b over the pages of a work: {told}")
    return lines


def _write(folder: Path, content: dict[str, Any], text: str) -> None:
    from mangagan.images.atomic import write_aside

    write_aside(folder / "trial.json", (json.dumps(content, indent=1) + "\n").encode())
    write_aside(folder / "trial.md", (text + "\n").encode())


def _parser() -> argparse.ArgumentParser:
    from mangagan.trial.palette_modes import WAYS
    from mangagan.trial.trial_pages import KINDS

    parser = argparse.ArgumentParser(
        prog="launch/trial.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--pages", type=Path, required=True, metavar="DIR", help="true pages in colour")
    add("--output", type=Path, required=True, metavar="DIR", help="where inputs, pictures and tables go")
    add("--checkpoint", default=NAME, type=checkpoint, metavar="RUN", help=f"a run's or a model's folder ({NAME})")
    add("--works", default="", metavar="A,B", help="only these works, or patterns of pictures' names, as in 'E1*'")
    add("--pictures", type=positive, metavar="N", help="so many at most, evenly spread")
    add("--kinds", type=_words(tuple(KINDS)), default=list(KINDS), metavar="A,B", help=f"of {', '.join(KINDS)}")
    add("--ways", type=_words(WAYS), default=["own", "others", "auto", "prior", "none"], metavar="A,B",
        help=f"of {', '.join(WAYS)}; hints and sizes go by the first (default: all but work)")  # fmt: skip
    add("--sizes", type=_sizes, default=[], metavar="N,N", help="compare the results at these working sizes")
    add("--hints", type=count, default=0, metavar="N", help="also give so many true hints to each page")
    add("--characters", type=Path, metavar="FILE", help="JSON that says where characters are on the true pages")
    add("--perceptual", choices=("on", "off"), default="on", help="LPIPS and VFD (default: on)")
    return parser


def _words(known: tuple[str, ...]) -> Any:
    def words(text: str) -> list[str]:
        found = list(dict.fromkeys(text.split(",")))
        if unknown := [word for word in found if word not in known]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: choose of {', '.join(known)}")
        return found

    return words


def _sizes(text: str) -> list[int]:
    found = [positive(part) for part in text.split(",")]
    if len(found) < 2:
        raise argparse.ArgumentTypeError(f"{text}: name two sizes or more")
    return found


if __name__ == "__main__":
    sys.exit(main())
