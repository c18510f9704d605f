"""Measures speed on this machine.

    python launch/bench.py step --exp=pix2pix_manga --against=torch      one train step of ours and of plain PyTorch
    python launch/bench.py step --exp=cyclegan_manga data.batch_size=8 precision=bfloat16 --against=torch --compiled
    python launch/bench.py data --exp=pix2pix_manga:laptop               the stream, and how long steps wait for it

The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Sequence

from launch._numbers import count, positive


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; the exit code: 0 done, 2 a mistake in what was asked."""
    options = _parser().parse_intermixed_args(arguments)
    import experiments
    from mangagan.overrides import override, parse

    try:
        experiment = override(experiments.load(options.exp), parse(options.overrides))
        figures = _step(experiment, options) if options.what == "step" else _data(experiment, options)
    except (ValueError, RuntimeError, ModuleNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(json.dumps({"exp": options.exp} | figures))
    return 0


def _step(experiment, options: argparse.Namespace) -> dict:  # type: ignore[no-untyped-def,type-arg]
    from mangagan.bench.interleave import take_turns
    from mangagan.bench.jax_step import build_our_step, step_flops

    contestants = {"ours": (build_our_step, (experiment, options.steps))}
    if options.against == "torch":
        try:
            from mangagan.bench.torch_twins.torch_step import build_torch_step, check_twin
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(f"{error}: pip install -e '.[bench]' brings PyTorch") from error
        check_twin(experiment)
        contestants["torch"] = (build_torch_step, (experiment, options.steps, options.compiled))
    times = take_turns(contestants, options.rounds, options.warmup)
    medians = {name: statistics.median(seconds) / options.steps for name, seconds in times.items()}
    for name, seconds in times.items():
        spread = f"{min(seconds) / options.steps:.4f} to {max(seconds) / options.steps:.4f}"
        images = experiment.data.batch_size / medians[name]
        print(f"{name}: median {medians[name]:.4f} s a step ({spread}), {images:.1f} images/s")
    figures = {f"{name}_s": median for name, median in medians.items()} | {"flops": step_flops(experiment)}
    return figures | ({"ratio": medians["ours"] / medians["torch"]} if "torch" in medians else {})


def _data(experiment, options: argparse.Namespace) -> dict:  # type: ignore[no-untyped-def,type-arg]
    from mangagan.bench.jax_step import data_figures

    figures = data_figures(experiment, options.rounds)
    print(f"the stream alone: {figures['stream_images_per_s']:.1f} images/s")
    print(f"training on it:   {figures['train_images_per_s']:.1f} images/s")
    print(f"waiting for data: {figures['data_share']:.1%} of a step's time")
    return figures


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="launch/bench.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("step", "data"), help="one train step, or the stream of batches")
    parser.add_argument("--exp", required=True, metavar="NAME[:PRESET]", help="the experiment to measure")
    parser.add_argument("overrides", nargs="*", metavar="key.path=value", help="changes to the experiment")
    parser.add_argument("--against", choices=("torch",), help="take turns with a plain PyTorch twin of the same step")
    parser.add_argument("--compiled", action="store_true", help="the twin runs through torch.compile")
    parser.add_argument("--rounds", type=positive, default=10, help="timed turns, or steps for data (default: 10)")
    parser.add_argument("--warmup", type=count, default=2, help="turns that do not count (default: 2)")
    parser.add_argument("--steps", type=positive, default=1, help="steps in one turn (default: 1)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
