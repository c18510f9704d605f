"""Restores pictures of any size with a trained run: fills holes (inpaint) or takes noise away (denoise)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

EXAMPLES = """
examples:
  python launch/restore.py --task=denoise --checkpoint=runs/restore_denoise scans --output=clean
  python launch/restore.py --task=denoise --checkpoint=runs/known_sigma --sigma=25 photo.jpg --output=clean
  python launch/restore.py --task=inpaint --checkpoint=runs/restore_inpaint pages --mask=masks --output=whole
  python launch/restore.py --task=inpaint --checkpoint=runs/restore_inpaint page.png --hole=white --output=whole
  python launch/restore.py --task=inpaint --checkpoint=runs/restore_inpaint cut_out.png --output=whole

Without --mask and --hole the hole is where a picture is wholly transparent; it becomes opaque. Known pixels come back
to the bit in PNG, TIFF, BMP and lossless WebP; JPEG, AVIF and lossy WebP are encoded anew, at quality 95.
Size, tree, names, format, grey or color, alpha, colour profile, EXIF and resolution are the input's. The same command
again goes on: results that are there are kept.

exit code: 0 all done, 1 some pictures were skipped, 2 a mistake in what was asked, 130 stopped
"""
_SKIPS_SHOWN = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; see EXAMPLES for the exit code."""
    options = _parser().parse_intermixed_args(arguments)
    try:
        return _restore(options)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130


