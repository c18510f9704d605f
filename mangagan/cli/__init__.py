"""The command `mangagan`: one module for each of its commands, imported only when that command is called."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version

from mangagan.cli.command import CommandParser

COMMANDS = {
    "train": "train an experiment, or continue its run",
    "sweep": "train and evaluate many runs: ablations, seeds or a suite",
    "evaluate": "measure a trained run, or pictures of another program",
    "compare": "compare evaluated runs on an HTML page or in Markdown",
    "trial": "measure a colouriser on whole pages under several palettes",
    "export": "turn a run into a model, an ONNX file or a checkpoint",
    "prepare": "build the archive of a data source and show what is in it",
    "bench": "measure the speed of training or of the data stream",
    "colorize": "colour pages, chapters and volumes",
    "restore": "fill holes in pictures, or remove noise from them",
    "studio": "colour, inpaint and denoise in a browser",
}
_EPILOG = """
`mangagan COMMAND --help` explains a command. Begin with one of these:
  mangagan colorize page.png
  mangagan train --exp=pix2pix_manga:laptop
  mangagan evaluate --checkpoint=runs/pix2pix_manga-laptop
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of `mangagan`, which knows the names of the commands and no option of theirs."""
    parser = CommandParser(
        prog="mangagan",
        description="Colour manga and comics with GANs, restore pictures, and train the networks that do it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"mangagan {version('mangagan')}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="command")
    for name, text in COMMANDS.items():
        commands.add_parser(name, help=text, add_help=False)
    return parser


def main(argv: Sequence[str] | None = None) -> int | None:
    """Run `mangagan COMMAND ...` and return the exit code of the command.

    Args:
        argv: The arguments after `mangagan`; None: those of this process.
    """
    given = sys.argv[1:] if argv is None else list(argv)
    # Only the name is parsed here: a command reads its own arguments, and no other command is imported.
    command = parser().parse_args(given[:1]).command
    return import_module(f"mangagan.cli.{command}").main(given[1:])
