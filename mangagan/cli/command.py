"""What all commands share: their parser, whole numbers, and one line for a mistake of the user.

A command module defines `parser()` and `main(argv)`. It parses, calls the library and prints; heavy imports stand
inside its functions, so that `--help` is quick and worker processes, which import the main module anew, stay small.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from mangagan.images.names import printable

EXIT_MISTAKE, EXIT_STOPPED = 2, 130
OVERRIDES = "change one value of the experiment; `mangagan train --exp=NAME --describe` lists all keys"


class CommandParser(argparse.ArgumentParser):
    """A parser that keeps the layout of its texts and reports a mistake in one line."""

    def error(self, message: str) -> NoReturn:
        """Print the message without the usage, which `--help` shows, and exit with 2."""
        self.exit(EXIT_MISTAKE, f"{self.prog}: error: {printable(message)}\n")


def command_parser(name: str, description: str, examples: str, notes: str = "") -> CommandParser:
    """Return the parser of `mangagan NAME`.

    Args:
        name: The command's name.
        description: One sentence: what the command does.
        examples: Command lines without the leading `mangagan NAME`, one a line.
        notes: What the options do not say: paragraphs below the examples.
    """
    return CommandParser(prog=f"mangagan {name}", **help_texts(name, description, examples, notes))


def help_texts(name: str, description: str, examples: str, notes: str = "") -> dict[str, Any]:
    """Return the arguments of a parser that make its help; for the arguments see `command_parser`."""
    lines = "".join(f"  mangagan {name} {example.strip()}\n" for example in examples.strip().splitlines())
    return {
        "description": description,
        "epilog": f"examples:\n{lines}\n{notes.strip()}".rstrip(),
        "formatter_class": argparse.RawDescriptionHelpFormatter,
    }


def run(name: str, work: Callable[[], int | None]) -> int:
    """Do the work of `mangagan NAME` and return its exit code.

    A mistake of the user, which the library raises as ValueError, OSError or ImportError, becomes one line on the
    standard error and exit code 2. Ctrl-C becomes exit code 130: commands continue where they were stopped.
    """
    for stream in (sys.stdout, sys.stderr):
        # Names of files may have letters that a terminal cannot show.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        return work() or 0
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "mangagan":
            raise  # a mistake of this package, not a missing extra
        # Python's own messages may have several lines.
        print_error(name, " ".join(str(error).split()))
    except (ValueError, OSError) as error:
        print_error(name, error)
    except RuntimeError as error:
        # What `Path.expanduser` raises for ~ where the user, or the one that is named after it, has no home folder.
        if "home directory" not in str(error):
            raise
        print_error(name, "a path begins with ~, and there is no such home folder: write the whole path")
    except KeyboardInterrupt:
        return stopped()
    return EXIT_MISTAKE


def print_error(name: str, message: object) -> None:
    """Print `mangagan NAME: error: MESSAGE` to the standard error, in one line."""
    print(f"mangagan {name}: error: {printable(str(message))}", file=sys.stderr)


def stopped() -> int:
    """Say that the same command continues, and return the exit code of a command that was stopped."""
    print("stopped; the same command continues from here", file=sys.stderr)
    return EXIT_STOPPED


def positive(text: str) -> int:
    """Return a whole number of at least 1.

    Raises:
        argparse.ArgumentTypeError: The text is not one.
    """
    return _whole(text, least=1)


def count(text: str) -> int:
    """Return a whole number of at least 0.

    Raises:
        argparse.ArgumentTypeError: The text is not one.
    """
    return _whole(text, least=0)


def positives(text: str) -> list[int]:
    """Return the whole numbers in "N,N,...", each at least 1, without repetitions.

    Raises:
        argparse.ArgumentTypeError: A part is not one.
    """
    return list(dict.fromkeys(map(positive, text.split(","))))


def _whole(text: str, least: int) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {least}")
    return int(text)
