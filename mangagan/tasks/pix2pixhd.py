"""Pix2PixHD: a coarse-to-fine generator and discriminators at several scales (Wang et al. 2018, arXiv 1711.11585)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan import losses
from mangagan.models.instance_maps import edges, instance_means
from mangagan.models.multiscale import MultiscaleDiscriminator
from mangagan.models.pix2pixhd import FeatureEncoder, GlobalGenerator, LocalEnhancer, with_base
from mangagan.tasks.base import (
    Batch,
    Fakes,
    Nets,
    Tree,
    Variables,
    apply_network,
    fitted,
    init_network,
    predict_any_size,
)
from mangagan.tasks.color_spaces import RGB
from mangagan.tasks.paired import Paired
from mangagan.tasks.perceptual import Perceptual

# The largest number of regions; `mangagan.images.ink_regions` merges the smallest ones of a page that has more.
INSTANCES = 256


@dataclass(frozen=True)
class Pix2PixHD(Paired):
    """Paired training with feature matching (`matching`) instead of an L1 to the truth.

    If the data has `instances`, generator and discriminator also see their outlines. With `encoded`, an encoder
    computes features of the true picture, averaged over each instance, that select one of several plausible
    colourings. They are dropped with probability `feature_drop`, because at test there are none. The base of a
    LocalEnhancer is frozen for the first `fixed_base_steps` steps.
    """

    discriminator_first: ClassVar[bool] = False

    generator: GlobalGenerator | LocalEnhancer = field(default_factory=GlobalGenerator)  # type: ignore[assignment]
    discriminator: MultiscaleDiscriminator = field(default_factory=MultiscaleDiscriminator)
    space: RGB = field(default_factory=RGB)
    encoder: FeatureEncoder = field(default_factory=FeatureEncoder)
    gan: losses.Adversarial = field(default_factory=losses.LeastSquares)
    l1: float = 0.0
    matching: float = 10.0
    perceptual: Perceptual = field(default_factory=lambda: Perceptual(weight=10.0))
    encoded: bool = False
    feature_drop: float = 0.5
    fixed_base_steps: int = 0

    def trainable(self, updates: Tree, step: Array) -> Tree:
        painter = updates["painter"]
        if not self.fixed_base_steps or "base" not in painter:
            return updates
        is_trained = step >= self.fixed_base_steps
        base = jax.tree.map(lambda leaf: jnp.where(is_trained, leaf, 0), painter["base"])
        return updates | {"painter": painter | {"base": base}}

    def init(self, key: Array, batch: Batch) -> Nets:
        if self.encoded and "instances" not in batch:
            raise ValueError("task.encoded=true: features are means over instances; set data.instances=true as well")
        keys = jax.random.split(key, 3)
        networks = {"painter": init_network(self.generator, keys[0], self._seen(batch, self._no_features(batch)))}
        if self.encoded:
            networks["encoder"] = init_network(self.encoder, keys[1], batch["target"])
        return Nets(
            Variables(*({name: part[n] for name, part in networks.items()} for n in range(2))),
            init_network(self.discriminator, keys[2], self._real(batch)),
        )

    def init_from(self, fresh: Variables, given: Variables) -> Variables:
        """Return the given variables; those of a GlobalGenerator become the base of a LocalEnhancer."""
        return fitted(fresh, Variables(*(_with_given(own, other) for own, other in zip(fresh, given, strict=True))))

    def generate(self, generator: Variables, batch: Batch, rng: Array) -> tuple[Fakes, Tree]:
        stats, features = dict(generator.stats), self._no_features(batch)
        if self.encoded:
            features, stats["encoder"] = apply_network(
                self.encoder, _pick(generator, "encoder"), batch["target"], train=True
            )
            shown = jax.random.bernoulli(rng, 1 - self.feature_drop, (len(features), 1, 1, 1))
            features = shown * instance_means(features, batch["instances"], INSTANCES)
        seen = self._seen(batch, features)
        predicted, stats["painter"] = apply_network(self.generator, _pick(generator, "painter"), seen, train=True)
        return {"target": predicted}, stats

    def _predicted(self, generator: Variables, batch: Batch) -> Float[Array, "b h w 3"]:
        seen = self._seen(batch, self._no_features(batch))
        return predict_any_size(self.generator, _pick(generator, "painter"), seen, self.batch_stats_at_test)

    def _condition(self, batch: Batch) -> Array:
        outlines = [edges(batch["instances"])] if "instances" in batch else []
        return jnp.concatenate([super()._condition(batch), *outlines], axis=-1)

    def _seen(self, batch: Batch, features: Array) -> Array:
        return jnp.concatenate([self._condition(batch), features], axis=-1)

    def _no_features(self, batch: Batch) -> Array:
        channels = self.encoder.outputs if self.encoded else 0
        return jnp.zeros((*batch["input"].shape[:3], channels))


def _with_given(fresh: Tree, given: Tree) -> Tree:
    """Return parameters or statistics of which the given ones, of a task or of a generator alone, replace the fresh."""
    # "painter" names the generator in saved runs.
    painter = given.get("painter", given)
    if "base" in fresh["painter"] and "base" not in painter:
        painter = with_base(fresh["painter"], painter)
    return fresh | (given if "painter" in given else {}) | {"painter": painter}


def _pick(group: Variables, name: str) -> Variables:
    return Variables(group.params[name], group.stats[name])
