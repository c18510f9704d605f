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

if TYPE_CHECKING:
    from mangagan.infer.colorizer import Coloring
    from mangagan.infer.hints_folder import HintsFolder
    from mangagan.infer.network import Network
    from mangagan.infer.report import Report
    from mangagan.infer.volume import Settings

EXAMPLES = """
examples:
  {prog} --checkpoint=runs/pix2pix_manga kite.cbz --output=color
  {prog} --checkpoint=my-colorizer shelf --output=shelf-in-color
  {prog} --checkpoint=my-colorizer page.png --output=page-color.png
  {prog} --checkpoint=my-colorizer scans --output=kite.cbz --to=cbz --report=report.json
  {prog} --checkpoint=runs/siggraph17_manga kite.cbz --output=color --hints=hints
  {prog} --checkpoint=my-colorizer.onnx kite.cbz --output=color --backend=onnx

Input: PNG, JPEG, WebP, TIFF, AVIF, BMP and GIF pictures, folders of any depth, CBZ and ZIP; PDF with pypdfium2, CBR and
RAR with rarfile and unrar, unar, 7z or bsdtar (pip install "mangagan[pdf,rar]"). Names, tree, order, size, format,
profile and EXIF are the input's; ComicInfo.xml says BlackAndWhite=No and what coloured it. Pages that are in colour
already are copied byte for byte. The input is never changed.

--ink: "exact" leaves the page's black ink as it is (to the pixel; JPEG and other lossy formats blur it a little when
the page is written), "soft" lets it take the hue of the prediction, "off" gives the prediction alone, enlarged.
Balloons, gutters and spot colours stay with each of them.

The same command again goes on where it was stopped or killed: finished pages are kept.

Hints are JSON files, HINTS/VOLUME/PAGE.json or HINTS/PAGE.json, in pixels of the page:
  {{"version": 1, "size": [992, 1401], "points": [{{"at": [120, 80], "color": "#d8453e"}}]}}

exit code: 0 all done, 1 some pages or volumes are not as they should be, 2 a mistake in what was asked, 130 stopped
"""


def main(arguments: Sequence[str] | None = None, prog: str = "launch/colorize.py") -> int:
    """Runs the command; see EXAMPLES for the exit code."""
    for stream in (sys.stdout, sys.stderr):
        # Names of pages may have letters that a terminal cannot show.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    options = _parser(prog).parse_intermixed_args(arguments)
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
    from mangagan.infer.colorizer import colorizer
    from mangagan.infer.hints_folder import HintsFolder
    from mangagan.infer.plan import plan
    from mangagan.infer.volume import color_volumes

    if options.report and not options.report.absolute().parent.is_dir():
        raise ValueError(f"--report={options.report}: there is no folder {options.report.absolute().parent}")
    # What is wrong with the files is said before a network is loaded.
    jobs = plan(options.inputs, options.output, options.to)
    coloring, settings = _coloring(options), _settings(options, began)
    hints = HintsFolder(options.hints) if options.hints else None
    network = _network(options)
    if hints and not network.facts.hints:
        raise ValueError(f"--hints: {options.checkpoint} takes no hints; a run of siggraph17_manga does")
    color = colorizer(network, coloring, hints.hints if hints else lambda volume, page: None)
    # Another version may color otherwise, and a network that is told of other facts is shown other pictures.
    decides = f"{version('mangagan')} {network.facts} {coloring}"

    def identity(volume: str, page: str) -> str:
        return f"{decides} {hints.text(volume, page) if hints else None!r}"

    report = color_volumes(jobs, color, identity, settings)
    print(*report.lines(), sep="\n")
    _print_unused(hints)
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
    from mangagan.infer.compose import Compositing

    return Coloring(Compositing(options.ink, options.protect == "on"), _size(options.size), options.recolor)


def _settings(options: argparse.Namespace, began: float) -> Settings:
    from mangagan.infer.coding import Quality
    from mangagan.infer.volume import Settings

    note = f"Coloured by mangagan {version('mangagan')} with {options.checkpoint.resolve().name}"
    quality = Quality(options.jpeg_quality, options.webp_quality, options.avif_quality)
    return Settings(note, overwrite=options.overwrite, quality=quality, workers=options.workers, began=began)


def _network(options: argparse.Namespace) -> Network:
    file = options.checkpoint
    if (options.backend or ("onnx" if file.suffix == ".onnx" else "jax")) == "onnx":
        from mangagan.infer.onnx_network import onnx_network

        return onnx_network(file)
    from mangagan.infer.jax_network import jax_network
    from mangagan.train.compiled import keep_compiled
    from mangagan.train.trained import load_trained

    keep_compiled()
    return jax_network(*load_trained(file))


def _print_unused(hints: HintsFolder | None) -> None:
    for file in hints.unused if hints else ():
        print(f"hints that no page has: {file}", file=sys.stderr)


def _size(text: str) -> int | None:
    if text == "auto":
        return None
    if not text.isdecimal():
        raise ValueError(f"--size={text}: give the pixels of a page's shorter side for the network, or auto")
    return int(text)


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description=__doc__,
        epilog=EXAMPLES.format(prog=prog if " " in prog else f"python {prog}"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("inputs", nargs="+", type=Path, metavar="INPUT", help="pictures, folders, archives and PDFs")
    add("--checkpoint", required=True, type=Path, metavar="RUN", help="a run's or a model's folder, or an .onnx file")
    add("--output", required=True, type=Path, metavar="PATH", help="a folder; for one page or one volume also a file")
    add("--to", choices=("cbz", "folder"), help="what volumes become (default: folders folders, archives CBZ)")
    add("--ink", choices=("exact", "soft", "off"), default="exact", help="how the page's ink stays (default: exact)")
    add("--protect", choices=("on", "off"), default="on", help="speech balloons and gutters stay white (default: on)")
    add("--recolor", action="store_true", help="color pages anew that are in colour already")
    add("--size", default="auto", metavar="N", help="pixels of a page's shorter side for the network (default: auto)")
    add("--hints", type=Path, metavar="DIR", help="folder of colour hints, for networks that take them")
    add("--report", type=Path, metavar="FILE", help="what became of every page, and seconds and memory, as JSON")
    add("--backend", choices=("jax", "onnx"), help="what runs the network (default: onnx for .onnx files, else jax)")
    add("--workers", type=int, default=2, metavar="N", help="threads that read and write pages (default: 2)")
    add("--overwrite", action="store_true", help="make anew what is there already")
    for kind, default in (("jpeg", 95), ("webp", 92), ("avif", 90)):
        add(f"--{kind}-quality", type=int, default=default, metavar="Q", help=f"1 to 100 (default: {default})")
    return parser
