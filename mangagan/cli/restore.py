"""`mangagan restore`: fill holes in pictures and volumes, or remove noise from them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mangagan.cli.command import command_parser, run
from mangagan.cli.volume_options import FORMATS, add_files, check_report, finish

if TYPE_CHECKING:
    from mangagan.infer.restore.denoiser import Denoiser
    from mangagan.infer.restore.inpainter import Inpainter
    from mangagan.tiles import Tiles

_EXAMPLES = """
--task=denoise --checkpoint=runs/restore_denoise scans volume.cbz --output=clean
--task=inpaint --checkpoint=runs/restore_inpaint pages --mask=masks --output=whole
--task=inpaint --checkpoint=runs/restore_inpaint page.png --hole=white --output=whole
"""
_NOTES = """
Without --mask and --hole the hole is where a picture is fully transparent; it becomes opaque. Known pixels are kept
exactly in PNG, TIFF, BMP and lossless WebP; JPEG, AVIF and lossy WebP are encoded again at quality 95. Size, folder
tree, names, format, grey or colour, alpha, colour profile, EXIF and resolution are those of the input. The same
command continues where it was stopped: results that exist are kept. A folder stays a folder, an archive or PDF becomes
a CBZ of its name. Masks of pages are FOLDER/PAGE or FOLDER/VOLUME/PAGE. A picture that cannot be read or would lose
something is copied and reported; one whose hole is not known has no result until its mask is there.

exit code: 0 all done; 1 some pictures failed; 2 a mistake in the arguments; 130 stopped
"""


# NAME.png becomes NAME-inpainted.png.
_ENDINGS = {"inpaint": "-inpainted", "denoise": "-denoised"}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    from mangagan.tiles import PAGE_TILES

    description = "Fill holes in pictures of any size (inpaint), or remove noise from them (denoise)."
    parser = command_parser("restore", description, _EXAMPLES, _NOTES)
    add_files(parser.add_argument_group("files"), "default: beside the input")
    add = parser.add_argument_group("network").add_argument
    add("--task", required=True, choices=tuple(_ENDINGS), help="what the network was trained for")
    add("--checkpoint", required=True, type=Path, metavar="RUN", help="the folder of a run or of a model")
    holes = parser.add_argument_group("inpainting").add_mutually_exclusive_group()
    mask_help = "white is the hole: one mask for all pictures, or masks of the same names"
    holes.add_argument("--mask", type=Path, metavar="FILE_OR_FOLDER", help=mask_help)
    holes.add_argument("--hole", choices=("black", "white"), help="the hole is every pixel of exactly this colour")
    add = parser.add_argument_group("denoising").add_argument
    sigma_help = "standard deviation of the noise (0 to 255), for networks that take it"
    add("--sigma", type=float, metavar="S", help=sigma_help)
    add = parser.add_argument_group("tiles").add_argument
    tile_help = f"side of a tile (default: {PAGE_TILES.size}); deeper in a hole than a quarter of it, detail is coarser"
    add("--tile", type=int, metavar="PIXELS", help=tile_help)
    add("--overlap", type=int, metavar="PIXELS", help="overlap of two tiles (default: a quarter of a tile)")
    add("--batch", type=int, metavar="N", help="tiles at a time (default: 1 on a CPU, else 8)")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = parser().parse_intermixed_args(argv)
    return run("restore", lambda: _restore(options))


def _restore(options: argparse.Namespace) -> int:
    from mangagan.images.encode import Quality
    from mangagan.infer.volume.outputs import output_beside
    from mangagan.infer.volume.plan import plan
    from mangagan.infer.volume.process_volumes import Settings, process_volumes

    _check(options)
    check_report(options.report, [*options.inputs, *filter(None, [options.mask])])
    output = options.output or output_beside(options.inputs, options.to, _ENDINGS[options.task])
    _check_apart(output, options.mask)
    # Results of an earlier run and masks may lie among the pictures.
    apart = [path for path in (output, options.mask) if path]
    # Mistakes in the files are reported before a network is loaded.
    jobs = plan(options.inputs, output, options.to, apart)
    quality = Quality(format=FORMATS.get(options.format))
    settings = Settings("", options.overwrite, quality=quality, max_bytes=options.max_bytes, workers=options.workers)
    return finish("restore", process_volumes(jobs, _restorer(options), settings), options.report)


def _restorer(options: argparse.Namespace) -> Denoiser | Inpainter:
    """Return the denoiser or inpainter that the options name."""
    import mangagan
    from mangagan.compilation_cache import keep_compiled
    from mangagan.infer.restore.denoiser import Denoiser
    from mangagan.infer.restore.holes import HoleSource
    from mangagan.infer.restore.inpainter import Inpainter
    from mangagan.train.load import load_trained

    keep_compiled()
    experiment, variables = load_trained(options.checkpoint)
    if experiment.task.kind != options.task:
        raise ValueError(f"--task={options.task}: {options.checkpoint} was trained to {experiment.task.kind}")
    restorer = mangagan.from_variables(experiment, variables)
    assert isinstance(restorer, (Denoiser, Inpainter))
    tiles = _tiles(options, restorer.tiles)
    if isinstance(restorer, Inpainter):
        return replace(restorer, tiles=tiles, holes=HoleSource(options.mask, options.hole))
    if restorer.takes_sigma and options.sigma is None:
        raise ValueError(f"{options.checkpoint} takes the standard deviation of the noise: give --sigma, such as 25")
    if options.sigma is not None and not restorer.takes_sigma:
        raise ValueError(f"--sigma={options.sigma:g}: {options.checkpoint} takes no standard deviation")
    return replace(restorer, tiles=tiles, sigma=options.sigma)


def _tiles(options: argparse.Namespace, default: Tiles) -> Tiles:
    """Return the tiles that the options describe; the overlap is a quarter of a tile unless it is given."""
    size = default.size if options.tile is None else options.tile
    overlap = size // 4 if options.overlap is None else options.overlap
    return replace(default, size=size, overlap=overlap, batch=default.batch if options.batch is None else options.batch)


def _check(options: argparse.Namespace) -> None:
    if options.sigma is not None and options.task == "inpaint":
        raise ValueError("--sigma belongs to --task=denoise")
    if (options.mask or options.hole) and options.task == "denoise":
        raise ValueError("--mask and --hole belong to --task=inpaint")
    if options.sigma is not None and not 0 <= options.sigma <= 255:
        raise ValueError(f"--sigma={options.sigma:g}: the standard deviation of 8-bit noise is from 0 to 255")
    if options.mask and not options.mask.exists():
        raise ValueError(f"--mask={options.mask}: there is no such file or folder")


def _check_apart(output: Path, masks: Path | None) -> None:
    if masks and masks.is_dir() and output.resolve().is_relative_to(masks.resolve()):
        raise ValueError(f"{output} is a folder of masks; choose another --output")
