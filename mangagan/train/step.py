"""One training step of generator and discriminator, the same for every task."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array

from mangagan.tasks.base import Batch, Context, Fakes, Judgement, Metrics, Task, Tree, Variables
from mangagan.train.state import NetState, Optimizers, TrainState


def make_step(
    task: Task, optimizers: Optimizers, *, ema_decay: float, precision: str
) -> Callable[[TrainState, Batch, Tree], tuple[TrainState, Metrics]]:
    """The pure step function of state, batch and networks that never learn, to be jitted with its state donated.

    Each generator forward pass is made once: the discriminator descends on its stopped fakes, and the generator's
    gradient is d loss / d fakes pulled back through that same pass. Metrics hold losses and the norm of each gradient.
    """

    def compute(params: Tree, stats: Tree) -> Variables:
        return Variables(_cast_kernels(params, precision), stats)

    def learn(net: NetState, batch: Batch, fakes: Fakes, context: Context) -> tuple[NetState, Metrics]:
        def loss(params: Tree) -> tuple[Array, Judgement]:
            return task.discriminator_loss(compute(params, net.stats), batch, fakes, context)

        (_, judgement), gradient = jax.value_and_grad(loss, has_aux=True)(net.params)
        norm = {"gradient/discriminator": optax.tree.norm(gradient)}
        return _descend(net, gradient, judgement.stats, optimizers.discriminator), judgement.metrics | norm

    def step_discriminator(net: NetState, batch: Batch, fakes: Fakes, context: Context) -> tuple[NetState, Metrics]:
        every, alone = task.every_discriminator_steps, task.alone_steps
        if every == 1 and not alone:
            return learn(net, batch, fakes, context)
        metrics = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape), jax.eval_shape(learn, net, batch, fakes, context)[1])
        rest = lambda net, *_: (net, metrics)  # noqa: E731
        turn = (context.step % every == 0) & (context.step >= alone)
        return jax.lax.cond(turn, learn, rest, net, batch, fakes, context)

    def train_step(state: TrainState, batch: Batch, frozen: Tree) -> tuple[TrainState, Metrics]:
        keys = jax.random.split(jax.random.fold_in(state.key, state.step), 4)

        def generate(params: Tree) -> tuple[Fakes, Tree]:
            return task.generate(compute(params, state.generator.stats), batch, keys[0])

        fakes, pullback, stats = jax.vjp(generate, state.generator.params, has_aux=True)
        memory, shown = task.recall(state.memory, jax.lax.stop_gradient(fakes), keys[1])
        context = Context(state.step, keys[2], frozen)
        discriminator, metrics = step_discriminator(state.discriminator, batch, shown, context)
        judge = discriminator if task.discriminator_first else state.discriminator

        def generator_loss(fakes: Fakes) -> tuple[Array, Metrics]:
            return task.generator_loss(compute(judge.params, judge.stats), batch, fakes, context._replace(key=keys[3]))

        (_, generator_metrics), wanted = jax.value_and_grad(generator_loss, has_aux=True)(fakes)
        gradient = pullback(wanted)[0]
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
    # Of what rests the optimiser still sees the gradient: Adam's first steps from empty averages, late in a run when
    # nothing makes up for their emptiness any more, would be 16 times too long.
    return NetState(optax.apply_updates(net.params, trainable(updates)), stats, opt)


def _average(ema: Variables, new: Variables, decay: float, step: Array) -> Variables:
    # A short memory at first: the average must not carry the random start through a short run.
    share = 1 - jnp.minimum(decay, (1 + step) / (10 + step))
    return optax.incremental_update(new, ema, share)


def _cast_kernels(params: Tree, precision: str) -> Tree:
    """Convolution kernels in the precision that is computed in; scales and shifts stay float32."""
    return jax.tree.map(lambda leaf: leaf.astype(precision) if leaf.ndim > 1 else leaf, params)
