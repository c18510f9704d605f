"""Optax schedules and optimisers of a configuration."""

from __future__ import annotations

import optax

from mangagan.config import Adam, Constant, Cosine, Linear, Schedule, Step


def build_schedule(schedule: Schedule, total_steps: int, steps_per_epoch: int) -> optax.Schedule:
    """Return the learning rate as a function of the step, counted from 0.

    Args:
        schedule: The schedule's configuration.
        total_steps: The number of steps of the run.
        steps_per_epoch: The number of steps of an epoch, for step decay.
    """
    match schedule:
        case Constant(rate):
            return optax.constant_schedule(rate)
        case Linear(rate, hold):
            held = round(hold * total_steps)
            # One more step than there are decaying ones, as in the reference: the last step has a rate above 0.
            return optax.linear_schedule(rate, 0.0, total_steps - held + 1, transition_begin=held - 1)
        case Step(rate, factor, every_epochs):
            return optax.exponential_decay(rate, every_epochs * steps_per_epoch, factor, staircase=True)
        case Cosine(rate):
            return optax.cosine_decay_schedule(rate, total_steps)


def build_optimizer(adam: Adam, total_steps: int, steps_per_epoch: int) -> optax.GradientTransformation:
    """Return Adam (Kingma and Ba 2015) with its schedule.

    Args:
        adam: The optimiser's configuration.
        total_steps: The number of steps of the run.
        steps_per_epoch: The number of steps of an epoch, for step decay.
    """
    rate = build_schedule(adam.schedule, total_steps, steps_per_epoch)
    return optax.adam(rate, b1=adam.beta1, b2=adam.beta2, eps=adam.epsilon)
