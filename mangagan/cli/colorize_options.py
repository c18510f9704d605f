"""The options of `mangagan colorize`."""

from __future__ import annotations

import argparse
from pathlib import Path

from mangagan.cli.command import command_parser
from mangagan.cli.volume_options import add_files
from mangagan.pretrained import DEFAULT, resolve_checkpoint

_EXAMPLES = """
page.png
shelf -o shelf-in-color --palette=palettes
--checkpoint=my-colorizer.onnx kite.cbz -o kite-color.cbz --palette=cover.jpg --report=report.json
"""
_NOTES = """
Input: PNG, JPEG, WebP, TIFF, AVIF, BMP and GIF pictures, folders of any depth, CBZ and ZIP; PDF with pypdfium2, CBR
and RAR with rarfile and unrar, unar, 7z or bsdtar (pip install "mangagan[pdf,rar]"). Names, folder tree, order, size,
format, profile and EXIF are those of the input; ComicInfo.xml gets BlackAndWhite=No and a note. Pages that are in
colour already are copied byte for byte. The input is never changed.

Output: without --output a name beside the input: page-color.png, kite-color.cbz or scans-color; for several inputs the
folder color. Existing output is kept. The same command continues where it was stopped or killed.

Checkpoint: "base", the default, is the model of the package; a folder of your own with this name is ./base.

Palette: the colours to use, for networks that take them. "auto" takes them from the cover and the coloured pages of a
volume, and without any from the mean of many pages. A FILE is a picture in colour (a cover, a page, one of another
volume) or JSON with colours and their shares of the drawing:
  {"version": 1, "colors": [{"color": "#d8453e", "share": 0.3}, {"color": "#f4d7b8"}]}
One FILE, or several with commas between them, are for all pages. A folder has files for volumes, VOLUME.json or
VOLUME.png, and for single pages, VOLUME/PAGE.json or VOLUME/PAGE.png; without one, "auto" is used.

Hints: JSON files HINTS/VOLUME/PAGE.json or HINTS/PAGE.json, in pixels of the page:
  {"version": 1, "size": [992, 1401], "points": [{"at": [120, 80], "color": "#d8453e"}]}

Ink: "exact" keeps the page's black ink to the pixel (JPEG and other lossy formats blur it a little when the page is
written), "soft" lets it take the hue of the prediction, "auto" is soft on pages that are painted in greys and exact on
those that are drawn, "off" gives the enlarged prediction alone. Balloons, gutters and spot colours stay with each.

exit code: 0 all done; 1 some pages or volumes failed; 2 a mistake in the arguments; 130 stopped
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    description = "Colour pages, chapters and volumes at their own size, with their own lines."
    parser = command_parser("colorize", description, _EXAMPLES, _NOTES)
    add_files(parser.add_argument_group("files"), "default: beside the input")
    _add_network(parser.add_argument_group("network"))
    _add_guidance(parser.add_argument_group("colours"))
    _add_encoding(parser.add_argument_group("encoding"))
    return parser


def _add_network(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    checkpoint_help = f"the folder of a run or a model, or an .onnx file (default: {DEFAULT})"
    add("--checkpoint", default=DEFAULT, type=resolve_checkpoint, metavar="RUN", help=checkpoint_help)
    add("--backend", choices=("jax", "onnx"), help="what runs the network (default: onnx for .onnx files, else jax)")
    add("--size", default="auto", metavar="N", help="pixels of a page's shorter side for the network (default: auto)")


def _add_guidance(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--palette", default="auto", metavar="P", help="auto, none, FILE[,FILE...] or a folder (default: auto)")
    add("--hints", type=Path, metavar="DIR", help="folder of colour hints, for networks that take them")
    add("--ink", choices=("auto", "exact", "soft", "off"), default="auto", help="how ink is kept (default: auto)")
    add("--protect", choices=("on", "off"), default="on", help="speech balloons and gutters stay white (default: on)")
    recolor_help = "colour pages anew that are in colour; without names or patterns all of them"
    add("--recolor", default="", metavar="PAGES", help=recolor_help)
    add("--keep", default="", metavar="PAGES", help="keep these pages as they are, such as cover,00[12]*")


def _add_encoding(group: argparse._ArgumentGroup) -> None:
    jpeg_help = "1 to 100, or keep: that of the source (default: keep)"
    group.add_argument("--jpeg-quality", default="keep", metavar="Q", help=jpeg_help)
    for kind, default in (("webp", 92), ("avif", 90)):
        group.add_argument(
            f"--{kind}-quality", type=int, default=default, metavar="Q", help=f"1 to 100 (default: {default})"
        )
