"""The plan of a sweep: numbered runs, each with its whole experiment, and the file that binds a folder to them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from mangagan.config import Experiment
from mangagan.evaluate.protocol import Protocol
from mangagan.images.atomic import write_atomically
from mangagan.overrides import Plain, describe, differences, override
from mangagan.tasks.paired import Paired

PLAN = "sweep.json"
_LINES_SHOWN = 12


@dataclass(frozen=True)
class Run:
    """One training of a sweep: its number, the label of its experiment, the seed, and the experiment's description."""

    number: int
    label: str
    seed: int
    experiment: Mapping[str, Plain]

    @property
    def name(self) -> str:
        """The name of its folder, such as 001-base-seed0."""
        return f"{self.number:03d}-{self.label}-seed{self.seed}"

    @property
    def steps(self) -> int | None:
        """The number of steps; None if it depends on the number of pages."""
        steps = self.experiment["train.steps"]
        return None if steps is None else int(steps)


@dataclass(frozen=True)
class Plan:
    """The runs of a sweep, how they are evaluated, and the label that others are compared with (None: all pairs)."""

    title: str
    runs: tuple[Run, ...]
    protocol: Protocol
    baseline: str | None

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the experiments, in order."""
        return tuple(dict.fromkeys(run.label for run in self.runs))

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds, in order."""
        return tuple(dict.fromkeys(run.seed for run in self.runs))

    def run(self, number: int) -> Run:
        """Return the run of a number, from 1.

        Raises:
            ValueError: There is no such run.
        """
        if not 1 <= number <= len(self.runs):
            raise ValueError(f"{self.title} has no run {number}; there are 1 to {len(self.runs)}")
        return self.runs[number - 1]


def make_plan(
    title: str, experiments: Mapping[str, Experiment], seeds: int, protocol: Protocol, baseline: str | None = None
) -> Plan:
    """Return the plan of a sweep.

    All labels are trained with one seed before any is trained with the next, so that a sweep that is stopped early has
    compared as much as possible.

    Args:
        title: What the sweep is called in its tables.
        experiments: The experiments by their labels.
        seeds: The number of seeds; they count up from each experiment's own seed.
        protocol: How runs are evaluated.
        baseline: The label that all others are compared with; None compares all pairs.

    Raises:
        ValueError: There is no seed, a label cannot name a folder, two labels have the same experiment, or an
            experiment cannot be built from its description.
    """
    if seeds < 1:
        raise ValueError(f"seeds={seeds}: must be at least 1")
    _check(experiments)
    chosen = [(label, one, one.train.seed + n) for n in range(seeds) for label, one in experiments.items()]
    runs = (
        Run(number, label, seed, describe(replace(one, train=replace(one.train, seed=seed))))
        for number, (label, one, seed) in enumerate(chosen, start=1)
    )
    return Plan(title, tuple(runs), protocol, baseline)


def build(run: Run) -> Experiment:
    """Return the experiment of a run. Raises ValueError if its description names a class that does not exist."""
    return override(Experiment(task=Paired()), run.experiment)


def claim(folder: Path, plan: Plan) -> None:
    """Write the plan into a sweep's folder, unless it is there. Raises ValueError as `check_claimable` does."""
    check_claimable(folder, plan)
    if not (folder / PLAN).is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / PLAN, (json.dumps(asdict(plan), indent=1) + "\n").encode())


def check_claimable(folder: Path, plan: Plan) -> None:
    """Check that a folder is empty or holds this plan.

    Raises:
        ValueError: The folder holds another plan (the message lists the differences), or anything else.
    """
    if (folder / PLAN).is_file():
        changed = _changes(read_plan(folder), plan)
        if changed:
            listing = "\n  ".join([*changed[:_LINES_SHOWN], *(["…"] if changed[_LINES_SHOWN:] else [])])
            raise ValueError(f"{folder} holds another sweep; choose another --output. It differs in\n  {listing}")
        return
    if folder.exists() and any(not entry.name.startswith(".") for entry in folder.iterdir()):
        raise ValueError(f"{folder} holds files that are no sweep; choose another --output")


def read_plan(folder: Path) -> Plan:
    """Return the plan of a sweep's folder.

    Raises:
        ValueError: There is no plan, or it cannot be read.
    """
    file = folder / PLAN
    if not file.is_file():
        raise ValueError(f"{folder} is no sweep: it has no {PLAN}")
    try:
        content = json.loads(file.read_text())
        lists = {name: tuple(content["protocol"][name]) for name in ("works", "kinds")}
        protocol = Protocol(**content["protocol"] | lists)
        return Plan(**content | {"runs": tuple(Run(**run) for run in content["runs"]), "protocol": protocol})
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{file} cannot be read as a sweep's plan: {error}") from error


def _check(experiments: Mapping[str, Experiment]) -> None:
    labels: dict[str, str] = {}
    for label, experiment in experiments.items():
        if not re.fullmatch(r"[\w.+-]+", label):
            raise ValueError(f"{label!r} names a folder: write letters, digits and . + - _ only")
        description = describe(experiment)
        same = labels.setdefault(json.dumps(description), label)
        if same != label:
            raise ValueError(f"{label} is the same experiment as {same}: leave out one of them")
        try:
            build(Run(0, label, 0, description))
        except ValueError as error:
            raise ValueError(f"{label}: a run of a sweep is built from its values alone, and here {error}") from error


def _changes(old: Plan, new: Plan) -> list[str]:
    """One line for each difference of two plans."""
    before, after = ({run.name: run for run in plan.runs} for plan in (old, new))
    parts = [_flat(plan) for plan in (old, new)]
    lines = differences(*parts)
    lines += [f"{name}: only in the folder" for name in before if name not in after]
    lines += [f"{name}: only in the new plan" for name in after if name not in before]
    for name in sorted(before.keys() & after.keys()):
        lines += [f"{name} {line}" for line in differences(before[name].experiment, after[name].experiment)]
    return lines


def _flat(plan: Plan) -> dict[str, Plain]:
    return {"title": plan.title, "baseline": plan.baseline} | describe(plan.protocol, "protocol.")
