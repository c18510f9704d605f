"""The console command `mangagan`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from mangagan.cli import colorize


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs `mangagan COMMAND ...`; the exit code is the command's."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(prog="mangagan", description="Colour for manga and comics with GANs.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("colorize", help="pages, chapters and volumes in, the same in colour out", add_help=False)
    # The command reads its own arguments: it is the same one that launch/ has.
    parser.parse_args(given[:1])
    return colorize.main(given[1:], "mangagan colorize")
