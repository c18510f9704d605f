"""Pages coloured in full, lightness included, as a palette and a few hints say, wherever they are given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan import losses
from mangagan.color import srgb_to_lab
from mangagan.models.multiscale import MultiscaleDiscriminator
from mangagan.models.palette_guided_unet import SteeredUNet
from mangagan.palette_bins import AB_STEP, BINS, LIGHT_BINS, bin_colors
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
from mangagan.tasks.color_spaces import EvenLab
from mangagan.tasks.hints import Hints, HintSampling, hints_of, no_hints, random_hints, sample_hints, surroundings
from mangagan.tasks.paired import Paired

_PAINTED = 5
# Less of a page than this share in a step of L says little of the colors there.
_FEW = 0.01
# 1 is the mean, much more the most frequent color.
_MODE = 1.5
# The chroma of named greys, which palettes spread over the bins around them, is 4.6, and nothing of it is lost.
_GRAY = 5.0
# More than this is lost by palettes of hundreds of pages alone; no palette counts as one of a work.
_MOST_LOST, _UNKNOWN = 4.15, 2.5
# Of pages as they are drawn in ink chroma is multiplied by 1 + this times the mean change of their L / 50.
_DRAWN = 0.5
# Chroma C becomes C times this power of (C + 1) / 20: what is dull gains, what is vivid loses. From afar (VFD) pages
# come nearer to the truth so, by some 5 % at the same colorfulness; CIEDE2000 rises by 1 to 2 %.
_LEVELLED = -0.2
# From paper on, palettes know nothing: colors fade towards white.
_PAPER, _FADE = 97.0, 4.0
_LIGHTS = 9


@dataclass(frozen=True)
class Steered(Paired):
    """Paired training of a generator that is told a palette, `palette` [b n] (see `mangagan.palette`), and hints.

    The generator sees the colors that the palette has at the lightness of each pixel, which alone bring a grey page of
    known palette a third of the way to its colors, and says where they hold (see `mixed`). Of a share `hinted` of the
    pictures some true colors are shown. At use a batch may lack the palette and the hints, `hint_ab` [b h w 2] (over
    110) with `hint_mask` [b h w 1]: then the generator is told none.
    """

    takes: ClassVar[frozenset[str]] = frozenset({"input", "palette", "hint_ab", "hint_mask"})

    generator: SteeredUNet = field(default_factory=SteeredUNet)  # type: ignore[assignment]
    discriminator: MultiscaleDiscriminator = field(default_factory=MultiscaleDiscriminator)  # type: ignore[assignment]
    space: EvenLab = field(default_factory=EvenLab)  # type: ignore[assignment]
    gan: losses.Adversarial = field(default_factory=losses.LeastSquares)
    hints: HintSampling = field(default_factory=lambda: HintSampling(stop=0.3, uniform=True))
    hinted: float = 0.5
    vividness: float = 1.0  # multiplies the chroma of predictions: medians, which L1 asks for, are dull
    own_statistics: bool = False

    def init(self, key: Array, batch: Batch) -> Nets:
        self._check_matching()
        if self.generator.outputs != _PAINTED:
            raise ValueError(f"task.generator.outputs={self.generator.outputs}: a steered generator paints {_PAINTED}")
        generator_key, discriminator_key = jax.random.split(key)
        none = no_hints(batch["input"])
        seen = _seen(usual_colors(batch["input"], _palette(batch)), none, surroundings(none))
        return Nets(
            init_network(self.generator, generator_key, seen, _palette(batch)),
            init_network(self.discriminator, discriminator_key, self._real(batch)),
        )

    def begun(self, fresh: Variables, given: Variables) -> Variables:
        """A generator also begins with a pretrained encoder alone."""
        if given.params.keys() == fresh.params.get("encoder", {}).keys():
            given = Variables(*(own | {"encoder": other} for own, other in zip(fresh, given, strict=True)))
        return fitted(fresh, given)

    def generate(self, generator: Variables, batch: Batch, rng: Array) -> tuple[Fakes, Tree]:
        share_key, hints_key, palette_key, dropout_key = jax.random.split(rng, 4)
        hints, palette = sample_hints(hints_key, _ab(batch), self.hints), _palette(batch)
        told = jax.random.bernoulli(share_key, self.hinted, (len(hints.mask), 1, 1, 1))
        hints = Hints(hints.ab * told, hints.mask * told)
        usual = usual_colors(batch["input"], palette)
        near = surroundings(hints)
        given = _seen(usual, hints, near), _half_of(palette_key, palette)
        painted, stats = apply_network(self.generator, generator, *given, train=True, rng=dropout_key)
        target = mixed(usual, painted)
        return {"target": target, "finished": self._finished(usual, target, palette, hints, near)}, stats

    def predict(self, generator: Variables, batch: Batch) -> Float[Array, "b h w 3"]:
        hints, palette = hints_of(batch), _palette(batch)
        usual, near = usual_colors(batch["input"], palette), surroundings(hints)
        seen, own = _seen(usual, hints, near), self.own_statistics
        painted = mixed(usual, predict_any_size(self.generator, generator, seen, own, beside=(palette,)))
        return self.space.picture(batch["input"], self._finished(usual, painted, palette, hints, near))

    def _finished(self, usual: Array, painted: Array, palette: Array, hints: Hints, near: Hints) -> Array:
        """What is painted, with the chroma that medians lack."""
        # The more of the light had to be guessed, too, the duller are the guesses.
        drawn = jnp.abs(painted - usual)[..., :1].mean((1, 2, 3), keepdims=True)
        factor = self.vividness * regained(palette)[:, None, None, None] * (1 + _DRAWN * drawn)
        # Colors that are told come out as they were given.
        guessed = 1 - jnp.maximum(hints.mask, near.mask)
        return _vivid(painted, factor, guessed)

    def _picture(self, batch: Batch, fakes: Fakes) -> Array:
        return self.space.picture(batch["input"], fakes["finished"])

    def _condition(self, batch: Batch) -> Float[Array, "b h w 3"]:
        # A discriminator that knows the palette can ask for it.
        return usual_colors(batch["input"], _palette(batch))

    def with_hints(self, key: Array, batch: Batch, count: int) -> Batch:
        hints = random_hints(key, _ab(batch), count, self.hints.patch // 2 + 1)
        return batch | {"hint_ab": hints.ab, "hint_mask": hints.mask}


def mixed(usual: Float[Array, "b h w 3"], painted: Float[Array, "b h w 5"]) -> Float[Array, "b h w 3"]:
    """Lab of what a generator painted: its own, and a share of the usual L and of the usual a and b.

    The shares are its last two numbers, over 1. Where a page is a picture in grey its lightness is right to the pixel;
    where it is drawn, white paper is a face, and a dark dot is a part of a tone. Shares have no bounds: with sigmoids
    the generator soon trusted the usual colors wholly, and learned nothing more.
    """
    share = 1 + jnp.concatenate([painted[..., 3:], painted[..., 4:]], axis=-1)
    return painted[..., :3] + share * usual


def usual_colors(gray: Float[Array, "b h w 1"], palette: Float[Array, "b n"]) -> Float[Array, "b h w 3"]:
    """For each pixel of a grey picture in [-1, 1] its own L and the palette's usual a and b there, as EvenLab paints.

    Usual is a mean in which large shares count for more than they are: it lies near the median, which is less far from
    most pixels. Between the middles of the palette's steps of L the colors are interpolated; without a palette, and on
    paper, they are grey.
    """
    light = srgb_to_lab(jnp.broadcast_to((gray + 1) / 2, (*gray.shape[:-1], 3)))[..., :1]
    total, means = _usual(palette)
    means = means * total / (total + _FEW)
    place = jnp.clip(light * (LIGHT_BINS / 100) - 0.5, 0, LIGHT_BINS - 1)
    near = jnp.maximum(1 - jnp.abs(place - jnp.arange(LIGHT_BINS)), 0)
    ab = jnp.einsum("bhwl,blc->bhwc", near, means) * jnp.clip((_PAPER - light) / _FADE, 0, 1)
    return jnp.concatenate([light / 50 - 1, ab], axis=-1)


def _usual(palette: Float[Array, "b n"]) -> tuple[Float[Array, "b l 1"], Float[Array, "b l 2"]]:
    """Shares of the steps of L in palettes, and the usual a and b of each, as EvenLab paints."""
    shares = palette.reshape(len(palette), LIGHT_BINS, -1)
    ab = EvenLab().of_lab(jnp.asarray(bin_colors()))[:, 1:].reshape(LIGHT_BINS, -1, 2)
    counted = shares**_MODE
    means = jnp.einsum("bln,lnc->blc", counted, ab) / (counted.sum(-1, keepdims=True) + 1e-9)
    return shares.sum(-1, keepdims=True), means


def regained(palette: Float[Array, "b n"]) -> Float[Array, " b"]:
    """By what chroma is multiplied to make good for what palettes leave open.

    Where a palette has many hues for a lightness, their mean is near grey, and so is what is painted of things that
    are not known. The chroma of all its colors over that of the usual ones is 1.5 for a page, 2.3 for all pages of a
    work, and 8 for hundreds of pages.
    """
    total, means = _usual(palette)
    space, gray = EvenLab(), jnp.zeros_like(total)
    usual = (total[..., 0] * _chroma(space.lab(jnp.concatenate([gray, means], axis=-1)))).sum(-1)
    # The middles of the bins of grey are not grey: squares of a and b count from there.
    asked = (palette * jnp.sqrt(jnp.square(bin_colors()[:, 1:]).sum(-1) - AB_STEP**2 / 2)).sum(-1)
    lost = jnp.where(asked > _GRAY, asked / jnp.maximum(usual, 1e-3), 1)
    lost = jnp.where(palette.sum(-1) > 0, lost, _UNKNOWN)
    return jnp.sqrt(jnp.clip(lost, 1, _MOST_LOST))


def _chroma(lab: Float[Array, "*shape 3"]) -> Float[Array, "*shape"]:
    return jnp.sqrt(jnp.square(lab[..., 1:]).sum(-1))


def _vivid(
    painted: Float[Array, "b h w 3"], factor: Float[Array, "b 1 1 1"], guessed: Float[Array, "b h w 1"]
) -> Float[Array, "b h w 3"]:
    """What is painted with the chroma of what is guessed, a share of each pixel, multiplied and levelled."""
    space = EvenLab()
    lab = space.lab(painted)
    factor = factor * ((_chroma(lab)[..., None] + 1) / 20) ** _LEVELLED
    return space.of_lab(jnp.concatenate([lab[..., :1], lab[..., 1:] * (1 + (factor - 1) * guessed)], axis=-1))


def _seen(usual: Float[Array, "b h w 3"], hints: Hints, near: Hints) -> Float[Array, "b h w 18"]:
    # What white means depends on the page: on a grey one it is white, on a drawn one anything. A network whose
    # norms are fixed at use cannot count what a page consists of, so it is told everywhere.
    lights = jnp.broadcast_to(_lights(usual[..., :1]), (*usual.shape[:-1], _LIGHTS))
    return jnp.concatenate([usual, *hints, *near, lights], axis=-1)


def _lights(light: Float[Array, "b h w 1"]) -> Float[Array, "b 1 1 9"]:
    """Shares of a picture by steps of L / 50 - 1 that overlap, over their mean."""
    place = jnp.clip((light + 1) / 2, 0, 1) * (_LIGHTS - 1)
    near = jnp.maximum(1 - jnp.abs(place - jnp.arange(_LIGHTS)), 0)
    return _LIGHTS * near.mean((1, 2), keepdims=True)


def _half_of(key: Array, palette: Float[Array, "b n"]) -> Float[Array, "b n"]:
    # A page's own palette tells which page it is, and its colors are soon known by heart: half of the palette,
    # another one each time, and few numbers to say it with, do not.
    return jnp.where(jax.random.bernoulli(key, 0.5, palette.shape), 2 * palette, 0)


def _palette(batch: Batch) -> Float[Array, "b n"]:
    return batch["palette"] if "palette" in batch else jnp.zeros((len(batch["input"]), BINS))


def _ab(batch: Batch) -> Float[Array, "b h w 2"]:
    return srgb_to_lab((batch["target"] + 1) / 2)[..., 1:] / 110
