"""Colours for a given lightness from a few hints, fine-tuned in a GAN (Zhang et al. 2017, arXiv 1705.02999)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from mangagan import losses
from mangagan.models.bins import COUNT, encode_bins
from mangagan.models.siggraph17 import Siggraph17
from mangagan.tasks.base import (
    Batch,
    Context,
    Fakes,
    Metrics,
    Nets,
    Tree,
    Variables,
    apply_network,
    fitted,
    init_network,
    predict_any_size,
)
from mangagan.tasks.color_spaces import Lab
from mangagan.tasks.hints import Hints, HintSampling, hints_of, no_hints, random_hints, sample_hints
from mangagan.tasks.paired import Paired

# Published figures (Zhang et al. 2017, figure 6) reveal squares of so many pixels.
JUDGED_SIDE = 6


@dataclass(frozen=True)
class Hinted(Paired):
    """Paired training in Lab of a generator that also sees true colours in a few random squares.

    `classes` weighs the cross entropy of the class head, where the generator has one. `mask_center` is taken off the
    mask that the generator sees: 0.5 for weights trained by richzhang/colorization-pytorch, 0 for those converted
    from Caffe, which richzhang/colorization ships. At use a batch may hold `hint_ab` [b h w 2] (over 110) and
    `hint_mask` [b h w 1]; without them there are no hints.
    """

    takes: ClassVar[frozenset[str]] = frozenset({"input", "hint_ab", "hint_mask"})

    generator: Siggraph17 = field(default_factory=lambda: Siggraph17(classes=0))  # type: ignore[assignment]
    space: Lab = field(default_factory=Lab)
    gan: losses.Adversarial = field(default_factory=losses.LeastSquares)
    hints: HintSampling = field(default_factory=HintSampling)
    classes: float = 0.0
    mask_center: float = 0.5
    own_statistics: bool = False

    def init(self, key: Array, batch: Batch) -> Nets:
        if self.classes and self.generator.classes != COUNT:
            raise ValueError(
                f"task.classes={self.classes} weighs a class head, and the generator's has {self.generator.classes} "
                f"classes; there are {COUNT} ab bins: set task.generator.classes={COUNT}"
            )
        self._check_matching()
        generator_key, discriminator_key = jax.random.split(key)
        return Nets(
            init_network(self.generator, generator_key, self._seen(batch, no_hints(batch["input"]))),
            init_network(self.discriminator, discriminator_key, self._real(batch)),
        )

    def begun(self, fresh: Variables, given: Variables) -> Variables:
        """Published weights begin a generator with or without their class head."""
        params = {name: layer for name, layer in given.params.items() if name in fresh.params or name != "class_head"}
        return fitted(fresh, Variables(params, given.stats))

    def generate(self, generator: Variables, batch: Batch, rng: Array) -> tuple[Fakes, Tree]:
        hints = sample_hints(rng, self.space.target(batch["target"]), self.hints)
        (ab, logits), stats = apply_network(self.generator, generator, self._seen(batch, hints), train=True)
        return {"target": ab} | ({} if logits is None else {"logits": logits}), stats

    def generator_loss(
        self, discriminator: Variables, batch: Batch, fakes: Fakes, context: Context
    ) -> tuple[Array, Metrics]:
        loss, metrics = super().generator_loss(discriminator, batch, fakes, context)
        if not self.classes:
            return loss, metrics
        # The class head is a quarter of the picture's size and so are its labels, by leaving out pixels.
        labels = encode_bins(110 * self.space.target(batch["target"])[:, ::4, ::4])
        entropy = optax.softmax_cross_entropy_with_integer_labels(fakes["logits"], labels).mean()
        loss = loss + self.classes * entropy
        return loss, metrics | {"loss/classes": entropy, "loss/generator": loss}

    def predict(self, generator: Variables, batch: Batch) -> Float[Array, "b h w 3"]:
        hints = hints_of(batch)
        seen = self._seen(batch, hints)
        ab = predict_any_size(self.generator, generator, seen, self.own_statistics, pick=lambda output: output[0])
        return self.space.picture(batch["input"], ab)

    def with_hints(self, key: Array, batch: Batch, count: int) -> Batch:
        side = min(JUDGED_SIDE, self.hints.patch)
        hints = random_hints(key, self.space.target(batch["target"]), count, side)
        return batch | {"hint_ab": hints.ab, "hint_mask": hints.mask}

    def _seen(self, batch: Batch, hints: Hints) -> Float[Array, "b h w 4"]:
        # The published network counts lightness from -1/2 to 1/2.
        light, mask = self.space.source(batch["input"]) / 2, hints.mask - self.mask_center
        return jnp.concatenate([light, hints.ab, mask], axis=-1)
