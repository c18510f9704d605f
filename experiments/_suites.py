"""Sweeps that have a name: which experiments, with how many steps, on which pages, judged how."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import experiments
from mangagan.config import Experiment
from mangagan.evaluate.protocol import Protocol
from mangagan.overrides import describe, override

# Three pages of each of twelve works, in the windows of the laptop presets: 640 pixels of a page in 96. Lines and faces
# are as large as the networks have learned them; at another scale, or with ink and tones, which none of these presets
# learns from, a table would rank how well networks stand what they have never seen.
_PROTOCOL = Protocol("training", data="unseen:36")


@dataclass(frozen=True)
class Entry:
    """An experiment `NAME:PRESET` of a suite: how long it trains here, and what is tried in it."""

    experiment: str
    budget: Mapping[str, object] = field(default_factory=dict)
    changes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Suite:
    """Entries by label; `baseline` is the label that all others are compared with, None: every pair is compared."""

    entries: Mapping[str, Entry]
    protocol: Protocol
    baseline: str | None = None

    def experiments(self, overrides: Mapping[str, object]) -> dict[str, Experiment]:
        """The experiments by label. Overrides stand against presets and budgets, never against what is tried."""
        return {
            label: override(experiments.load(entry.experiment), {**entry.budget, **overrides, **entry.changes})
            for label, entry in self.entries.items()
        }


def ablations(exp: str, wanted: str, overrides: Mapping[str, object]) -> dict[str, Experiment]:
    """The experiment `NAME[:PRESET]` as "base", and its ablations: those listed in "a,b", or "all".

    Of all, those are left out that the base, or one before, is the same as with this preset. Raises ValueError for a
    name that there is not, and for such a one where it is asked for by name.
    """
    base = override(experiments.load(exp), overrides)
    there = experiments.ablations(exp.partition(":")[0])
    names = list(there) if wanted == "all" else [name.strip() for name in wanted.split(",") if name.strip()]
    unknown = [name for name in names if name not in there]
    if unknown or not names:
        what = f"no ablation {unknown[0]!r}" if unknown else "to have one ablation at least, or all"
        raise ValueError(f"{exp} has {what}; it has {', '.join(there) or 'none'}")
    chosen, told = {"base": base}, {json.dumps(describe(base)): "base"}
    for name in names:
        changed = override(base, there[name])
        same = told.setdefault(json.dumps(describe(changed)), name)
        if same == name:
            chosen[name] = changed
        elif wanted != "all":
            raise ValueError(f"{exp}: the ablation {name} is the same as {same} here, leave it out: {there[name]}")
    return chosen


# All are given the same grey page, its luminance, also those that learn from lightness. All six have about the time of
# the clock: 8 minutes of steps on two AVX2 cores, by the median step of each (0.13, 0.28, 0.17, 0.15, 0.26 and 0.062
# s). The number of steps is what is fixed, so that a suite ends with the same bits on a slow day. Equal numbers of
# pictures seen would give the cheapest network a fifth of the time of the dearest, and a person with a laptop has
# minutes, not pictures.
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
    """The suite of a name. Raises ValueError that lists those there are."""
    if name not in SUITES:
        raise ValueError(f"there is no suite {name!r}; there are {', '.join(SUITES)}")
    return SUITES[name]
