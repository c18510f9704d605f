"""Judges a trained run: denoising by PSNR, inpainting by the size of the holes, coloring on works held out."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mangagan.data.stream import Data

EXAMPLES = """
examples:
  python launch/evaluate.py --checkpoint=runs/restore_denoise --data=folder:cbsd68 --sigma=15,25,50
  python launch/evaluate.py --checkpoint=runs/restore_inpaint --data=folder:pages --works=E15,E16,E17 --output=E.json
  python launch/evaluate.py --checkpoint=runs/pix2pix_manga-laptop
  python launch/evaluate.py --checkpoint=runs/restore_denoise --progress=progress.png

denoising: white Gaussian noise of each --sigma is added to whole pictures of 8 bits (--size: to their middle squares),
drawn by NumPy's default_rng from --seed, the picture's name and sigma. As in published figures the noisy picture is
neither clipped nor rounded; --noise=8bit does both, as a file would. A run that learned another kind of noise gets its
own kind where no --sigma is given. PSNR is over all pixels of the three channels, of the output clipped and rounded to
8 bits; the figure is the mean over pictures. Pictures of more than a megapixel are restored in tiles.

inpainting: of each picture the middle square of --window pixels, scaled to --size (as in training, where not given),
and one hole for each class of area, drawn from --seed, the picture's name and the class. L1 in % of white, PSNR and
SSIM (Gaussian window) are of the composed picture, rounded to 8 bits, known pixels included; means over pictures.

coloring: the figures of training's own evaluation, on the works of --data (of the run's data) that are held out.

