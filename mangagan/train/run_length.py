"""How long a run trains, and what changes when a later start of it asks for another length."""

from __future__ import annotations

from pathlib import Path

from mangagan.config import Adam, Cosine, Linear, Train
from mangagan.train.optim import build_schedule


def total_steps(train: Train, steps_per_epoch: int) -> int:
    """Return the number of steps of a whole run.

    Args:
        train: The configuration.
        steps_per_epoch: The number of steps of an epoch.
    """
    return train.steps if train.steps is not None else train.epochs * steps_per_epoch


def check_length(workdir: Path, train: Train, total: int, done: int) -> None:
    """Check that a run is not to end before the step that it has reached.

    Args:
        workdir: The run's folder.
        train: The configuration.
        total: The number of its steps.
        done: The step of the checkpoint from which the run continues.

    Raises:
        ValueError: It is.
    """
    if done > total:
        asked = f"train.steps={total}" if train.steps is not None else f"train.epochs={train.epochs}, {total} steps"
        raise ValueError(
            f"{workdir} has done {done} steps already, more than {asked}; set train.steps={done} or more, or choose "
            "another --workdir"
        )


def describe_new_length(old: Train, new: Train, steps_per_epoch: int, done: int) -> str | None:
    """Return one line on a run that is continued with another length, or None if its length is the same.

    Args:
        old: The recorded configuration.
        new: The present one, which differs in nothing but the length.
        steps_per_epoch: The number of steps of an epoch.
        done: The step from which the run continues.
    """
    before, after = (total_steps(train, steps_per_epoch) for train in (old, new))
    if before == after or not done:
        return None
    line = f"the run now has {after} steps, not {before}"
    rates = [
        f"{name} {_rate(adam, before, steps_per_epoch, done):.3g} -> {_rate(adam, after, steps_per_epoch, done):.3g}"
        for name, adam in (("generator", new.generator), ("discriminator", new.discriminator))
        if isinstance(adam.schedule, Linear | Cosine)
    ]
    if not rates:
        return f"{line}; its learning rates do not depend on the length"
    return f"{line}; from step {done} on its learning rates are those of the new length: {', '.join(rates)}"


def _rate(adam: Adam, total: int, steps_per_epoch: int, step: int) -> float:
    """Return the learning rate of a step, counted from 0; after the last step of a schedule, its last rate."""
    return float(build_schedule(adam.schedule, total, steps_per_epoch)(step))
