"""`mangagan train`: train an experiment, or continue its run."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mangagan.cli.command import OVERRIDES, command_parser, print_error, run

if TYPE_CHECKING:
    from mangagan.config import Experiment

_EXAMPLES = """
--exp=pix2pix_manga:laptop
--exp=cyclegan_manga data.source=folder:PAGES data.batch_size=8
--exp=my_experiment.py train.steps=500 task.generator.features=32
"""
_NOTES = """
Without a preset an experiment has the scale of its paper; `:laptop` takes minutes on two CPU cores, `:debug` seconds.
The batch is divided among all devices. The same command continues a run that was stopped or killed. A file of your own
defines `experiment()`, PRESETS and ABLATIONS, as experiments/pix2pix_manga.py does.

exit code: 0 done, or stopped and saved; 1 diverged; 2 a mistake in the arguments
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    parser = command_parser("train", "Train an experiment, or continue its run.", _EXAMPLES, _NOTES)
    what = parser.add_argument_group("experiment")
    what.add_argument("--exp", metavar="NAME[:PRESET]", help="an experiment, or the path of a file that defines one")
    what.add_argument("overrides", nargs="*", metavar="key.path=value", help=OVERRIDES)
    what.add_argument("--list", action="store_true", help="list the experiments and their presets, and stop")
    what.add_argument("--describe", action="store_true", help="print the experiment with all its values, and stop")
    how = parser.add_argument_group("run")
    how.add_argument("--workdir", metavar="DIR", help="folder of the run (default: runs/NAME-PRESET)")
    how.add_argument(
        "--resume",
        choices=("auto", "never", "require"),
        default="auto",
        help="continue from the newest checkpoint of the folder: if there is one, never, or always (default: auto)",
    )
    how.add_argument(
        "--distributed",
        metavar="ADDRESS:PORT,PROCESSES,INDEX",
        help="this is one of several processes that train together; auto on Slurm and TPU pods",
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = parser().parse_intermixed_args(argv)
    return run("train", lambda: _main(options))


def _main(options: argparse.Namespace) -> int | None:
    from mangagan import experiments
    from mangagan.overrides import describe, override, parse
    from mangagan.train.meter import Diverged

    if options.list:
        return _print_lines(_listed(name) for name in experiments.names())
    if not options.exp:
        raise ValueError(f"name an experiment: --exp=NAME, with NAME one of {', '.join(experiments.names())}")
    experiment = override(experiments.load(options.exp), parse(options.overrides))
    if options.describe:
        return _print_lines(f"{key}={value}" for key, value in describe(experiment).items())
    try:
        _train(experiment, options)
    except Diverged as error:
        print_error("train", f"{error}. The last good checkpoint is kept; lower the rates or change the seed.")
        return 1
    return 0


def _listed(name: str) -> str:
    from mangagan import experiments

    return " ".join([name, *(f"{name}:{preset}" for preset in experiments.presets(name))])


def _print_lines(lines: Iterable[str]) -> int:
    try:
        print(*lines, sep="\n", flush=True)
    except BrokenPipeError:
        # The reader has seen enough (`| head`): what Python still flushes at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _train(experiment: Experiment, options: argparse.Namespace) -> None:
    import jax

    from mangagan import experiments
    from mangagan.compilation_cache import keep_compiled
    from mangagan.train.loop import train

    keep_compiled()
    if options.distributed is not None:
        _join_hosts(options.distributed)
    name, preset = experiments.split_name(options.exp)
    workdir = Path(options.workdir or experiments.run_folder(options.exp)).expanduser()
    slow = jax.default_backend() == "cpu" and not preset
    if slow:
        remedy = f" For two CPU cores there is --exp={name}:laptop;" if "laptop" in experiments.presets(name) else ""
        print(f"No accelerator was found.{remedy} Continuing at full scale.")
    print(f"run in {workdir}")
    train(experiment, workdir, resume=options.resume, estimate=slow)


def _join_hosts(text: str) -> None:
    import jax

    if text == "auto":
        jax.distributed.initialize()
        return
    try:
        address, processes, index = text.split(",")
        jax.distributed.initialize(address, int(processes), int(index))
    except ValueError as error:
        raise ValueError(f"--distributed={text}: write ADDRESS:PORT,PROCESSES,INDEX or auto ({error})") from error
