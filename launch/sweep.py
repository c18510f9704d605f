"""Trains and judges many runs of one question, and says what differs.

    python launch/sweep.py --suite=architectures:laptop                 six architectures, 8 minutes of training each
    python launch/sweep.py --suite=restore_color:laptop                 the ablations of restore_color
    python launch/sweep.py --exp=pix2pix_manga:laptop --seeds=3         an experiment and all its ablations, 3 seeds
    python launch/sweep.py --exp=pix2pix_manga --ablations=patch16,l1_only data.source=folder:PAGES
    python launch/sweep.py --exp=cyclegan_manga --executor=slurm --slurm=slurm_partition=gpu,gpus_per_node=1
    python launch/sweep.py --suite=architectures:laptop --describe
    python launch/sweep.py --list

Runs are numbered folders below --output, such as 001-base-seed0, each with its log in logs/. table.md and table.json
say what was found, times.json how long it took. The same command again goes on where the sweep was stopped or killed,
and tries again what failed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from launch._numbers import positive

STOPPED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; the exit code: 0 done, 1 some runs failed, 2 a mistake in what was asked, 130 stopped."""
    options = _parser().parse_intermixed_args(arguments)
    from mangagan.sweep.local import Stopped

    try:
        return _list() if options.list else _sweep(options)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except (Stopped, KeyboardInterrupt):
        print("stopped; the same command goes on from here", file=sys.stderr)
        return STOPPED


def _list() -> int:
    import experiments
    from experiments import _suites

    print(*(f"--suite={name}: {', '.join(suite.entries)}" for name, suite in _suites.SUITES.items()), sep="\n")
    print(*(f"--exp={name}: {', '.join(experiments.ablations(name))}" for name in experiments.names()), sep="\n")
    return 0


def _sweep(options: argparse.Namespace) -> int:
    from mangagan.sweep.execute import execute
    from mangagan.sweep.local import run_locally
    from mangagan.sweep.slurm import on_slurm

    plan = _plan(options)
    if options.describe:
        return _describe(plan)
    if options.slurm and options.executor != "slurm":
        raise ValueError(f"--slurm={options.slurm} is for --executor=slurm")
    jobs = _slurm(options.slurm)
    folder = Path(options.output or Path("runs") / _folder_name(options)).expanduser()
    run_all = on_slurm(jobs) if options.executor == "slurm" else run_locally
    print(f"{len(plan.runs)} runs in {folder}", flush=True)
    failed = execute(folder, plan, run_all)
    for name, reason in failed.items():
        print(f"failed: {name}: {reason}", file=sys.stderr)
    return 1 if failed else 0


def _plan(options: argparse.Namespace) -> Any:
    from experiments import _suites
    from mangagan.evaluate.protocol import Protocol
    from mangagan.overrides import parse
    from mangagan.sweep.job import restores
    from mangagan.sweep.sweep_plan import make_plan

    if bool(options.exp) == bool(options.suite):
        raise ValueError(f"say which experiment, --exp=NAME, or which suite: --suite={'|'.join(_suites.SUITES)}")
    if options.suite and options.ablations:
        raise ValueError("--ablations goes with --exp; a suite has its own entries")
    overrides, asked = parse(options.overrides), {"name": options.protocol, "pages": options.pages}
    asked = {name: value for name, value in asked.items() if value is not None}
    if options.suite:
        suite = _suites.load(options.suite)
        protocol = replace(suite.protocol, **asked)
        return make_plan(options.suite, suite.experiments(overrides), options.seeds or 1, protocol, suite.baseline)
    chosen = _suites.ablations(options.exp, options.ablations or "all", overrides)
    protocol = Protocol(**{"name": "training", "pages": 100} | asked)
    if restores(chosen["base"]) and protocol.name != "training":
        raise ValueError(f"--protocol={options.protocol}: restoration is judged by protocol training")
    return make_plan(f"Ablations of {options.exp}", chosen, options.seeds or 3, protocol, "base")


def _describe(plan) -> int:  # type: ignore[no-untyped-def]
    from mangagan.overrides import differences

    first = plan.runs[0]
    print(f"{plan.title}, judged by protocol {plan.protocol.name}")
    for run in plan.runs:
        print(run.name)
        if plan.baseline and run.label != plan.baseline and run.seed == first.seed:
            print(*(f"  {line}" for line in differences(first.experiment, run.experiment)), sep="\n")
    return 0


def _folder_name(options: argparse.Namespace) -> str:
    if options.suite:
        return "-".join(("suite", *options.suite.split(":")))
    name, _, preset = options.exp.partition(":")
    return "-".join(filter(None, ("ablations", Path(name).stem, preset)))


def _slurm(text: str) -> dict[str, Any]:
    """The options in "timeout_min=600,slurm_partition=gpu", whole numbers as such."""
    parts = [part.strip().partition("=") for part in text.split(",") if part.strip()]
    wrong = [name for name, equals, _ in parts if not equals]
    if wrong:
        raise ValueError(f"--slurm={text}: write NAME=VALUE with commas between them; {wrong[0]!r} has no value")
    return {name: int(value) if value.isdigit() else value for name, _, value in parts}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="launch/sweep.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--exp", metavar="NAME[:PRESET]", help="an experiment, or the path of a file that defines one")
    parser.add_argument("--ablations", metavar="all|A,B", help="which of its ablations (default: all)")
    parser.add_argument("--suite", metavar="NAME", help="a sweep that has a name; --list shows them")
    parser.add_argument("overrides", nargs="*", metavar="key.path=value", help="changes to all runs")
    parser.add_argument(
        "--seeds", type=positive, metavar="N", help="runs of each, from train.seed on (default: 3, of a suite 1)"
    )
    parser.add_argument("--output", metavar="DIR", help="folder of the sweep (default: below runs/)")
    parser.add_argument(
        "--protocol",
        choices=("native", "512x800", "256", "training"),
        help="how runs are judged, see launch/evaluate.py (default: training, the only one of restoration)",
    )
    parser.add_argument(
        "--pages",
        type=positive,
        metavar="N",
        help="so many pages held out, evenly spread (default: 100, of a suite all that it names)",
    )
    parser.add_argument("--executor", choices=("local", "slurm"), default="local", help="where (default: local)")
    parser.add_argument("--slurm", default="", metavar="NAME=VALUE,...", help="what submitit is to ask Slurm for")
    parser.add_argument("--list", action="store_true", help="list the suites, and the ablations of each experiment")
    parser.add_argument("--describe", action="store_true", help="print the runs and what is tried in each, and stop")
    return parser


if __name__ == "__main__":
    sys.exit(main())
