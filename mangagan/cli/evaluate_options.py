"""The options of `mangagan evaluate`, and which of them apply to which subject."""

from __future__ import annotations

import argparse
from pathlib import Path

from mangagan.cli.command import command_parser, count, positive

_EXAMPLES = """
--checkpoint=runs/pix2pix_manga-laptop --data=unseen --protocol=512x800
--predictions=theirs --truth=pages --output=theirs.json
--checkpoint=runs/restore_denoise --data=folder:cbsd68 --sigma=15,25,50
"""
_NOTES = """
Colourisation: held-out pages of the run's data, or of --data, are given in grey (luminance) and, where the data have
them, as their own ink and screentones. --protocol names their size: native, their own (pages of more than 2 megapixels
in tiles); 512x800, squeezed to that width and height; 256, the centre square scaled to 256 x 256; training, centre
crops at the size of the run's training, as its kind of input. All metrics are of 8-bit pictures: the mean over pages,
the standard deviation, and the 95 % bootstrap interval of the mean over works. The result goes to
RUN/evaluation/PROTOCOL[-DATA].json or to --output, with pictures of some pages, of the best and of the worst in the
folder ...-pages beside it. Without --output a result of the run on other pages is never replaced. Each page size is
compiled once, so native is slow for scans of many sizes.

Pictures of another program: --predictions=DIR is compared with the pictures of the same names in --truth=DIR. Their
input was the grey page, or the page in --source=DIR with its own ink and screentones. To compare a run with them,
evaluate it with --data=folder:TRUTH --works='*', or with --data=pairs:SOURCE,TRUTH --works='*' --kind=bw.
--pictures=N takes the same pages for both: N of those whose truth can be used and is in colour.

Denoising: white Gaussian noise of each --sigma is added to whole 8-bit pictures (--size: to their centre squares),
drawn by NumPy's default_rng from --seed, the picture's name and sigma. As in published results the noisy picture is
neither clipped nor rounded; --noise=8bit does both, as a file would. A run that was trained on another kind of noise
is evaluated on that kind unless --sigma is given. PSNR is over all pixels of the three channels of the output, clipped
and rounded to 8 bits, then averaged over pictures. Pictures of more than a megapixel are restored in tiles.

Inpainting: the centre square of --window pixels of each picture is scaled to --size (default: as in training), with
one hole for each class of area, drawn from --seed, the picture's name and the class. L1 in % of white, PSNR and SSIM
(Gaussian window) are of the composed 8-bit picture with its known pixels, averaged over pictures.

exit code: 0 done; 1 some pictures were skipped; 2 a mistake in the arguments
"""

