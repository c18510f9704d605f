"""`mangagan restore`: fill holes in pictures and volumes, or remove noise from them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mangagan.cli.command import command_parser, run

if TYPE_CHECKING:
    from mangagan.infer.restore.denoiser import Denoiser
    from mangagan.infer.restore.inpainter import Inpainter
    from mangagan.infer.restore.picture_jobs import PictureJob
    from mangagan.infer.volume.jobs import Job
    from mangagan.infer.volume.page_stages import Processor
    from mangagan.tiles import Tiles

_EXAMPLES = """
--task=denoise --checkpoint=runs/restore_denoise scans --output=clean
--task=inpaint --checkpoint=runs/restore_inpaint pages --mask=masks --output=whole
--task=inpaint --checkpoint=runs/restore_inpaint page.png --hole=white --output=whole
"""
_NOTES = """
Without --mask and --hole the hole is where a picture is fully transparent; it becomes opaque. Known pixels are kept
exactly in PNG, TIFF, BMP and lossless WebP; JPEG, AVIF and lossy WebP are encoded again at quality 95. Size, folder
tree, names, format, grey or colour, alpha, colour profile, EXIF and resolution are those of the input. The same
command continues where it was stopped: results that exist are kept. An archive or PDF becomes a CBZ of its name; the
masks of its pages are FOLDER/VOLUME/PAGE or FOLDER/PAGE.

exit code: 0 all done; 1 some pictures were skipped; 2 a mistake in the arguments; 130 stopped
"""
_SKIPS_SHOWN = 20


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    from mangagan.tiles import PAGE_TILES

    description = "Fill holes in pictures of any size (inpaint), or remove noise from them (denoise)."
    parser = command_parser("restore", description, _EXAMPLES, _NOTES)
    add = parser.add_argument_group("files").add_argument
    add("inputs", nargs="+", type=Path, metavar="INPUT", help="pictures, folders of any depth, archives and PDFs")
    add("--output", required=True, type=Path, metavar="DIR", help="folder of the results")
    add("--overwrite", action="store_true", help="overwrite results that exist")
    add = parser.add_argument_group("network").add_argument
    add("--task", required=True, choices=("inpaint", "denoise"), help="what the network was trained for")
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
    from mangagan.images.names import VOLUME_SUFFIXES
    from mangagan.infer.restore.picture_jobs import picture_jobs
    from mangagan.infer.volume.plan import plan

    _check(options)
    volumes = [path for path in options.inputs if path.suffix.lower() in VOLUME_SUFFIXES and path.is_file()]
    pictures = [path for path in options.inputs if path not in volumes]
    # Mistakes in the files are reported before a network is loaded.
    jobs = plan(volumes, options.output) if volumes else []
    todo = _without_finished(picture_jobs(pictures, options.output, options.mask), options) if pictures else []
    restorer = _restorer(options) if todo or jobs else None
    code = _restore_pictures(todo, restorer, options) if pictures else 0
    return max(code, _restore_volumes(jobs, restorer, options)) if restorer and jobs else code


def _without_finished(todo: list[PictureJob], options: argparse.Namespace) -> list[PictureJob]:
    """Return the pictures that have no result yet, and print how many have one."""
    finished = [job for job in todo if job.target.exists() and not options.overwrite]
    if finished:
        count = f"{len(finished)} of {len(todo)}"
        print(f"{count} are in {options.output} already and are kept; --overwrite replaces them")
    return [job for job in todo if job not in finished]


def _restore_pictures(todo: Sequence[PictureJob], restorer: Processor | None, options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from mangagan.images.errors import UnusableFile
    from mangagan.images.volume import Volume
    from mangagan.infer.restore.restore_file import restore_file

    processor = restorer.begin_volume("", Volume(())) if restorer else None
    skipped, remarks = [], []
    with tqdm(todo, unit="picture", dynamic_ncols=True) as bar:
        for job in bar:
            assert processor
            try:
                remarks.append(restore_file(processor, job))
            except (UnusableFile, OSError) as reason:
                skipped.append(f"{job.source}: {reason}")
    print(f"restored {len(todo) - len(skipped)} of {len(todo)} in {options.output}")
    _print_remarks([remark for remark in remarks if remark], skipped)
    return 1 if skipped else 0


def _print_remarks(remarks: Sequence[str], skipped: Sequence[str]) -> None:
    for remark in sorted(set(remarks)):
        print(f"{remarks.count(remark)} {remark}")
    more = [f"and {len(skipped) - _SKIPS_SHOWN} more"] if len(skipped) > _SKIPS_SHOWN else []
    for line in [*skipped[:_SKIPS_SHOWN], *more]:
        print(f"skipped {line}", file=sys.stderr)


def _restore_volumes(jobs: Sequence[Job], restorer: Processor, options: argparse.Namespace) -> int:
    from mangagan.infer.volume.process_volumes import Settings, process_volumes

    report = process_volumes(jobs, restorer, Settings("", overwrite=options.overwrite))
    print(*report.lines(), sep="\n")
    return report.exit_code


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
    if options.output.is_file():
        raise ValueError(f"--output={options.output} is a file; name a folder")
