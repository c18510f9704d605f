"""One training step of generator and discriminator, the same for every task."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array

from mangagan.tasks.base import Batch, Context, DiscriminatorAux, Fakes, Metrics, Task, Tree, Variables
from mangagan.train.state import NetState, Optimizers, TrainState


def make_step(
    task: Task, optimizers: Optimizers, *, ema_decay: float, precision: str
) -> Callable[[TrainState, Batch, Tree], tuple[TrainState, Metrics]]:
    """Return the step, a pure function of state, batch and the frozen networks' variables, to be jitted.

    Each generator forward pass is made once. The discriminator's loss sees its fakes without a gradient; the
    generator's gradient is d loss / d fakes, pulled back through that same pass. Metrics are losses and the norm of
    each gradient.

    Args:
        task: The task.
        optimizers: The optimisers of the run.
        ema_decay: Decay of the moving average of the generator's variables.
        precision: Dtype of the kernels in forward and backward passes; parameters stay float32.
    """

    def compute(params: Tree, stats: Tree) -> Variables:
        return Variables(_cast_kernels(params, precision), stats)

    def update(net: NetState, batch: Batch, fakes: Fakes, context: Context) -> tuple[NetState, Metrics]:
        def loss(params: Tree) -> tuple[Array, DiscriminatorAux]:
            return task.discriminator_loss(compute(params, net.stats), batch, fakes, context)

        (_, aux), gradient = jax.value_and_grad(loss, has_aux=True)(net.params)
        norm = {"gradient/discriminator": optax.tree.norm(gradient)}
        return _descend(net, gradient, aux.stats, optimizers.discriminator), aux.metrics | norm

    def step_discriminator(net: NetState, batch: Batch, fakes: Fakes, context: Context) -> tuple[NetState, Metrics]:
        every, first = task.every_discriminator_steps, task.discriminator_start_step
        if every == 1 and not first:
            return update(net, batch, fakes, context)
        shapes = jax.eval_shape(update, net, batch, fakes, context)[1]
        zeros = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape), shapes)
        keep = lambda net, *_: (net, zeros)  # noqa: E731
        is_due = (context.step % every == 0) & (context.step >= first)
        return jax.lax.cond(is_due, update, keep, net, batch, fakes, context)

    def train_step(state: TrainState, batch: Batch, frozen: Tree) -> tuple[TrainState, Metrics]:
        keys = jax.random.split(jax.random.fold_in(state.key, state.step), 4)

        def generate(params: Tree) -> tuple[Fakes, Tree]:
            return task.generate(compute(params, state.generator.stats), batch, keys[0])

        fakes, pullback, stats = jax.vjp(generate, state.generator.params, has_aux=True)
        memory, shown = task.sample_pool(state.memory, jax.lax.stop_gradient(fakes), keys[1])
        context = Context(state.step, keys[2], frozen)
        discriminator, metrics = step_discriminator(state.discriminator, batch, shown, context)
        opponent = discriminator if task.discriminator_first else state.discriminator

        def generator_loss(fakes: Fakes) -> tuple[Array, Metrics]:
            return task.generator_loss(
                compute(opponent.params, opponent.stats), batch, fakes, context._replace(key=keys[3])
            )

        (_, generator_metrics), fakes_gradient = jax.value_and_grad(generator_loss, has_aux=True)(fakes)
        gradient = pullback(fakes_gradient)[0]
        generator = _descend(
            state.generator, gradient, stats, optimizers.generator, lambda updates: task.trainable(updates, state.step)
        )
        metrics = metrics | generator_metrics | {"gradient/generator": optax.tree.norm(gradient)}
        ema = _average(state.ema, generator.variables, ema_decay, state.step)
        return TrainState(state.step + 1, state.key, generator, discriminator, ema, memory), metrics

    return train_step


def _descend(
    net: NetState,
    gradient: Tree,
    stats: Tree,
    optimizer: optax.GradientTransformation,
    trainable: Callable[[Tree], Tree] = lambda updates: updates,
) -> NetState:
    updates, opt = optimizer.update(gradient, net.opt, net.params)
    # Adam also sees the gradients of frozen parameters. Otherwise its averages would still be empty when these are
    # trained, at a step at which its bias correction has ended, and their first updates would be 16 times too long.
    return NetState(optax.apply_updates(net.params, trainable(updates)), stats, opt)


def _average(ema: Variables, new: Variables, decay: float, step: Array) -> Variables:
    # A smaller decay at first, so that the random start does not stay in the average of a short run.
    share = 1 - jnp.minimum(decay, (1 + step) / (10 + step))
    return optax.incremental_update(new, ema, share)


def _cast_kernels(params: Tree, precision: str) -> Tree:
    """Return kernels in the given precision; scales and biases stay float32."""
    return jax.tree.map(lambda leaf: leaf.astype(precision) if leaf.ndim > 1 else leaf, params)
