"""What launch/evaluate.py is asked: its options, which of them belong together, and what is said of them."""

from __future__ import annotations

import argparse
from pathlib import Path

from launch._numbers import count, positive

EXAMPLES = """
examples:
  python launch/evaluate.py --checkpoint=runs/pix2pix_manga-laptop --data=unseen --protocol=512x800
  python launch/evaluate.py --checkpoint=runs/cyclegan_manga --data=folder:pages --works=E15,E16 --inception=FILE.pth
  python launch/evaluate.py --predictions=theirs --truth=pages --output=theirs.json
  python launch/evaluate.py --checkpoint=runs/restore_denoise --data=folder:cbsd68 --sigma=15,25,50
  python launch/evaluate.py --checkpoint=runs/restore_inpaint --data=folder:pages --works=E15,E16,E17 --output=E.json
  python launch/evaluate.py --checkpoint=runs/restore_denoise --progress=progress.png

coloring: pages of works held out of the run's data, or of --data, as grey pages (luminance) and, where the data have
them, as their own ink and tones. --protocol says at which size: native, their own (pages of more than 2 megapixels in
tiles); 512x800, squeezed to that width and height; 256, the middle square scaled to 256 x 256; training, the middle
windows of the run's own training at their size, as the kind of input that it learned from. All figures are of 8-bit
pictures: the mean over pages, their standard deviation, and the 95 % interval of the mean by bootstrap over works. The
result, page by page, goes to RUN/evaluation/PROTOCOL[-DATA].json or to --output, and into the folder ...-pages beside
it pictures of some pages, of the best and of the worst. A result that a run has of other pages or another kind alone is
never replaced: give it an --output then. What --output=FILE.json names is replaced where it is a result. Each size of
page is compiled anew, so native of scans of many sizes is slow.

pictures of another program: --predictions=DIR is compared with the pictures of the same names in --truth=DIR. They
were painted from grey pages, or from the pages in --source=DIR that have ink and tones of their own. A run is judged
beside them by --data=folder:TRUTH --works='*', or by --data=pairs:SOURCE,TRUTH --works='*' --kind=bw. --pictures=N
takes the same pages for both: N of those whose truth can be used and is in color.

denoising: white Gaussian noise of each --sigma is added to whole pictures of 8 bits (--size: to their middle squares),
drawn by NumPy's default_rng from --seed, the picture's name and sigma. As in published figures the noisy picture is
neither clipped nor rounded; --noise=8bit does both, as a file would. A run that learned another kind of noise gets its
own kind where no --sigma is given. PSNR is over all pixels of the three channels, of the output clipped and rounded to
8 bits; the figure is the mean over pictures. Pictures of more than a megapixel are restored in tiles.

inpainting: of each picture the middle square of --window pixels, scaled to --size (as in training, where not given),
and one hole for each class of area, drawn from --seed, the picture's name and the class. L1 in % of white, PSNR and
SSIM (Gaussian window) are of the composed picture, rounded to 8 bits, known pixels included; means over pictures.

exit code: 0 done, 1 some pictures were skipped, 2 a mistake in what was asked
"""

# What is judged, or drawn, and the options that say something of it beside --checkpoint.
_MODES = {
    "coloring": "a run that colors pages",
    "predictions": "pictures of another program",
    "denoising": "a run that takes noise away",
    "inpainting": "a run that fills holes",
    "progress": "the pictures of a training",
}
_ALL = ("works", "pictures", "seed", "output")
_COLORS = (*_ALL, "protocol", "keep_pages", "perceptual", "inception")
_OPTIONS = {
    "coloring": (*_COLORS, "data", "kind"),
    "predictions": (*_COLORS, "predictions", "truth", "source"),
    "denoising": (*_ALL, "data", "sigma", "noise", "size"),
    "inpainting": (*_ALL, "data", "size", "window"),
    "progress": ("progress",),
}


