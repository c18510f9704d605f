"""`mangagan evaluate` for restorers: denoising by noise, inpainting by the size of the hole."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mangagan.cli.evaluate_options import check_subject
from mangagan.cli.evaluate_output import holds_result, output_file, print_skipped

if TYPE_CHECKING:
    from mangagan.config import Experiment
    from mangagan.data.settings import Data
    from mangagan.evaluate.restoration.restoration import CleanPictures
    from mangagan.evaluate.result import Result
    from mangagan.tasks.base import Variables


def evaluate_restoration(options: argparse.Namespace, experiment: Experiment, variables: Variables) -> int:
    """Evaluate a restorer, print and write its result, and return the exit code."""
    from mangagan.evaluate.restoration.restoration import CleanPictures

    denoises, data = experiment.task.kind == "denoise", experiment.data
    check_subject(options, "denoising" if denoises else "inpainting")
    size = options.size or (None if denoises else data.size)
    window = options.window or options.size or (None if denoises else data.window)
    clean = CleanPictures(_folder(options.data), _works(options, data), options.pictures, options.seed, size, window)
    evaluated = _denoising if denoises else _inpainting
    return evaluated(options, experiment, variables, clean)


def _denoising(options: argparse.Namespace, experiment: Experiment, variables: Variables, clean: CleanPictures) -> int:
    from mangagan.data.degradation.degrade import Noise
    from mangagan.evaluate.restoration.restoration import DenoisingProtocol, choose_noises, evaluate_denoiser
    from mangagan.evaluate.restoration.restoration_table import denoising_text

    trained = cast(Noise, experiment.data.damage)
    noises = choose_noises(trained, _sigmas(options.sigma), rounded=options.noise == "8bit")
    protocol = DenoisingProtocol(clean, noises)
    name, file = _restoration_file(options, protocol.describe())
    result = evaluate_denoiser(name, experiment, variables, protocol)
    return _write_restoration(file, result, denoising_text(result, trained, noises))


def _inpainting(options: argparse.Namespace, experiment: Experiment, variables: Variables, clean: CleanPictures) -> int:
    from mangagan.evaluate.restoration.restoration import InpaintingProtocol, evaluate_inpainter
    from mangagan.evaluate.restoration.restoration_table import inpainting_text

    protocol = InpaintingProtocol(clean)
    name, file = _restoration_file(options, protocol.describe())
    result = evaluate_inpainter(name, experiment, variables, protocol)
    return _write_restoration(file, result, inpainting_text(result))


def _restoration_file(options: argparse.Namespace, protocol: Mapping[str, Any]) -> tuple[str, Path]:
    """Return the name of the run and the file of its result, which may be replaced by one of this protocol."""
    from mangagan.evaluate.result import check_replaceable, result_file

    name = options.checkpoint.resolve().name
    own = result_file(options.checkpoint, _protocol_title(protocol), protocol["data"])
    file = output_file(options.output, f"{name}-{own.name}") or own
    if holds_result(file) and file != options.output:
        check_replaceable(file, protocol)
    return name, file


def _protocol_title(protocol: Mapping[str, Any]) -> str:
    """Return a name for files: inpaint-128, denoise-sigma-15-25 or denoise-SaltAndPepper."""
    if protocol["name"] == "inpaint":
        return f"inpaint-{protocol['size']}"
    sigmas = [kind.removeprefix("sigma ") for kind in protocol["kinds"] if kind.startswith("sigma ")]
    return f"denoise-sigma-{'-'.join(sigmas)}" if sigmas else f"denoise-{'-'.join(protocol['kinds'])}"


def _write_restoration(file: Path, result: Result, text: str) -> int:
    from mangagan.evaluate.result import write_result

    write_result(file, result)
    print(f"\n{text}\npicture by picture: {file}")
    return print_skipped(result.skipped)


def _works(options: argparse.Namespace, trained_on: Data) -> tuple[str, ...]:
    """Return the works of --works; without, for the source of the training, those held out by name."""
    from mangagan.data.archive.splits import parse_patterns
    from mangagan.data.sources.open_source import same_source

    own = same_source(options.data or "", trained_on.source)
    chosen = parse_patterns(options.works or (trained_on.held_out if own else ""))
    if own and not chosen:
        print(f"the run was trained on {options.data}: name works that were held out with --works")
    return chosen


def _folder(data: str | None) -> Path:
    kind, _, folder = (data or "").partition(":")
    if kind != "folder" or not folder:
        raise ValueError(f"--data={data or ''}: restoration is evaluated on whole pictures; give --data=folder:DIR")
    return Path(folder).expanduser()


def _sigmas(text: str | None) -> tuple[int, ...]:
    sigmas = [part.strip() for part in text.split(",")] if text else []
    if not all(part.isdigit() and int(part) <= 255 for part in sigmas):
        raise ValueError(f"--sigma={text}: write whole numbers from 0 to 255 with commas between them, as in 15,25,50")
    return tuple(dict.fromkeys(map(int, sigmas)))
