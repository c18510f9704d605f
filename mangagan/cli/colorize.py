"""Colours pages, chapters and volumes with a trained run: all comes out in colour, at its size, with its own lines."""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from mangagan.cli.colorize_options import parser
from mangagan.pretrained.shipped import check_shipped

if TYPE_CHECKING:
    from mangagan.infer.colorizer import Coloring
    from mangagan.infer.network import Network
    from mangagan.infer.volume.color_volumes import Settings
    from mangagan.infer.volume.report import Report


def main(arguments: Sequence[str] | None = None, prog: str = "launch/colorize.py") -> int:
    """Runs the command; its help says the exit codes."""
    for stream in (sys.stdout, sys.stderr):
        # Names of pages may have letters that a terminal cannot show.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    options = parser(prog, __doc__).parse_intermixed_args(arguments)
    try:
        return _colorize(options)
    except (ValueError, OSError, ImportError) as error:
        print("error:", *str(error).split(), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130


def _colorize(options: argparse.Namespace) -> int:
    began = time.monotonic()
    from mangagan.infer.beginning import beginning
    from mangagan.infer.guidance.hints_folder import HintsFolder
    from mangagan.infer.guidance.palettes import palettes
    from mangagan.infer.volume.color_volumes import color_volumes
    from mangagan.infer.volume.outputs import output_beside
    from mangagan.infer.volume.plan import plan

    if options.report and not options.report.absolute().parent.is_dir():
        raise ValueError(f"--report={options.report}: there is no folder {options.report.absolute().parent}")
    output = options.output or output_beside(options.inputs, options.to)
    # What is wrong with the files is said before a network is loaded.
    jobs = plan(options.inputs, output, options.to)
    coloring, settings = _coloring(options), _settings(options, began)
    hints = HintsFolder(options.hints) if options.hints else None
    chosen = palettes(options.palette)
    network = _network(options)
    if hints and not network.facts.hints:
        raise ValueError(
            f"--hints: {options.checkpoint} takes no hints; runs of colorizer_base and siggraph17_manga do"
        )
    if chosen.asked and not network.facts.palette:
        raise ValueError(f"--palette: {options.checkpoint} takes no palette; runs of colorizer_base do")
    report = color_volumes(jobs, beginning(version("mangagan"), network, coloring, hints, chosen), settings)
    print(*report.lines(), sep="\n")
    _print_unused("hints", hints.unused if hints else [])
    _print_unused("palettes", chosen.unused)
    return max(report.exit_code, _written(report, options.report))


def _written(report: Report, file: Path | None) -> int:
    try:
        if file:
            report.write(file)
    except OSError as error:
        # What became of the pages counts for more, where the disk is full above all.
        print(f"error: the report could not be written: {error}", file=sys.stderr)
        return 1
    return 0


def _coloring(options: argparse.Namespace) -> Coloring:
    from mangagan.infer.colorizer import Coloring
    from mangagan.infer.page.compose import Compositing

    return Coloring(Compositing(options.ink, options.protect == "on"), _size(options.size), options.recolor)


def _settings(options: argparse.Namespace, began: float) -> Settings:
    from mangagan.images.encode import Quality
    from mangagan.infer.volume.color_volumes import Settings

    note = f"Coloured by mangagan {version('mangagan')} with {options.checkpoint.resolve().name}"
    quality = Quality(options.jpeg_quality, options.webp_quality, options.avif_quality)
    return Settings(note, overwrite=options.overwrite, quality=quality, workers=options.workers, began=began)


def _network(options: argparse.Namespace) -> Network:
    file = options.checkpoint
    if (options.backend or ("onnx" if file.suffix == ".onnx" else "jax")) == "onnx":
        from mangagan.infer.onnx_network import onnx_network

        check_shipped(file)
        return onnx_network(file)
    from mangagan.compilation_cache import keep_compiled
    from mangagan.infer.jax_network import jax_network
    from mangagan.train.load import load_trained

    keep_compiled()
    return jax_network(*load_trained(file))


def _print_unused(what: str, files: Sequence[Path]) -> None:
    for file in files:
        print(f"{what} that no page has: {file}", file=sys.stderr)


def _size(text: str) -> int | None:
    if text == "auto":
        return None
    if not text.isdecimal():
        raise ValueError(f"--size={text}: give the pixels of a page's shorter side for the network, or auto")
    return int(text)
