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

# The side of the hints in the published evaluation (Zhang et al. 2017, figure 6).
EVALUATION_SIDE = 6


@dataclass(frozen=True)
class Hinted(Paired):
    """Paired training in Lab of a generator that also sees true colours in a few random squares.

    `classes` is the weight of the class head's cross entropy. `mask_center` is subtracted from the mask that the
    generator sees: 0.5 for weights trained by richzhang/colorization-pytorch, 0 for those of richzhang/colorization,
    which were converted from Caffe. At test a batch may have `hint_ab` [b h w 2] (over 110) and `hint_mask` [b h w 1].
    """

    conditioning: ClassVar[frozenset[str]] = frozenset({"input", "hint_ab", "hint_mask"})

    generator: Siggraph17 = field(default_factory=lambda: Siggraph17(classes=0))  # type: ignore[assignment]
    space: Lab = field(default_factory=Lab)
    gan: losses.Adversarial = field(default_factory=losses.LeastSquares)
    hints: HintSampling = field(default_factory=HintSampling)
    classes: float = 0.0
    mask_center: float = 0.5
    batch_stats_at_test: bool = False

    def init(self, key: Array, batch: Batch) -> Nets:
        if self.classes and self.generator.classes != COUNT:
            raise ValueError(
                f"task.classes={self.classes} needs a class head for the {COUNT} ab bins, and the generator's has "
                f"{self.generator.classes} classes: set task.generator.classes={COUNT}"
            )
        self._check_matching()
        generator_key, discriminator_key = jax.random.split(key)
        return Nets(
            init_network(self.generator, generator_key, self._seen(batch, no_hints(batch["input"]))),
            init_network(self.discriminator, discriminator_key, self._real(batch)),
        )

    def init_from(self, fresh: Variables, given: Variables) -> Variables:
        """Return the given variables, without a class head that the generator lacks."""
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
        # The class head has a quarter of the picture's size; its labels are every fourth pixel, as in the reference.
        labels = encode_bins(110 * self.space.target(batch["target"])[:, ::4, ::4])
        entropy = optax.softmax_cross_entropy_with_integer_labels(fakes["logits"], labels).mean()
        loss = loss + self.classes * entropy
        return loss, metrics | {"loss/classes": entropy, "loss/generator": loss}

    def _predicted(self, generator: Variables, batch: Batch) -> Float[Array, "b h w 2"]:
        seen = self._seen(batch, hints_of(batch))
        return predict_any_size(
            self.generator, generator, seen, self.batch_stats_at_test, pick=lambda output: output[0]
        )

    def with_hints(self, key: Array, batch: Batch, count: int) -> Batch:
        side = min(EVALUATION_SIDE, self.hints.max_side)
        hints = random_hints(key, self.space.target(batch["target"]), count, side)
        return batch | {"hint_ab": hints.ab, "hint_mask": hints.mask}

    def _seen(self, batch: Batch, hints: Hints) -> Float[Array, "b h w 4"]:
        # The published network takes lightness from -1/2 to 1/2.
        light, mask = self.space.source(batch["input"]) / 2, hints.mask - self.mask_center
        return jnp.concatenate([light, hints.ab, mask], axis=-1)
