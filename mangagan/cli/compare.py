"""`mangagan compare`: compare evaluated runs on one HTML page that needs no network, or in Markdown."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from mangagan.cli.command import command_parser, run

_EXAMPLES = """
runs/pix2pix_manga-laptop runs/cyclegan_manga-laptop
runs/* --protocol=native --output=native.html --markdown=native.md
runs/pix2pix_manga-laptop others/256.json
"""
_NOTES = """
A RUN is the folder of a run that `mangagan evaluate` has measured, or a result file that it wrote for pictures of
another program. All must have a result of one protocol on the same data. Where they share several and --protocol names
none, native comes before 512x800, 256 and training; results on other data (256-unseen-36) come last. --markdown alone
writes no HTML. A file that this command did not write is never replaced.

exit code: 0 done; 2 a mistake in the arguments
"""
_DEFAULT = Path("comparison.html")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    description = "Compare evaluated runs on one HTML page that needs no network, or in Markdown for a README."
    parser = command_parser("compare", description, _EXAMPLES, _NOTES)
    what = parser.add_argument_group("results")
    what.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folders of runs, or result files")
    what.add_argument("--protocol", metavar="NAME", help="which evaluation: native, 512x800, 256, 256-unseen-36, ...")
    files = parser.add_argument_group("files to write")
    files.add_argument("--output", type=Path, metavar="FILE.html", help=f"the page (default: {_DEFAULT})")
    files.add_argument("--markdown", type=Path, metavar="FILE.md", help="a short version")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = parser().parse_intermixed_args(argv)
    return run("compare", lambda: _compare(options))


def _compare(options: argparse.Namespace) -> None:
    from mangagan.images.atomic import write_atomically
    from mangagan.images.output_file import check_output, contains
    from mangagan.report.comparison import compare_runs
    from mangagan.report.evaluated_runs import open_runs
    from mangagan.report.html_page import render_html
    from mangagan.report.markdown import render_markdown
    from mangagan.report.text import FILE_MARK, count_of, to_plain

    output = options.output or (None if options.markdown else _DEFAULT)
    makers = [(file, maker) for file, maker in ((output, render_html), (options.markdown, render_markdown)) if file]
    if output == options.markdown:
        raise ValueError(f"--output and --markdown both name {output}; choose two files")
    for file, _ in makers:
        check_output(file, "a comparison", contains(FILE_MARK.encode()))
    runs = open_runs(options.runs, options.protocol)
    found = compare_runs(runs)
    for part in found:
        print(*map(to_plain, filter(None, (part.title, part.headline, part.caution))), sep="\n")
    for file, made in makers:
        write_atomically(file, made(runs, found).encode())
        print(f"comparison of {count_of(len(runs), 'run')} in {file} ({file.stat().st_size / 1e6:.1f} MB)")
