"""Judges a trained run, or pictures that another program has made: by figures with their intervals, and by pictures."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from launch._evaluate_options import check, check_mode, parser

if TYPE_CHECKING:
    from mangagan.config import Experiment
    from mangagan.data.settings import Data
    from mangagan.evaluate.colorization.session import Extras
    from mangagan.evaluate.protocol import Protocol
    from mangagan.evaluate.result import Result
    from mangagan.tasks.base import Variables


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; see `launch._evaluate_options` for the exit code."""
    options = parser(str(__doc__)).parse_args(arguments)
    try:
        check(options)
        if options.progress:
            return _progress(options)
        return _evaluate(options)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _progress(options: argparse.Namespace) -> int:
    from mangagan.train.progress_picture import draw_progress

    draw_progress(options.checkpoint).save(options.progress)
    print(f"input, first pictures, last pictures and truth of {options.checkpoint}: {options.progress}")
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from mangagan.compilation_cache import keep_compiled

    keep_compiled()
    if options.predictions:
        return _predictions(options)
    from mangagan.train.load import load_trained

    experiment, variables = load_trained(options.checkpoint)
    judge = _restoration if experiment.data.input == "color" else _coloring
    return judge(options, experiment, variables)


def _coloring(options: argparse.Namespace, experiment: Experiment, variables: Variables) -> int:
    from mangagan.evaluate.colorization.colorization import judge_coloring
    from mangagan.evaluate.colorization.evaluation_pages import open_pages
    from mangagan.evaluate.result import check_replaceable, result_file

    check_mode(options, "coloring")
    protocol = _protocol(options, options.data or "")
    name, own = options.checkpoint.resolve().name, result_file(options.checkpoint, protocol.name, protocol.data)
    file = _named(options.output, f"{name}-{own.name}") or own
    if _holds_result(file) and file != options.output:
        check_replaceable(file, open_pages(protocol, experiment.data).described())
    extras = _extras(options, file, protocol.data or experiment.data.source)
    return _told(file, judge_coloring(name, experiment, variables, protocol, extras))


def _predictions(options: argparse.Namespace) -> int:
    from mangagan.evaluate.colorization.predictions import judge_predictions, source_of
    from mangagan.evaluate.result import check_data, result_file

    protocol = _protocol(options, "")
    predictions, truth, source = options.predictions, options.truth, options.source
    data = source_of(truth, source)
    file = _named(options.output, f"{predictions.resolve().name}-{result_file(Path(), protocol.name, data).name}")
    if _holds_result(file) and file != options.output:
        check_data(file, data)
    extras = _extras(options, file, f"pairs:{predictions},{truth}" + (f",{source}" if source else ""))
    return _told(file, judge_predictions(predictions, truth, protocol, extras, source=source))


def _protocol(options: argparse.Namespace, data: str) -> Protocol:
    from mangagan.data.archive.splits import patterns
    from mangagan.evaluate.protocol import Protocol

    kinds = (options.kind,) if options.kind else Protocol.kinds
    name = options.protocol or Protocol.name
    return Protocol(name, data, patterns(options.works), options.pictures, kinds, options.seed)


def _extras(options: argparse.Namespace, file: Path, source: str) -> Extras:
    from mangagan.evaluate.colorization.session import Extras
    from mangagan.evaluate.result import pages_folder

    folder = pages_folder(file)
    if options.keep_pages and folder.exists() and not folder.is_dir():
        raise ValueError(f"pictures would be kept in {folder}, which is a file: choose another --output")
    for place in _places(source):
        if place.is_dir() and folder.resolve().is_relative_to(place.resolve()):
            raise ValueError(f"pictures would be kept in {folder}, among those of {place}: choose another --output")
    return Extras(
        folder if options.keep_pages else None, options.keep_pages, options.perceptual == "on", options.inception
    )


def _places(source: str) -> list[Path]:
    """The files and folders that a source may name."""
    from mangagan.data.sources.joined import parts_of
    from mangagan.data.sources.open_source import KINDS

    kind, _, argument = source.partition(":")
    if kind == "joined":
        return [place for part in parts_of(argument, KINDS) for place in _places(part)]
    return [Path(part).expanduser() for part in argument.split(",") if part]