def _restore(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from mangagan.images.decode import Unusable
    from mangagan.infer.restore.places import places

    _check(options)
    # What is wrong with the files is said before a network is loaded.
    todo = places(options.inputs, options.output, options.mask)
    there = [place for place in todo if place.target.exists() and not options.overwrite]
    if there:
        print(f"{len(there)} of {len(todo)} are in {options.output} already and are kept; --overwrite makes them anew")
        todo = [place for place in todo if place not in there]
    restored = _restorer(options) if todo else None
    skipped, notes = [], []
    with tqdm(todo, unit="picture", dynamic_ncols=True) as bar:
        for place in bar:
            try:
                notes += _one(place, restored)
            except (Unusable, OSError) as reason:
                skipped.append(f"{place.source}: {reason}")
    print(f"restored {len(todo) - len(skipped)} of {len(todo)} in {options.output}")
    for note in sorted(set(notes)):
        print(f"{notes.count(note)} {note}")
    more = [f"and {len(skipped) - _SKIPS_SHOWN} more"] if len(skipped) > _SKIPS_SHOWN else []
    for line in [*skipped[:_SKIPS_SHOWN], *more]:
        print(f"skipped {line}", file=sys.stderr)
    return 1 if skipped else 0


def _one(place, restored) -> list[str]:  # type: ignore[no-untyped-def]
    """Writes one result; what is to be said of it."""
    from mangagan.images.atomic import write_aside
    from mangagan.images.picture import decode

    data = place.source.read_bytes()
    picture = decode(data)
    result = restored(place, picture)
    place.target.parent.mkdir(parents=True, exist_ok=True)
    write_aside(place.target, data if result is None else result.encoded())
    if result is None:
        return ["had no hole: copied as they are"]
    return [] if picture.lossless else [f"{picture.format}: encoded anew, at a high quality"]


def _restorer(options: argparse.Namespace) -> Callable:  # type: ignore[type-arg]
    """Takes a place and its picture, gives the restored picture; None where there is nothing to restore."""
    import jax

    from mangagan.compilation_cache import keep_compiled
    from mangagan.tasks.denoise import Denoise
    from mangagan.tasks.inpaint import Inpaint
    from mangagan.tiles import Tiles
    from mangagan.train.load import load_trained

    keep_compiled()
    batch = (1 if jax.default_backend() == "cpu" else 8) if options.batch is None else options.batch
    tiles = Tiles(options.tile, options.tile // 4 if options.overlap is None else options.overlap, batch)
    experiment, variables = load_trained(options.checkpoint)
    fitting = {"inpaint": Inpaint, "denoise": Denoise}[options.task]
    if not isinstance(experiment.task, fitting):
        raise ValueError(
            f"--task={options.task}: {options.checkpoint} has learned {type(experiment.task).__name__}, "
            f"not {fitting.__name__}"
        )
    return (_inpainter if options.task == "inpaint" else _denoiser)(options, experiment, variables, tiles)


def _denoiser(options, experiment, variables, tiles) -> Callable:  # type: ignore[no-untyped-def,type-arg]
    from mangagan.infer.restore.restorer import denoiser

    known = experiment.data.damage.known
    if known and options.sigma is None:
        raise ValueError(f"{options.checkpoint} has learned with the noise's deviation told: give --sigma=25 or so")
    if options.sigma is not None and not known:
        raise ValueError(f"--sigma={options.sigma:g}: {options.checkpoint} has learned blind, and takes no deviation")
    denoised = denoiser(experiment.task.predict, variables, tiles, options.sigma)
    return lambda place, picture: picture.with_pixels(denoised(picture.pixels), picture.alpha)


def _inpainter(options, experiment, variables, tiles) -> Callable:  # type: ignore[no-untyped-def,type-arg]
    import numpy as np

    from mangagan.infer.restore.holes import colored_hole, masked_hole, transparent_hole
    from mangagan.infer.restore.places import mask_of
    from mangagan.infer.restore.restorer import inpainter

    filled = inpainter(experiment.task.predict, variables, tiles)

    def restored(place, picture):  # type: ignore[no-untyped-def]
        alpha = picture.alpha
        if options.mask:
            hole = masked_hole(picture, mask_of(place, options.mask).read_bytes())
        elif options.hole:
            hole = colored_hole(picture, options.hole)
        else:
            hole = transparent_hole(picture)
            alpha = np.where(hole, np.uint8(255), alpha)
        return picture.with_pixels(filled(picture.pixels, hole), alpha) if hole.any() else None

    return restored


def _check(options: argparse.Namespace) -> None:
    denoise_only, inpaint_only = options.sigma is not None, options.mask or options.hole
    if denoise_only and options.task == "inpaint":
        raise ValueError("--sigma belongs to --task=denoise")
    if inpaint_only and options.task == "denoise":
        raise ValueError("--mask and --hole belong to --task=inpaint")
    if options.sigma is not None and not 0 <= options.sigma <= 255:
        raise ValueError(f"--sigma={options.sigma:g}: the noise's deviation in 8-bit units is 0 to 255")
    if options.mask and not options.mask.exists():
        raise ValueError(f"--mask={options.mask}: there is no such file or folder")
    if options.output.is_file():
        raise ValueError(f"--output={options.output} is a file; name a folder")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="launch/restore.py",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--task", required=True, choices=("inpaint", "denoise"), help="what the run has learned")
    parser.add_argument("--checkpoint", required=True, type=Path, metavar="RUN", help="a run's or a model's folder")
    parser.add_argument("inputs", nargs="+", type=Path, metavar="INPUT", help="pictures, and folders of any depth")
    parser.add_argument("--output", required=True, type=Path, metavar="DIR", help="folder of the results")
    parser.add_argument("--overwrite", action="store_true", help="make results anew that are there already")
    holes = parser.add_mutually_exclusive_group()
    holes.add_argument(
        "--mask", type=Path, metavar="FILE_OR_FOLDER", help="white is the hole: one for all, or of the same names"
    )
    holes.add_argument("--hole", choices=("black", "white"), help="the hole is all that has exactly this color")
    parser.add_argument("--sigma", type=float, metavar="S", help="the noise's deviation (0 to 255), if the run asks it")
    parser.add_argument(
        "--tile",
        type=int,
        default=256,
        metavar="PIXELS",
        help="side of a tile (default: 256); deeper in a hole than a quarter of it, half the size must do",
    )
    parser.add_argument("--overlap", type=int, metavar="PIXELS", help="of two tiles (default: a quarter of a tile)")
    parser.add_argument("--batch", type=int, metavar="N", help="tiles at a time (default: 1 on a CPU, else 8)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