def check(options: argparse.Namespace) -> None:
    """Raises ValueError where it is not said what to judge, or an option does not belong to it."""
    if bool(options.checkpoint) == bool(options.predictions):
        raise ValueError("give either --checkpoint=RUN or --predictions=DIR, with --truth=DIR and --output=FILE")
    if options.predictions and not (options.truth and options.output):
        raise ValueError("--predictions=DIR needs --truth=DIR, the true pages, and --output=FILE for the result")
    if options.checkpoint and (options.truth or options.source):
        raise ValueError("--truth and --source belong to --predictions=DIR; a run is judged by --data=KIND:ARGUMENT")
    if options.output and not options.output.absolute().parent.is_dir():
        raise ValueError(f"--output={options.output}: there is no folder {options.output.absolute().parent}")
    if options.protocol == "training" and options.kind:
        raise ValueError(f"--kind={options.kind}: --protocol=training shows a run the kind that it has learned from")
    if options.predictions or options.progress:
        check_mode(options, "predictions" if options.predictions else "progress")


def check_mode(options: argparse.Namespace, mode: str) -> None:
    """Raises ValueError for options that say nothing of what is judged: one of "coloring", "denoising" and so on."""
    known, plain = {"checkpoint", *_OPTIONS[mode]}, parser("")
    given = {name for name, value in vars(options).items() if value != plain.get_default(name)}
    if wrong := [f"--{name.replace('_', '-')}" for name in sorted(given - known)]:
        raise ValueError(f"{', '.join(wrong)}: of no use for {_MODES[mode]}, which is what is asked for; see --help")


def parser(description: str) -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="launch/evaluate.py",
        description=description,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--checkpoint", type=Path, metavar="RUN", help="a run's or a model's folder")
    parser.add_argument("--predictions", type=Path, metavar="DIR", help="pictures of any other program instead")
    parser.add_argument("--truth", type=Path, metavar="DIR", help="the true pages of --predictions, of the same names")
    parser.add_argument("--source", type=Path, metavar="DIR", help="the pages that they were painted from, if not grey")
    parser.add_argument("--data", metavar="KIND:ARGUMENT", help="folder:DIR; coloring takes any source")
    parser.add_argument(
        "--works", default="", metavar="A,B", help="only these works, or patterns of pictures' names, as in 'E1*'"
    )
    parser.add_argument("--pictures", type=positive, metavar="N", help="so many at most, evenly spread")
    parser.add_argument(
        "--protocol", choices=("native", "512x800", "256", "training"), help="coloring: the size (default: native)"
    )
    parser.add_argument("--kind", choices=("gray", "bw"), help="coloring: this kind of input alone (default: both)")
    parser.add_argument(
        "--keep-pages",
        type=count,
        default=4,
        metavar="N",
        help="coloring: pictures of so many pages, of the best and of the worst; 0: of none (default: 4)",
    )
    parser.add_argument(
        "--perceptual", choices=("on", "off"), default="on", help="coloring: LPIPS and VFD (default: on)"
    )
    parser.add_argument(
        "--inception", type=Path, metavar="FILE", help="coloring: pt_inception-2015-12-05-*.pth of pytorch-fid, for FID"
    )
    parser.add_argument("--sigma", metavar="S,S", help="denoising: deviations of the noise, 0 to 255 (default: 25)")
    parser.add_argument(
        "--noise", choices=("float", "8bit"), help="denoising: as drawn (default), or clipped and rounded"
    )
    parser.add_argument("--size", type=positive, metavar="PIXELS", help="restoration: side of the square judged")
    parser.add_argument("--window", type=positive, metavar="PIXELS", help="inpainting: its side before it is scaled")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of noise, holes and intervals (default: 0)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where the result goes, as JSON; coloring: or DIR")
    parser.add_argument(
        "--progress", type=Path, metavar="FILE.png", help="draw a run's first and last pictures instead"
    )
    return parser