def _told(file: Path, result: Result) -> int:
    from mangagan.evaluate.result import write_result
    from mangagan.evaluate.statistics.significance import caution
    from mangagan.evaluate.table import by_figure

    write_result(file, result)
    print(f"\n{by_figure(result.summary(), result.whole)}")
    print("mean over pages ± their deviation [95 % interval over works]")
    if said := caution(len(result.protocol["works"])):
        print(said)
    for figures, reason in result.left_out.items():
        print(f"left out: {figures}: {reason}")
    for name, value in result.cost.items():
        print(f"{name.replace('_', ' ')}: {value:,.3f}".removesuffix(".000"))
    print(f"page by page{', with pictures of some' if result.pictures else ''}: {file}")
    return _skipped(result.skipped)


def _restoration(options: argparse.Namespace, experiment: Experiment, variables: Variables) -> int:
    from mangagan.evaluate.restoration.restoration import Sound, judge_denoising, judge_inpainting
    from mangagan.images.atomic import check_writable, write_aside
    from mangagan.tasks.denoise import Denoise

    denoises, data = isinstance(experiment.task, Denoise), experiment.data
    check_mode(options, "denoising" if denoises else "inpainting")
    if options.output:
        check_writable(options.output)
    size = options.size or (None if denoises else data.size)
    window = options.window or options.size or (None if denoises else data.window)
    folder, chosen = _folder(options.data), _chosen(options, data)
    sound = Sound(folder, chosen, options.pictures, options.seed, size, window)
    if denoises:
        rounded, sigmas = options.noise == "8bit", _sigmas(options.sigma)
        found = judge_denoising(experiment, variables, sound, sigmas=sigmas, rounded=rounded)
    else:
        found = judge_inpainting(experiment, variables, sound)
    print(f"\n{found.text}")
    if options.output:
        content = {"checkpoint": str(options.checkpoint), "task": type(experiment.task).__name__} | found.content
        write_aside(options.output, (json.dumps(content | {"skipped": found.skipped}, indent=1) + "\n").encode())
        print(f"figures in {options.output}")
    return _skipped(found.skipped)


def _chosen(options: argparse.Namespace, learned: Data) -> tuple[str, ...]:
    """The works named; of the source that a run has learned from, where none are, those that were held out by name."""
    from mangagan.data.archive.splits import patterns
    from mangagan.data.sources.open_source import same_source

    own = same_source(options.data or "", learned.source)
    chosen = patterns(options.works or (learned.held_out if own else ""))
    if own and not chosen:
        print(f"{options.data} is what the run has learned from: name works that were held out with --works")
    return chosen


def _skipped(reasons: Mapping[str, str]) -> int:
    for name, reason in reasons.items():
        print(f"skipped {name}: {reason}", file=sys.stderr)
    return 1 if reasons else 0


def _named(output: Path | None, name: str) -> Path | None:
    """The file that --output names, or one of that name in the folder that it names."""
    return output if output is None or output.suffix == ".json" else output / name


def _holds_result(file: Path) -> bool:
    """Whether a result is there already. Raises ValueError where something else is, or none can be written."""
    from mangagan.evaluate.result import read_result
    from mangagan.images.atomic import check_writable

    check_writable(file)
    if file.exists():
        read_result(file)
    return file.exists()


def _folder(data: str | None) -> Path:
    kind, _, folder = (data or "").partition(":")
    if kind != "folder" or not folder:
        raise ValueError(f"--data={data or ''}: restoration is judged on whole pictures; give --data=folder:DIR")
    return Path(folder).expanduser()


def _sigmas(text: str | None) -> tuple[int, ...]:
    sigmas = [part.strip() for part in text.split(",")] if text else []
    if not all(part.isdigit() and int(part) <= 255 for part in sigmas):
        raise ValueError(f"--sigma={text}: write whole numbers from 0 to 255 with commas between them, as in 15,25,50")
    return tuple(dict.fromkeys(map(int, sigmas)))


if __name__ == "__main__":
    sys.exit(main())
