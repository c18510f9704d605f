"""`mangagan bench`: measure the speed of one train step or of the data stream on this machine."""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mangagan.cli.command import EXIT_MISTAKE, OVERRIDES, command_parser, count, positive, print_error, run

if TYPE_CHECKING:
    from mangagan.config import Experiment

_EXAMPLES = """
step --exp=pix2pix_manga --against=torch
step --exp=cyclegan_manga data.batch_size=8 precision=bfloat16 --against=torch --compiled
data --exp=pix2pix_manga:laptop
"""
_NOTES = """
The last line of the output is JSON.

exit code: 0 done; 2 a mistake in the arguments
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    description = "Measure the speed of one train step, or of the data stream, on this machine."
    parser = command_parser("bench", description, _EXAMPLES, _NOTES)
    what = parser.add_argument_group("subject")
    what.add_argument("what", choices=("step", "data"), help="one train step, or the stream of batches")
    what.add_argument("--exp", required=True, metavar="NAME[:PRESET]", help="the experiment to measure")
    what.add_argument("overrides", nargs="*", metavar="key.path=value", help=OVERRIDES)
    twin = parser.add_argument_group("comparison")
    twin.add_argument("--against", choices=("torch",), help="also measure a plain PyTorch twin of the step, in turns")
    twin.add_argument("--compiled", action="store_true", help="compile the twin with torch.compile")
    turns = parser.add_argument_group("measurement")
    turns.add_argument("--rounds", type=positive, default=10, help="timed turns, or steps for data (default: 10)")
    turns.add_argument("--warmup", type=count, default=2, help="turns before these, not counted (default: 2)")
    turns.add_argument("--steps", type=positive, default=1, help="steps in one turn (default: 1)")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = parser().parse_intermixed_args(argv)
    return run("bench", lambda: _bench(options))


def _bench(options: argparse.Namespace) -> int:
    from mangagan import experiments
    from mangagan.overrides import override, parse

    experiment = override(experiments.load(options.exp), parse(options.overrides))
    try:
        measured = _step(experiment, options) if options.what == "step" else _data(experiment, options)
    except RuntimeError as error:
        # PyTorch and XLA raise it where a batch is too large for the memory.
        print_error("bench", error)
        return EXIT_MISTAKE
    print(json.dumps({"exp": options.exp} | measured))
    return 0


def _step(experiment: Experiment, options: argparse.Namespace) -> dict[str, float]:
    from mangagan.bench.jax_train_step import build_jax_step, step_flops
    from mangagan.bench.timing import time_in_turns

    contestants: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
        "ours": (build_jax_step, (experiment, options.steps))
    }
    if options.against == "torch":
        try:
            from mangagan.bench.torch_twins.torch_train_step import build_torch_step, check_twin
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(f"{error}: pip install -e '.[bench]' brings PyTorch") from error
        check_twin(experiment)
        contestants["torch"] = (build_torch_step, (experiment, options.steps, options.compiled))
    times = time_in_turns(contestants, options.rounds, options.warmup)
    medians = {name: statistics.median(seconds) / options.steps for name, seconds in times.items()}
    _print_times(times, medians, options.steps, experiment.data.batch_size)
    measured = {f"{name}_s": median for name, median in medians.items()} | {"flops": step_flops(experiment)}
    return measured | ({"ratio": medians["ours"] / medians["torch"]} if "torch" in medians else {})


def _print_times(
    times: Mapping[str, Sequence[float]], medians: Mapping[str, float], steps: int, batch_size: int
) -> None:
    for name, seconds in times.items():
        limits = f"{min(seconds) / steps:.4f} to {max(seconds) / steps:.4f}"
        images = batch_size / medians[name]
        print(f"{name}: median {medians[name]:.4f} s a step ({limits}), {images:.1f} images/s")


def _data(experiment: Experiment, options: argparse.Namespace) -> dict[str, float]:
    from mangagan.bench.data_stream import measure_data_stream

    measured = measure_data_stream(experiment, options.rounds)
    print(f"the stream alone: {measured['stream_images_per_s']:.1f} images/s")
    print(f"training on it:   {measured['train_images_per_s']:.1f} images/s")
    print(f"waiting for data: {measured['data_share']:.1%} of a step's time")
    return measured
