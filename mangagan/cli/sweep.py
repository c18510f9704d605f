"""`mangagan sweep`: train and evaluate many runs, and tabulate how they differ."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mangagan.cli.command import OVERRIDES, command_parser, positive, run, stopped

if TYPE_CHECKING:
    from mangagan.config import Experiment
    from mangagan.evaluate.protocol import Protocol
    from mangagan.sweep.sweep_plan import Plan

_EXAMPLES = """
--suite=architectures:laptop
--exp=pix2pix_manga:laptop --ablations=patch16,l1_only --seeds=3
--exp=cyclegan_manga --executor=slurm --slurm=slurm_partition=gpu,gpus_per_node=1
"""
_NOTES = """
Runs are numbered folders below --output, such as 001-base-seed0, each with its log in logs/. table.md and table.json
have the results, times.json has the durations. The same command continues a sweep that was stopped or killed, and
tries runs again that failed.

exit code: 0 done; 1 some runs failed; 2 a mistake in the arguments; 130 stopped
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    description = "Train and evaluate many runs of one question, and tabulate how their results differ."
    parser = command_parser("sweep", description, _EXAMPLES, _NOTES)
    what = parser.add_argument_group("runs")
    what.add_argument("--exp", metavar="NAME[:PRESET]", help="an experiment, or the path of a file that defines one")
    what.add_argument("--ablations", metavar="all|A,B", help="which of its ablations (default: all)")
    what.add_argument("--suite", metavar="NAME", help="a sweep that has a name, instead of --exp; see --list")
    what.add_argument("overrides", nargs="*", metavar="key.path=value", help=f"in all runs: {OVERRIDES}")
    what.add_argument(
        "--seeds", type=positive, metavar="N", help="runs of each, from train.seed on (default: 3; of a suite: 1)"
    )
    what.add_argument("--list", action="store_true", help="list suites and ablations, and stop")
    what.add_argument("--describe", action="store_true", help="print the runs and what each changes, and stop")
    measured = parser.add_argument_group("evaluation")
    measured.add_argument(
        "--protocol",
        choices=("native", "512x800", "256", "training"),
        help="see `mangagan evaluate --help` (default: training, the only one for restoration)",
    )
    measured.add_argument(
        "--pages",
        type=positive,
        metavar="N",
        help="at most N held-out pages, evenly spaced (default: 100; of a suite: as the suite says)",
    )
    where = parser.add_argument_group("execution")
    where.add_argument("--output", metavar="DIR", help="folder of the sweep (default: below runs/)")
    where.add_argument(
        "--executor", choices=("local", "slurm"), default="local", help="where runs are executed (default: local)"
    )
    where.add_argument("--slurm", default="", metavar="NAME=VALUE,...", help="parameters of submitit's Slurm executor")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = parser().parse_intermixed_args(argv)
    return run("sweep", lambda: _list() if options.list else _sweep(options))


def _list() -> None:
    from mangagan import experiments
    from mangagan.experiments import _suites

    print(*(f"--suite={name}: {', '.join(suite.entries)}" for name, suite in _suites.SUITES.items()), sep="\n")
    print(*(f"--exp={name}: {', '.join(experiments.ablations(name))}" for name in experiments.names()), sep="\n")


def _sweep(options: argparse.Namespace) -> int:
    from mangagan.sweep.execute import execute
    from mangagan.sweep.local import Stopped, run_locally
    from mangagan.sweep.slurm import on_slurm

    plan = _plan(options)
    if options.describe:
        _describe(plan)
        return 0
    if options.slurm and options.executor != "slurm":
        raise ValueError(f"--slurm={options.slurm} needs --executor=slurm")
    parameters = _slurm_parameters(options.slurm)
    folder = Path(options.output or _folder(options)).expanduser()
    run_all = on_slurm(parameters) if options.executor == "slurm" else run_locally
    print(f"{len(plan.runs)} runs in {folder}", flush=True)
    try:
        failed = execute(folder, plan, run_all)
    except Stopped:
        return stopped()
    for name, reason in failed.items():
        print(f"failed: {name}: {reason}", file=sys.stderr)
    return 1 if failed else 0


def _plan(options: argparse.Namespace) -> Plan:
    from mangagan.experiments import _suites
    from mangagan.overrides import parse
    from mangagan.sweep.sweep_plan import make_plan

    if bool(options.exp) == bool(options.suite):
        suites = " or ".join(f"--suite={name}" for name in _suites.SUITES)
        raise ValueError(f"name either an experiment, --exp=NAME, or a suite: {suites}")
    if options.suite and options.ablations:
        raise ValueError("--ablations needs --exp; a suite has its own entries")
    overrides = parse(options.overrides)
    if options.suite:
        suite = _suites.load(options.suite)
        protocol = replace(suite.protocol, **_protocol_options(options))
        return make_plan(options.suite, suite.experiments(overrides), options.seeds or 1, protocol, suite.baseline)
    chosen = _suites.ablations(options.exp, options.ablations or "all", overrides)
    protocol = _protocol(options, chosen["base"])
    return make_plan(f"Ablations of {options.exp}", chosen, options.seeds or 3, protocol, "base")


def _protocol(options: argparse.Namespace, base: Experiment) -> Protocol:
    from mangagan.evaluate.protocol import Protocol
    from mangagan.sweep.job import is_restorer

    default: dict[str, Any] = {"name": "training", "pages": 100}
    protocol = Protocol(**default | _protocol_options(options))
    if is_restorer(base) and protocol.name != "training":
        raise ValueError(f"--protocol={options.protocol}: restoration is evaluated by the protocol training only")
    return protocol


def _protocol_options(options: argparse.Namespace) -> dict[str, Any]:
    given = {"name": options.protocol, "pages": options.pages}
    return {name: value for name, value in given.items() if value is not None}


def _describe(plan: Plan) -> None:
    from mangagan.overrides import differences

    first = plan.runs[0]
    print(f"{plan.title}, evaluated by the protocol {plan.protocol.name}")
    for one in plan.runs:
        print(one.name)
        # The other seeds change the same.
        if plan.baseline and one.label != plan.baseline and one.seed == first.seed:
            print(*(f"  {line}" for line in differences(first.experiment, one.experiment)), sep="\n")


def _folder(options: argparse.Namespace) -> Path:
    from mangagan import experiments

    if options.suite:
        return Path("runs") / "-".join(("suite", *options.suite.split(":")))
    runs = experiments.run_folder(options.exp)
    return runs.with_name(f"ablations-{runs.name}")


def _slurm_parameters(text: str) -> dict[str, Any]:
    """Return the parameters in "timeout_min=600,slurm_partition=gpu", whole numbers as such."""
    parts = [part.strip().partition("=") for part in text.split(",") if part.strip()]
    wrong = [name for name, equals, _ in parts if not equals]
    if wrong:
        raise ValueError(f"--slurm={text}: write NAME=VALUE with commas between them; {wrong[0]!r} has no value")
    return {name: int(value) if value.isdigit() else value for name, _, value in parts}
