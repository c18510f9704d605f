"""`mangagan evaluate`: measure a trained run, or pictures that another program has predicted."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mangagan.cli.command import run
from mangagan.cli.evaluate_options import check, check_subject, parser
from mangagan.cli.evaluate_output import holds_result, output_file, print_skipped
from mangagan.cli.evaluate_restoration import evaluate_restoration

if TYPE_CHECKING:
    from mangagan.config import Experiment
    from mangagan.evaluate.colorization.session import EvaluationOptions
    from mangagan.evaluate.protocol import Protocol
    from mangagan.evaluate.result import Result
    from mangagan.tasks.base import Variables


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = parser().parse_intermixed_args(argv)
    return run("evaluate", lambda: _main(options))


def _main(options: argparse.Namespace) -> int:
    from mangagan.compilation_cache import keep_compiled

    check(options)
    if options.progress:
        return _progress(options)
    keep_compiled()
    if options.predictions:
        return _predictions(options)
    from mangagan.train.load import load_trained

    experiment, variables = load_trained(options.checkpoint)
    if experiment.task.kind == "colorize":
        return _colorization(options, experiment, variables)
    if experiment.task.kind in ("denoise", "inpaint"):
        return evaluate_restoration(options, experiment, variables)
    raise ValueError(f"{options.checkpoint} is of kind {experiment.task.kind!r}, for which there is no evaluation")


def _progress(options: argparse.Namespace) -> int:
    from mangagan.images.output_file import check_output, is_picture
    from mangagan.train.progress_picture import draw_progress

    check_output(options.progress, "a picture", is_picture)
    draw_progress(options.checkpoint).save(options.progress)
    print(f"input, first pictures, last pictures and truth of {options.checkpoint}: {options.progress}")
    return 0


def _colorization(options: argparse.Namespace, experiment: Experiment, variables: Variables) -> int:
    from mangagan.evaluate.colorization.colorization import evaluate_colorizer
    from mangagan.evaluate.colorization.evaluation_pages import open_evaluation_pages
    from mangagan.evaluate.result import check_replaceable, result_file

    check_subject(options, "colorization")
    protocol = _protocol(options, options.data or "")
    name, own = options.checkpoint.resolve().name, result_file(options.checkpoint, protocol.name, protocol.data)
    file = output_file(options.output, f"{name}-{own.name}") or own
    # Only a file that --output names may be replaced by a result on other pages.
    if holds_result(file) and file != options.output:
        check_replaceable(file, open_evaluation_pages(protocol, experiment.data).described())
    evaluation_options = _evaluation_options(options, file, protocol.data or experiment.data.source)
    return _write(file, evaluate_colorizer(name, experiment, variables, protocol, evaluation_options))


def _predictions(options: argparse.Namespace) -> int:
    from mangagan.evaluate.colorization.predictions import evaluate_predictions, source_of
    from mangagan.evaluate.result import check_data, result_file

    protocol = _protocol(options, "")
    predictions, truth, source = options.predictions, options.truth, options.source
    data = source_of(truth, source)
    name = f"{predictions.resolve().name}-{result_file(Path(), protocol.name, data).name}"
    file = output_file(options.output, name)
    assert file is not None  # `check` requires --output
    if holds_result(file) and file != options.output:
        check_data(file, data)
    evaluation_options = _evaluation_options(
        options, file, f"pairs:{predictions},{truth}" + (f",{source}" if source else "")
    )
    return _write(file, evaluate_predictions(predictions, truth, protocol, evaluation_options, source=source))


def _protocol(options: argparse.Namespace, data: str) -> Protocol:
    from mangagan.data.archive.splits import parse_patterns
    from mangagan.evaluate.protocol import Protocol

    kinds = (options.kind,) if options.kind else Protocol.kinds
    name = options.protocol or Protocol.name
    return Protocol(name, data, parse_patterns(options.works), options.pictures, kinds, options.seed)


def _evaluation_options(options: argparse.Namespace, file: Path, source: str) -> EvaluationOptions:
    from mangagan.data.sources.open_source import source_paths
    from mangagan.evaluate.colorization.session import EvaluationOptions
    from mangagan.evaluate.result import pages_folder

    folder = pages_folder(file)
    if options.keep_pages and folder.exists() and not folder.is_dir():
        raise ValueError(f"pictures would be kept in {folder}, which is a file: choose another --output")
    for path in source_paths(source):
        if path.is_dir() and folder.resolve().is_relative_to(path.resolve()):
            raise ValueError(f"pictures would be kept in {folder}, among those of {path}: choose another --output")
    return EvaluationOptions(
        folder if options.keep_pages else None, options.keep_pages, options.perceptual == "on", options.inception
    )


def _write(file: Path, result: Result) -> int:
    from mangagan.evaluate.result import write_result
    from mangagan.evaluate.statistics.significance import caution
    from mangagan.evaluate.table import metrics_table

    write_result(file, result)
    print(f"\n{metrics_table(result.summary(), result.whole)}")
    print("mean over pages ± their standard deviation [95 % interval over works]")
    if warning := caution(len(result.protocol["works"])):
        print(warning)
    for metrics, reason in result.left_out.items():
        print(f"left out: {metrics}: {reason}")
    for name, value in result.cost.items():
        print(f"{name.replace('_', ' ')}: {value:,.3f}".removesuffix(".000"))
    print(f"page by page{', with pictures of some' if result.pictures else ''}: {file}")
    return print_skipped(result.skipped)
