"""Suites: sweeps that have a name, with experiments, numbers of steps, pages and a protocol of evaluation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from mangagan import experiments
from mangagan.config import Experiment
from mangagan.evaluate.protocol import Protocol
from mangagan.overrides import describe, override

# Three pages of each of twelve works, in the crops of the laptop presets: 640 page pixels scaled to 96, so that lines
# and faces have the size that they had in training. At another scale, or with ink and screentones, on which none of
# these presets trains, the table would rank how networks cope with inputs unlike their training set.
_PROTOCOL = Protocol("training", data="unseen:36")


@dataclass(frozen=True)
class Entry:
    """An experiment `NAME:PRESET` of a suite: its length of training here (`budget`), and what is tried (`changes`)."""

    experiment: str
    budget: Mapping[str, object] = field(default_factory=dict)
    changes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Suite:
    """Entries by label, and the label that all others are compared with; without `baseline` every pair is compared."""

    entries: Mapping[str, Entry]
    protocol: Protocol
    baseline: str | None = None

    def experiments(self, overrides: Mapping[str, object]) -> dict[str, Experiment]:
        """Return the experiments by label; overrides replace presets and budgets, never what is tried."""
        return {
            label: override(experiments.load(entry.experiment), {**entry.budget, **overrides, **entry.changes})
            for label, entry in self.entries.items()
        }


def ablations(exp: str, chosen: str, overrides: Mapping[str, object]) -> dict[str, Experiment]:
    """Return an experiment as "base", and its ablations by name.

    Args:
        exp: The experiment, `NAME[:PRESET]`.
        chosen: Names of ablations with commas between them, or "all"; of all, those are left out that with this preset
            are the same as the base or as one before.
        overrides: Changes to all of them; those of the ablations replace these.

    Raises:
        ValueError: A name is unknown, or is that of an ablation which is the same as the base or another one.
    """
    base = override(experiments.load(exp), overrides)
    known = experiments.ablations(experiments.split_name(exp)[0])
    names = list(known) if chosen == "all" else [name.strip() for name in chosen.split(",") if name.strip()]
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        problem = f"no ablation {unknown[0]!r}" if unknown else "to have at least one ablation, or all"
        raise ValueError(f"{exp} has {problem}; it has {', '.join(known) or 'none'}")
    found, labels = {"base": base}, {json.dumps(describe(base)): "base"}
    for name in names:
        changed = override(base, known[name])
        same = labels.setdefault(json.dumps(describe(changed)), name)
        if same == name:
            found[name] = changed
        elif chosen != "all":
            raise ValueError(f"{exp}: the ablation {name} is the same as {same} here, leave it out: {known[name]}")
    return found


# All get the same grey page, its luminance, also those that train on lightness. All six have about the same time: 8
# minutes of steps on two AVX2 cores, by the median step of each (0.13, 0.28, 0.17, 0.15, 0.26 and 0.062 s). The number
# of steps is fixed rather than the time, so that a suite gives the same bits on a slow day. With equal numbers of
# pictures the fastest network would get a fifth of the time of the slowest, and a laptop has minutes, not pictures.
_ARCHITECTURES = Suite(
    {
        "pix2pix": Entry("pix2pix_manga:laptop", {"train.steps": 3700}),
        "pix2pixhd": Entry("pix2pixhd_manga:laptop", {"train.steps": 1700}),
        "cyclegan": Entry("cyclegan_manga:laptop", {"train.steps": 2800}),
        "pix2pix_lab": Entry("pix2pix_lab_manga:laptop", {"train.steps": 3200}),
        "siggraph17": Entry("siggraph17_manga:laptop", {"train.steps": 1850}),
        "dcgan": Entry("dcgan_manga:laptop", {"train.steps": 7700}),
    },
    _PROTOCOL,
)
# Seven minutes a run, more for some: two and a half hours for one seed.
_RESTORE_COLOR = Suite(
    {
        "base": Entry("restore_color:laptop"),
        **{
            name: Entry("restore_color:laptop", changes=changes)
            for name, changes in experiments.ablations("restore_color").items()
        },
    },
    _PROTOCOL,
    baseline="base",
)
SUITES: Mapping[str, Suite] = {
    "architectures:laptop": _ARCHITECTURES,
    "restore_color:laptop": _RESTORE_COLOR,
}


def load(name: str) -> Suite:
    """Return the suite of a name.

    Raises:
        ValueError: There is no such suite; the message lists those there are.
    """
    if name not in SUITES:
        raise ValueError(f"there is no suite {name!r}; there are {', '.join(SUITES)}")
    return SUITES[name]
