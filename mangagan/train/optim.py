"""Optax schedules and optimisers from their descriptions."""

from __future__ import annotations

import optax

from mangagan.config import Adam, Constant, Cosine, Linear, Schedule, Step


def build_schedule(schedule: Schedule, total_steps: int, steps_per_epoch: int) -> optax.Schedule:
    """The learning rate of each step, counted from 0."""
    match schedule:
        case Constant(rate):
            return optax.constant_schedule(rate)
        case Linear(rate, hold):
            held = round(hold * total_steps)
            # One part more than there are falling steps, as in the reference: the last step still learns.
            return optax.linear_schedule(rate, 0.0, total_steps - held + 1, transition_begin=held - 1)
        case Step(rate, factor, every_epochs):
            return optax.exponential_decay(rate, every_epochs * steps_per_epoch, factor, staircase=True)
        case Cosine(rate):
            return optax.cosine_decay_schedule(rate, total_steps)


def build_optimizer(adam: Adam, total_steps: int, steps_per_epoch: int) -> optax.GradientTransformation:
    """Adam (Kingma and Ba 2015) with its schedule."""
    rate = build_schedule(adam.schedule, total_steps, steps_per_epoch)
    return optax.adam(rate, b1=adam.beta1, b2=adam.beta2, eps=adam.epsilon)
