"""`mangagan colorize`: colour pages, chapters and volumes at their own size, with their own lines."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from mangagan.cli.colorize_options import parser
from mangagan.cli.command import run
from mangagan.cli.volume_options import FORMATS, check_report, finish
from mangagan.pretrained import check_shipped

if TYPE_CHECKING:
    from mangagan.infer.colorizer import Colorizer
    from mangagan.infer.network import Network
    from mangagan.infer.volume.process_volumes import Settings


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    given = sys.argv[1:] if argv is None else argv
    # An option with an optional value would take the first input for it.
    options = parser().parse_intermixed_args(["--recolor=*" if text == "--recolor" else text for text in given])
    return run("colorize", lambda: _colorize(options))


def _colorize(options: argparse.Namespace) -> int:
    began = time.monotonic()
    from mangagan.infer.volume.outputs import output_beside
    from mangagan.infer.volume.plan import plan
    from mangagan.infer.volume.process_volumes import process_volumes

    check_report(options.report, options.inputs)
    output = options.output or output_beside(options.inputs, options.to)
    # Mistakes in the files are reported before a network is loaded.
    jobs = plan(options.inputs, output, options.to)
    settings = _settings(options, began)
    color = _colorizer(options)
    code = finish("colorize", process_volumes(jobs, color, settings), options.report)
    _print_unused("hints", color.hints.unused if color.hints else [])
    _print_unused("palettes", color.palettes.unused)
    return code


def _colorizer(options: argparse.Namespace) -> Colorizer:
    """Return the colouriser that the options name, with its guidance."""
    from mangagan.infer.colorizer import ColorizeOptions, Colorizer
    from mangagan.infer.guidance.hints_folder import HintsFolder
    from mangagan.infer.guidance.palettes import choose_palettes
    from mangagan.infer.page.compose import Compositing

    compositing = Compositing(options.ink, options.protect == "on")
    chosen = ColorizeOptions(compositing, _size(options.size), _patterns(options.recolor), _patterns(options.keep))
    hints = HintsFolder(options.hints) if options.hints else None
    palettes = choose_palettes(options.palette)
    network = _network(options)
    if hints and not network.info.hints:
        raise ValueError(
            f"--hints: {options.checkpoint} takes no hints; runs of colorizer_base and siggraph17_manga do"
        )
    if palettes.requested and not network.info.palette:
        raise ValueError(f"--palette: {options.checkpoint} takes no palette; runs of colorizer_base do")
    return Colorizer(network, chosen, palettes, hints, version=version("mangagan"))


def _settings(options: argparse.Namespace, began: float) -> Settings:
    from mangagan.images.encode import Quality
    from mangagan.infer.volume.process_volumes import Settings

    note = f"Coloured by mangagan {version('mangagan')} with {options.checkpoint.resolve().name}"
    quality = Quality(
        _jpeg_quality(options.jpeg_quality), options.webp_quality, options.avif_quality, FORMATS.get(options.format)
    )
    return Settings(
        note,
        overwrite=options.overwrite,
        quality=quality,
        max_bytes=options.max_bytes,
        workers=options.workers,
        began=began,
    )


def _patterns(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _jpeg_quality(text: str) -> int | None:
    if text == "keep":
        return None
    if not text.isdecimal() or len(text) > 3:
        raise ValueError(f"--jpeg-quality={text}: give a number from 1 to 100, or keep")
    return int(text)


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
        print(f"{what} that match no page: {file}", file=sys.stderr)


def _size(text: str) -> int | None:
    if text == "auto":
        return None
    if not text.isdecimal():
        raise ValueError(f"--size={text}: give the pixels of a page's shorter side for the network, or auto")
    return int(text)
