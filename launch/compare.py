"""Compares evaluated runs: one HTML page that needs no network, and Markdown for a README."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

EXAMPLES = """
examples:
  python launch/compare.py runs/pix2pix_manga-laptop runs/cyclegan_manga-laptop
  python launch/compare.py runs/* --protocol=native --output=native.html --markdown=native.md
  python launch/compare.py runs/pix2pix_manga-laptop peer/256.json

A run is a training's folder that launch/evaluate.py has judged, or a result that it wrote of another program's
pictures. All runs must have been judged by one protocol on the same data; where several are common to all and
--protocol names none, native comes before 512x800, 256 and training, then come those of other data (256-unseen-36).
--markdown alone writes no HTML. Neither file replaces one that this
command did not make.

exit code: 0 done, 2 a mistake in what was asked
"""
_DEFAULT = Path("comparison.html")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; see EXAMPLES for the exit code."""
    options = _parser().parse_args(arguments)
    try:
        _compare(options)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _compare(options: argparse.Namespace) -> None:
    from mangagan.images.atomic import write_aside
    from mangagan.report.evaluated_runs import open_runs
    from mangagan.report.html_page import page
    from mangagan.report.markdown import markdown
    from mangagan.report.story import parts
    from mangagan.report.text import as_plain, counted

    output = options.output or (None if options.markdown else _DEFAULT)
    makers = [(file, maker) for file, maker in ((output, page), (options.markdown, markdown)) if file]
    if output == options.markdown:
        raise ValueError(f"--output and --markdown both name {output}; choose two files")
    for file, _ in makers:
        _check_free(file)
    runs = open_runs(options.runs, options.protocol)
    found = parts(runs)
    for part in found:
        print(*map(as_plain, filter(None, (part.title, part.headline, part.caution))), sep="\n")
    for file, made in makers:
        write_aside(file, made(runs, found).encode())
        print(f"comparison of {counted(len(runs), 'run')} in {file} ({file.stat().st_size / 1e6:.1f} MB)")


def _check_free(file: Path) -> None:
    """Raises ValueError where the file cannot be written, or is not one that this command made."""
    from mangagan.report.text import MARK

    if file.is_dir() or not file.absolute().parent.is_dir():
        raise ValueError(f"{file} cannot be written: name a file in a folder that is there")
    if file.exists() and MARK.encode() not in file.read_bytes()[:200]:
        raise ValueError(f"{file} holds something that is no comparison; it is left as it is, choose another name")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="launch/compare.py",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="runs' folders, or result files")
    parser.add_argument("--output", type=Path, metavar="FILE.html", help=f"the page (default: {_DEFAULT})")
    parser.add_argument("--markdown", type=Path, metavar="FILE.md", help="the same in short, for a README")
    parser.add_argument("--protocol", metavar="NAME", help="which evaluation: native, 512x800, 256, 256-unseen-36, ...")
    return parser


if __name__ == "__main__":
    sys.exit(main())