exit code: 0 done, 1 some pictures were skipped, 2 a mistake in what was asked
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; see EXAMPLES for the exit code."""
    options = _parser().parse_args(arguments)
    try:
        if options.progress:
            return _progress(options)
        return _evaluate(options)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _progress(options: argparse.Namespace) -> int:
    from mangagan.train.progress import draw_progress

    draw_progress(options.checkpoint).save(options.progress)
    print(f"input, first pictures, last pictures and truth of {options.checkpoint}: {options.progress}")
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    import jax

    from mangagan.data.archive import cache_folder
    from mangagan.tasks.denoise import Denoise
    from mangagan.tasks.inpaint import Inpaint
    from mangagan.train.trained import load_trained

    if options.output and not options.output.absolute().parent.is_dir():
        raise ValueError(f"--output={options.output}: there is no folder {options.output.absolute().parent}")
    compiled = os.environ.get("JAX_COMPILATION_CACHE_DIR") or str(cache_folder() / "compiled")
    jax.config.update("jax_compilation_cache_dir", compiled)
    experiment, variables = load_trained(options.checkpoint)
    judges = {Denoise: _denoising, Inpaint: _inpainting}
    judge = next((judge for task, judge in judges.items() if isinstance(experiment.task, task)), _coloring)
    result, skipped = judge(options, experiment, variables)
    if options.output:
        from mangagan.files import write_aside

        content = {"checkpoint": str(options.checkpoint), "task": type(experiment.task).__name__} | result
        write_aside(options.output, (json.dumps(content | {"skipped": skipped}, indent=1) + "\n").encode())
        print(f"figures in {options.output}")
    for name, reason in skipped.items():
        print(f"skipped {name}: {reason}", file=sys.stderr)
    return 1 if skipped else 0


def _denoising(options, experiment, variables) -> tuple[dict[str, Any], dict[str, str]]:  # type: ignore[no-untyped-def]
    from dataclasses import replace

    from mangagan.data.damage import Gaussian, Noise
    from mangagan.evaluate.restoration import Denoising, white_noises
    from mangagan.evaluate.restoration_table import denoising_table
    from mangagan.infer.restorer import whole_or_tiled
    from mangagan.infer.tiles import Tiles

    damage = experiment.data.damage
    own = isinstance(damage, Noise) and not isinstance(damage.kind, Gaussian) and not options.sigma
    known, rounded = experiment.data.damage.known, options.noise == "8bit"
    noises = (
        {type(damage.kind).__name__: replace(damage, gray=0.0)}
        if own
        else white_noises(_sigmas(options.sigma or "25"), known=known, rounded=rounded)
    )
    judge = Denoising(noises, options.seed)
    if not own and damage.rounded != rounded:
        learned = "8bit" if damage.rounded else "float"
        print(f"the run has learned with --noise={learned} noise, and is judged with --noise={options.noise}")
    predict = whole_or_tiled(experiment.task.predict, variables, Tiles(512, 128))
    figures, skipped = _judged(
        options, experiment.data, lambda truth, pixels: judge.figures(predict, truth, pixels), options.size
    )
    print(f"\n{denoising_table(figures['mean'])}\n")
    if not own:
        print(
            "The noisy pictures were clipped and rounded to 8 bits, those of the other figures were not."
            if rounded
            else "The noisy pictures were neither clipped nor rounded, as those of the other figures."
        )
    protocol = {"noises": {name: str(noise) for name, noise in noises.items()}, "size": options.size}
    return _result(options, protocol, figures), skipped


def _inpainting(options, experiment, variables) -> tuple[dict[str, Any], dict[str, str]]:  # type: ignore[no-untyped-def]
    import jax

    from mangagan.evaluate.restoration import Inpainting
    from mangagan.evaluate.restoration_table import classes_won, inpainting_table

    size, window = options.size or experiment.data.size, options.window or options.size or experiment.data.window
    judge, run = Inpainting(options.seed), jax.jit(experiment.task.stages)
    stages = lambda batch: run(variables, batch)  # noqa: E731
    figures, skipped = _judged(
        options, experiment.data, lambda truth, pixels: judge.figures(stages, truth, pixels), size, window
    )
    print(f"\n{inpainting_table(figures['mean'])}\n\n{classes_won(figures['mean'], 'refined')}")
    return _result(options, {"size": size, "window": window}, figures), skipped


def _coloring(options, experiment, variables) -> tuple[dict[str, Any], dict[str, str]]:  # type: ignore[no-untyped-def]
    from dataclasses import replace

    import jax
    from tqdm import tqdm

    from mangagan.data.archive import open_archive
    from mangagan.evaluate.run import evaluate, held_out_pages

    data = replace(experiment.data, source=options.data or experiment.data.source)
    own = data.source == experiment.data.source
    # Another source has other works: a tenth of them is held out.
    archive = open_archive(data.source, held_out=data.held_out if own else "")
    pages = held_out_pages(data, archive, options.pictures or sys.maxsize)
    if not pages:
        raise ValueError(f"{data.source} has no page held out with both an input and a truth")
    run = jax.jit(experiment.task.predict)
    with tqdm(total=len(pages), unit="page", dynamic_ncols=True) as bar:

        def predict(page):  # type: ignore[no-untyped-def]
            bar.update()
            return run(variables, page)

        figures = evaluate(predict, pages)
    print("\n".join(f"{name} {figure:.4f}" for name, figure in figures.items()))
    return {"data": data.source, "pictures": len(pages), "mean": figures}, {}


def _judged(
    options: argparse.Namespace, learned: Data, figures: Callable, size: int | None, window: int | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """The figures of each picture of --data and their mean, and reasons by the names of those that were skipped.

    Of the source that a run has learned from, where no works are named, its works that were held out by name.
    """
    from tqdm import tqdm

    from mangagan.data.pictures import Unusable
    from mangagan.data.splits import patterns
    from mangagan.evaluate.restoration import mean, truths

    pictures, skipped = {}, {}
    chosen = patterns(options.works or (learned.held_out if options.data == learned.source else ""))
    if options.data == learned.source and not chosen:
        print(f"{options.data} is what the run has learned from: name works that were held out with --works")
    for truth in tqdm(truths(_folder(options.data), chosen, options.pictures), unit="picture"):
        try:
            pictures[truth.name] = figures(truth, truth.middle(size, window) if size else truth.pixels())
        except (Unusable, OSError) as reason:
            skipped[truth.name] = str(reason)
    if not pictures:
        raise ValueError(f"no picture of {options.data} can be used: {skipped}")
    return {"works": list(chosen), "mean": mean(pictures.values()), "by_picture": pictures}, skipped


def _result(options: argparse.Namespace, protocol: dict[str, Any], figures: dict[str, Any]) -> dict[str, Any]:
    works = figures.pop("works")
    chosen = {"data": options.data, "works": works, "seed": options.seed}
    return {"protocol": chosen | protocol, "pictures": len(figures["by_picture"])} | figures


def _folder(data: str | None) -> Path:
    kind, _, folder = (data or "").partition(":")
    if kind != "folder" or not folder:
        raise ValueError(f"--data={data or ''}: restoration is judged on whole pictures; give --data=folder:DIR")
    return Path(folder).expanduser()


def _sigmas(text: str) -> tuple[int, ...]:
    sigmas = [part.strip() for part in text.split(",")]
    if not all(part.isdigit() and int(part) <= 255 for part in sigmas):
        raise ValueError(f"--sigma={text}: write whole numbers from 0 to 255 with commas between them, as in 15,25,50")
    return tuple(dict.fromkeys(map(int, sigmas)))


def _positive(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: 1 is the least")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="launch/evaluate.py",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--checkpoint", required=True, type=Path, metavar="RUN", help="a run's or a model's folder")
    parser.add_argument("--data", metavar="KIND:ARGUMENT", help="folder:DIR; coloring takes any source")
    parser.add_argument(
        "--works", default="", metavar="A,B", help="only these works of the folder, or patterns of pictures' names"
    )
    parser.add_argument("--pictures", type=_positive, metavar="N", help="so many at most, evenly spread")
    parser.add_argument("--sigma", metavar="S,S", help="denoising: deviations of the noise, 0 to 255 (default: 25)")
    parser.add_argument(
        "--noise", choices=("float", "8bit"), default="float", help="denoising: as drawn, or clipped and rounded"
    )
    parser.add_argument("--size", type=_positive, metavar="PIXELS", help="side of the square that is judged")
    parser.add_argument("--window", type=_positive, metavar="PIXELS", help="inpainting: its side before it is scaled")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of noise and holes (default: 0)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="also write all figures as JSON")
    parser.add_argument(
        "--progress", type=Path, metavar="FILE.png", help="draw a run's first and last pictures instead"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
