"""What `mangagan colorize` can be told."""

from __future__ import annotations

import argparse
from pathlib import Path

from mangagan.pretrained.shipped import NAME, checkpoint

_EXAMPLES = """
examples:
  {prog} page.png
  {prog} page.png -o page-in-color.png
  {prog} kite.cbz --palette=cover.jpg
  {prog} shelf -o shelf-in-color --palette=palettes
  {prog} --checkpoint=runs/pix2pix_manga scans -o kite.cbz --to=cbz --report=report.json
  {prog} --checkpoint=runs/siggraph17_manga kite.cbz -o color --hints=hints
  {prog} --checkpoint=my-colorizer.onnx kite.cbz -o color --backend=onnx

Input: PNG, JPEG, WebP, TIFF, AVIF, BMP and GIF pictures, folders of any depth, CBZ and ZIP; PDF with pypdfium2, CBR and
RAR with rarfile and unrar, unar, 7z or bsdtar (pip install "mangagan[pdf,rar]"). Names, tree, order, size, format,
profile and EXIF are the input's; ComicInfo.xml says BlackAndWhite=No and what coloured it. Pages that are in colour
already are copied byte for byte. The input is never changed.

Output: without --output a name beside the input, page-color.png, kite-color.cbz or scans-color; of several inputs the
folder color. What is there already stays.

--checkpoint: "base", the default, is the model of the package; a folder of your own with this name is ./base.

--palette: the colours to paint in, for networks that take them. "auto" takes them from the cover and the pages of a
volume that are in colour, and where there are none from what pages have in the mean. A FILE is a picture in colour (a
cover, a page, one of another volume) or a JSON file of colours with their shares of the drawing:
  {{"version": 1, "colors": [{{"color": "#d8453e", "share": 0.3}}, {{"color": "#f4d7b8"}}]}}
One FILE, or several with commas between them, are for all pages. A folder has files for volumes, VOLUME.json or
VOLUME.png, and for single pages, VOLUME/PAGE.json or VOLUME/PAGE.png; all others are as with auto.

--ink: "exact" leaves the page's black ink as it is (to the pixel; JPEG and other lossy formats blur it a little when
the page is written), "soft" lets it take the hue of the prediction, "auto" is soft on pages that are painted in greys
and exact on those that are drawn, "off" gives the prediction alone, enlarged.
Balloons, gutters and spot colours stay with each of them.

The same command again goes on where it was stopped or killed: finished pages are kept.

Hints are JSON files, HINTS/VOLUME/PAGE.json or HINTS/PAGE.json, in pixels of the page:
  {{"version": 1, "size": [992, 1401], "points": [{{"at": [120, 80], "color": "#d8453e"}}]}}

exit code: 0 all done, 1 some pages or volumes are not as they should be, 2 a mistake in what was asked, 130 stopped
"""


def parser(prog: str, about: str | None) -> argparse.ArgumentParser:
    """The command's parser, under the name that it was started by."""
    parser = argparse.ArgumentParser(
        prog=prog,
        description=about,
        epilog=_EXAMPLES.format(prog=prog if " " in prog else f"python {prog}"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("inputs", nargs="+", type=Path, metavar="INPUT", help="pictures, folders, archives and PDFs")
    run = "a run's or a model's folder, or an .onnx file"
    add("--checkpoint", default=NAME, type=checkpoint, metavar="RUN", help=f"{run} (default: {NAME}, of the package)")
    where = "a folder; for one page or one volume also a file (default: beside the input)"
    add("-o", "--output", type=Path, metavar="PATH", help=where)
    add("--to", choices=("cbz", "folder"), help="what volumes become (default: folders folders, archives CBZ)")
    add("--palette", default="auto", metavar="P", help="auto, none, FILE[,FILE...] or a folder (default: auto)")
    add("--ink", choices=("auto", "exact", "soft", "off"), default="auto", help="how ink stays (default: auto)")
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
