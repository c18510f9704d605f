"""Trains an experiment.

    python launch/run.py --exp=pix2pix_manga:laptop                     two CPU cores, minutes
    python launch/run.py --exp=cyclegan_manga                           the paper's scale
    python launch/run.py --exp=cyclegan_manga data.batch_size=8         the same on eight devices
    python launch/run.py --exp=pix2pix_manga data.source=folder:PAGES   your own colour pages
    python launch/run.py --exp=my_experiment.py train.steps=500 task.generator.features=32
    python launch/run.py --list
    python launch/run.py --exp=cyclegan_manga:laptop --describe

The same command again goes on where the run was stopped or killed.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; the exit code: 0 done or stopped and saved, 1 diverged, 2 a mistake in what was asked."""
    options = _parser().parse_intermixed_args(arguments)
    # Imported here: the processes that decode pictures import this file anew, and need none of it.
    import experiments
    from mangagan.overrides import describe, override, parse
    from mangagan.train.meter import Diverged

    try:
        if options.list:
            return _print_lines(
                " ".join([name, *(f"{name}:{preset}" for preset in experiments.presets(name))])
                for name in experiments.names()
            )
        if not options.exp:
            raise ValueError(f"say which experiment: --exp=NAME, with NAME one of {', '.join(experiments.names())}")
        experiment = override(experiments.load(options.exp), parse(options.overrides))
        if options.describe:
            return _print_lines(f"{key}={value}" for key, value in describe(experiment).items())
        _train(experiment, options)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except Diverged as error:
        print(
            f"stopped: {error}. The last good checkpoint is kept; lower the rates or change the seed.", file=sys.stderr
        )
        return 1
    return 0


def _print_lines(lines: Iterable[str]) -> int:
    try:
        print(*lines, sep="\n", flush=True)
    except BrokenPipeError:
        # Who reads has seen enough (`| head`); what is left to write goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _train(experiment, options: argparse.Namespace) -> None:  # type: ignore[no-untyped-def]
    import jax

    import experiments
    from mangagan.compilation_cache import keep_compiled
    from mangagan.train.loop import train

    keep_compiled()
    if options.distributed is not None:
        _join_hosts(options.distributed)
    name, _, preset = options.exp.partition(":")
    workdir = Path(options.workdir or Path("runs") / "-".join(filter(None, (Path(name).stem, preset)))).expanduser()
    slow = jax.default_backend() == "cpu" and not preset
    if slow:
        remedy = f" For two CPU cores there is --exp={name}:laptop;" if "laptop" in experiments.presets(name) else ""
        print(f"No accelerator was found.{remedy} Going on as asked.")
    print(f"run in {workdir}")
    train(experiment, workdir, resume=options.resume, estimate=slow)


def _join_hosts(where: str) -> None:
    import jax

    if where == "auto":
        jax.distributed.initialize()
        return
    try:
        address, count, index = where.split(",")
        jax.distributed.initialize(address, int(count), int(index))
    except ValueError as error:
        raise ValueError(f"--distributed={where}: write ADDRESS:PORT,PROCESSES,INDEX or auto ({error})") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="launch/run.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--exp", metavar="NAME[:PRESET]", help="an experiment, or the path of a file that defines one")
    parser.add_argument("overrides", nargs="*", metavar="key.path=value", help="changes; --describe lists all keys")
    parser.add_argument("--workdir", metavar="DIR", help="folder of the run (default: runs/NAME-PRESET)")
    parser.add_argument(
        "--resume",
        choices=("auto", "never", "require"),
        default="auto",
        help="go on from the folder's newest checkpoint: if there is one, never, or only then (default: auto)",
    )
    parser.add_argument("--list", action="store_true", help="list the experiments and their presets")
    parser.add_argument("--describe", action="store_true", help="print the experiment with all its values, and stop")
    parser.add_argument(
        "--distributed",
        metavar="ADDRESS:PORT,PROCESSES,INDEX",
        help="one of several processes that train together; auto on Slurm and TPU pods",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