_SUBJECTS = {
    "colorization": "a run that colours pages",
    "predictions": "pictures of another program",
    "denoising": "a run that removes noise",
    "inpainting": "a run that fills holes",
    "progress": "the pictures of a run's training",
}
# The options of each subject, beside --checkpoint.
_COMMON = ("works", "pictures", "seed", "output")
_COLOR = (*_COMMON, "protocol", "keep_pages", "perceptual", "inception")
_OPTIONS = {
    "colorization": (*_COLOR, "data", "kind"),
    "predictions": (*_COLOR, "predictions", "truth", "source"),
    "denoising": (*_COMMON, "data", "sigma", "noise", "size"),
    "inpainting": (*_COMMON, "data", "size", "window"),
    "progress": ("progress",),
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    description = "Measure a trained run, or pictures of another program: metrics with intervals, and pictures."
    parser = command_parser("evaluate", description, _EXAMPLES, _NOTES)
    _add_subject(parser.add_argument_group("subject"))
    _add_pictures(parser.add_argument_group("pictures"))
    _add_colorization(parser.add_argument_group("colourisation"))
    _add_restoration(parser.add_argument_group("restoration"))
    return parser


def check(options: argparse.Namespace) -> None:
    """Check what can be checked before a run is loaded.

    Args:
        options: What `parser` returned.

    Raises:
        ValueError: There is no subject or more than one, or an option does not apply to it.
    """
    if bool(options.checkpoint) == bool(options.predictions):
        raise ValueError("give either --checkpoint=RUN or --predictions=DIR, with --truth=DIR and --output=FILE")
    if options.predictions and not (options.truth and options.output):
        raise ValueError("--predictions=DIR needs --truth=DIR, the true pages, and --output=FILE for the result")
    if options.checkpoint and (options.truth or options.source):
        raise ValueError("--truth and --source belong to --predictions=DIR; a run is evaluated on --data=KIND:ARGUMENT")
    if options.output and not options.output.absolute().parent.is_dir():
        raise ValueError(f"--output={options.output}: there is no folder {options.output.absolute().parent}")
    if options.protocol == "training" and options.kind:
        raise ValueError(f"--kind={options.kind}: --protocol=training uses the kind of input of the run's training")
    if options.predictions or options.progress:
        check_subject(options, "predictions" if options.predictions else "progress")


def check_subject(options: argparse.Namespace, subject: str) -> None:
    """Check that each given option applies to a subject.

    Args:
        options: What `parser` returned.
        subject: "colorization", "predictions", "denoising", "inpainting" or "progress".

    Raises:
        ValueError: An option does not apply.
    """
    applicable, defaults = {"checkpoint", *_OPTIONS[subject]}, parser()
    given = {name for name, value in vars(options).items() if value != defaults.get_default(name)}
    if wrong := [f"--{name.replace('_', '-')}" for name in sorted(given - applicable)]:
        raise ValueError(f"{', '.join(wrong)}: not for {_SUBJECTS[subject]}, see --help")


def _add_subject(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--checkpoint", type=Path, metavar="RUN", help="the folder of a run or of a model")
    group.add_argument("--predictions", type=Path, metavar="DIR", help="instead: pictures of any other program")
    group.add_argument("--truth", type=Path, metavar="DIR", help="the true pages of --predictions, of the same names")
    group.add_argument("--source", type=Path, metavar="DIR", help="the pages that they were made from, if not grey")
    group.add_argument(
        "--progress", type=Path, metavar="FILE.png", help="instead: draw the first and last pictures of the training"
    )


def _add_pictures(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--data", metavar="KIND:ARGUMENT", help="folder:DIR; for colourisation any data source")
    group.add_argument(
        "--works", default="", metavar="A,B", help="only these works, or patterns of picture names, as in 'E1*'"
    )
    group.add_argument("--pictures", type=positive, metavar="N", help="at most N pictures, evenly spaced")
    group.add_argument("--seed", type=int, default=0, metavar="N", help="for noise, holes and intervals (default: 0)")
    group.add_argument("--output", type=Path, metavar="FILE", help="where the result goes, as JSON, or a folder for it")


def _add_colorization(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--protocol", choices=("native", "512x800", "256", "training"), help="the size (default: native)"
    )
    group.add_argument("--kind", choices=("gray", "bw"), help="only this kind of input (default: both)")
    group.add_argument(
        "--keep-pages",
        type=count,
        default=4,
        metavar="N",
        help="keep pictures of N pages, of the best and of the worst; 0: of none (default: 4)",
    )
    group.add_argument("--perceptual", choices=("on", "off"), default="on", help="LPIPS and VFD (default: on)")
    group.add_argument(
        "--inception", type=Path, metavar="FILE", help="pt_inception-2015-12-05-*.pth of pytorch-fid, for FID"
    )


def _add_restoration(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--sigma", metavar="S,S", help="denoising: standard deviations, 0 to 255 (default: 25)")
    group.add_argument(
        "--noise", choices=("float", "8bit"), help="denoising: as drawn (default), or clipped and rounded"
    )
    group.add_argument("--size", type=positive, metavar="PIXELS", help="side of the evaluated square")
    group.add_argument("--window", type=positive, metavar="PIXELS", help="inpainting: its side before it is scaled")
