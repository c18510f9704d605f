"""What the commands that process volumes share: their options for files, and their report."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mangagan.cli.command import print_error
from mangagan.images.output_file import check_output, contains

# What --format takes, and the same as Pillow names it.
FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "avif": "AVIF", "tiff": "TIFF"}
# Keys at the start of every report.
_REPORT_MARKS = (b'"exit_code"', b'"volumes"')

if TYPE_CHECKING:
    from mangagan.infer.volume.report import Report


def add_files(group: argparse._ArgumentGroup, default_output: str) -> None:
    """Add the options for inputs, output and report; `default_output` says where results go without --output."""
    add = group.add_argument
    add("inputs", nargs="+", type=Path, metavar="INPUT", help="pictures, folders, archives and PDFs")
    where = f"a folder; for one page or one volume also a file ({default_output})"
    add("-o", "--output", type=Path, metavar="PATH", help=where)
    add("--to", choices=("cbz", "folder"), help="form of the results (default: folders: folder, archives: cbz)")
    add("--overwrite", action="store_true", help="overwrite existing output")
    add("--report", type=Path, metavar="FILE", help="JSON with the outcome of every page, seconds and memory")
    add("--format", choices=sorted(FORMATS), help="convert pages to this format (default: each keeps its own)")
    size_help = "most bytes of a volume, such as 200MB: pages in JPEG, WebP or AVIF get a lower quality if they must"
    add("--max-bytes", type=byte_count, metavar="N", help=size_help)
    add("--workers", type=int, default=2, metavar="N", help="threads that read and write pages (default: 2)")


def byte_count(text: str) -> int:
    """Return the bytes that a text such as 200MB names; K, M and G are powers of 1000.

    Raises:
        argparse.ArgumentTypeError: The text names no number of bytes.
    """
    found = re.fullmatch(r"(\d{1,12})\s*([kmg]?)b?", text.strip().lower())
    if not found or not int(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r}: write a number of bytes, such as 200MB")
    return int(found[1]) * {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}[found[2]]


def check_report(file: Path | None, inputs: Sequence[Path]) -> None:
    """Check that a report can be written, and that nothing but an older report is replaced.

    Raises:
        ValueError: The folder of the report does not exist, or the file is an input or anything but a report.
    """
    if file:
        check_output(file, "a report", contains(*_REPORT_MARKS), inputs)


def finish(command: str, report: Report, file: Path | None) -> int:
    """Print what became of the volumes, write the report if a file is named, and return the exit code."""
    print(*report.lines(), sep="\n")
    try:
        if file:
            report.write(file)
    except OSError as error:
        # The pages are what matters, above all where the disk is full: their exit code is kept if it is worse.
        print_error(command, f"the report could not be written: {error}")
        return max(report.exit_code, 1)
    return report.exit_code
