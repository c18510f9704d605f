"""Full colouring, lightness included, guided by a palette and a few hints.

What the network predicts is corrected in `PaletteGuided._finished`: the medians that L1 asks for have too little
chroma. The numbers of this correction, and of how a palette is read, are the fields of `PaletteReading` and
`ChromaCorrection`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan import losses
from mangagan.color import srgb_to_lab
from mangagan.models.multiscale import MultiscaleDiscriminator
from mangagan.models.palette_guided_unet import PaletteGuidedUNet
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

# A generator predicts Lab, and the shares in which the usual lightness and the usual a and b are added to it.
_OUTPUTS = 5


@dataclass(frozen=True)
class PaletteReading:
    """How the usual colours of a palette are found (see `usual_colors`)."""

    mode: float = 1.5  # exponent of a palette's shares: 1 gives their mean, a large one the most frequent colour
    rare_share: float = 0.01  # a step of lightness with a smaller share of the palette says little of the colours there
    paper: float = 97.0  # CIE L of paper: from there on a palette knows no colours
    fade: float = 4.0  # the usual colours fade to white over so many steps of CIE L below the paper
    lightness_steps: int = 9  # steps of the lightness histogram that the generator sees


@dataclass(frozen=True)
class ChromaCorrection:
    """How the chroma of predictions is raised (see `chroma_gain` and `PaletteGuided._finished`).

    The power law gains colour where a page is dull and loses some where it is vivid. The Frechet distance of VGG
    activations to the truth falls by 5 % at the same colourfulness, and CIEDE2000 rises by 1 to 2 %.
    """

    gray_chroma: float = 5.0  # palettes of less CIE chroma are grey: the bins around named greys give 4.6
    max_loss: float = 4.15  # limit of the chroma that a palette loses; only palettes of hundreds of pages reach it
    unknown_loss: float = 2.5  # the loss without a palette: that of all pages of a work
    drawn_gain: float = 0.5  # gain per mean change of L / 50: where lightness was predicted as well, chroma is duller
    power: float = -0.2  # chroma C is multiplied by ((C + 1) / power_center) to this power
    power_center: float = 20.0  # the chroma, plus 1, that stays as it is


@dataclass(frozen=True)
class PaletteGuided(Paired):
    """Paired training of a generator guided by a palette, `palette` [b n] (see `mangagan.palette`), and by hints.

    For each pixel the generator sees the colours that the palette has at the pixel's lightness, and predicts where they
    apply (see `add_usual`). Each training example has hints with probability `hint_probability`. At test a batch may
    lack the palette and the hints, `hint_ab` [b h w 2] (over 110) with `hint_mask` [b h w 1].
    """

    conditioning: ClassVar[frozenset[str]] = frozenset({"input", "palette", "hint_ab", "hint_mask"})

    generator: PaletteGuidedUNet = field(default_factory=PaletteGuidedUNet)  # type: ignore[assignment]
    discriminator: MultiscaleDiscriminator = field(default_factory=MultiscaleDiscriminator)  # type: ignore[assignment]
    space: EvenLab = field(default_factory=EvenLab)  # type: ignore[assignment]
    gan: losses.Adversarial = field(default_factory=losses.LeastSquares)
    hints: HintSampling = field(default_factory=lambda: HintSampling(stop=0.3, uniform=True))
    hint_probability: float = 0.5
    vividness: float = 1.0  # factor of the chroma of predictions
    reading: PaletteReading = field(default_factory=PaletteReading)
    correction: ChromaCorrection = field(default_factory=ChromaCorrection)
    batch_stats_at_test: bool = False

    def init(self, key: Array, batch: Batch) -> Nets:
        self._check_matching()
        if self.generator.outputs != _OUTPUTS:
            outputs = self.generator.outputs
            raise ValueError(f"task.generator.outputs={outputs}: must be {_OUTPUTS} for a palette-guided generator")
        generator_key, discriminator_key = jax.random.split(key)
        none = no_hints(batch["input"])
        seen = self._seen(self._usual(batch), none, surroundings(none))
        return Nets(
            init_network(self.generator, generator_key, seen, _palette(batch)),
            init_network(self.discriminator, discriminator_key, self._real(batch)),
        )

    def init_from(self, fresh: Variables, given: Variables) -> Variables:
        """Return the given variables; a pretrained encoder alone replaces that of the fresh ones."""
        if given.params.keys() == fresh.params.get("encoder", {}).keys():
            given = Variables(*(own | {"encoder": other} for own, other in zip(fresh, given, strict=True)))
        return fitted(fresh, given)

    def generate(self, generator: Variables, batch: Batch, rng: Array) -> tuple[Fakes, Tree]:
        share_key, hints_key, palette_key, dropout_key = jax.random.split(rng, 4)
        hints, palette = sample_hints(hints_key, _ab(batch), self.hints), _palette(batch)
        is_hinted = jax.random.bernoulli(share_key, self.hint_probability, (len(hints.mask), 1, 1, 1))
        hints = Hints(hints.ab * is_hinted, hints.mask * is_hinted)
        usual = self._usual(batch)
        near = surroundings(hints)
        given = self._seen(usual, hints, near), _half_of(palette_key, palette)
        output, stats = apply_network(self.generator, generator, *given, train=True, rng=dropout_key)
        target = add_usual(usual, output)
        return {"target": target, "finished": self._finished(usual, target, palette, hints, near)}, stats

    def with_hints(self, key: Array, batch: Batch, count: int) -> Batch:
        hints = random_hints(key, _ab(batch), count, self.hints.max_side // 2 + 1)
        return batch | {"hint_ab": hints.ab, "hint_mask": hints.mask}

    def _predicted(self, generator: Variables, batch: Batch) -> Float[Array, "b h w 3"]:
        hints, palette = hints_of(batch), _palette(batch)
        usual, near = self._usual(batch), surroundings(hints)
        seen, own = self._seen(usual, hints, near), self.batch_stats_at_test
        predicted = add_usual(usual, predict_any_size(self.generator, generator, seen, own, extra_inputs=(palette,)))
        return self._finished(usual, predicted, palette, hints, near)

    def _finished(self, usual: Array, predicted: Array, palette: Array, hints: Hints, near: Hints) -> Array:
        """The prediction with the chroma that medians lack."""
        change = jnp.abs(predicted - usual)[..., :1].mean((1, 2, 3), keepdims=True)
        gain = chroma_gain(palette, self.reading, self.correction)[:, None, None, None]
        factor = self.vividness * gain * (1 + self.correction.drawn_gain * change)
        # Hinted colours stay as they were given.
        free = 1 - jnp.maximum(hints.mask, near.mask)
        lab = self.space.lab(predicted)
        center, power = self.correction.power_center, self.correction.power
        factor = factor * ((_chroma(lab)[..., None] + 1) / center) ** power
        return self.space.of_lab(jnp.concatenate([lab[..., :1], lab[..., 1:] * (1 + (factor - 1) * free)], axis=-1))

    def _usual(self, batch: Batch) -> Float[Array, "b h w 3"]:
        return usual_colors(batch["input"], _palette(batch), self.reading)

    def _picture(self, batch: Batch, fakes: Fakes) -> Array:
        return self.space.picture(batch["input"], fakes["finished"])

    def _condition(self, batch: Batch) -> Float[Array, "b h w 3"]:
        # A discriminator that sees the palette can tell whether a picture follows it.
        return self._usual(batch)

    def _seen(self, usual: Float[Array, "b h w 3"], hints: Hints, near: Hints) -> Float[Array, "b h w 18"]:
        # What white means depends on the page: on a grey one it is white, on a drawn one anything. A network whose
        # norms use running statistics cannot count what a page consists of, so each pixel gets the histogram.
        steps = self.reading.lightness_steps
        histogram = _lightness_histogram(usual[..., :1], steps)
        return jnp.concatenate([usual, *hints, *near, jnp.broadcast_to(histogram, (*usual.shape[:-1], steps))], axis=-1)


def add_usual(usual: Float[Array, "b h w 3"], output: Float[Array, "b h w 5"]) -> Float[Array, "b h w 3"]:
    """Return a generator's colours: its own, plus a share of the usual L and of the usual a and b.

    The shares are 1 plus the last two channels. On a picture in grey the page's lightness is right to the pixel; on a
    drawn one white paper is a face, and a dark dot is a part of a screentone. Shares have no bounds: with sigmoids
    the generator soon relied on the usual colours alone, and learned nothing more.

    Args:
        usual: The usual colours, in the numbers of EvenLab.
        output: What the generator returns.
    """
    share = 1 + jnp.concatenate([output[..., 3:], output[..., 4:]], axis=-1)
    return output[..., :3] + share * usual


def usual_colors(
    gray: Float[Array, "b h w 1"], palette: Float[Array, "b n"], reading: PaletteReading = PaletteReading()
) -> Float[Array, "b h w 3"]:
    """Return for each pixel its own L, and the palette's usual a and b at that L.

    The usual colour is a mean in which large shares count more: it lies near the median, which L1 asks for. Between
    the centres of the palette's lightness steps colours are interpolated. Without a palette, and on paper, they are
    grey.

    Args:
        gray: Grey pictures in [-1, 1].
        palette: Shares of the bins, which sum to 1, or zeros for no palette.
        reading: How the palette is read.

    Returns:
        Colours in the numbers of EvenLab.
    """
    light = srgb_to_lab(jnp.broadcast_to((gray + 1) / 2, (*gray.shape[:-1], 3)))[..., :1]
    total, means = _usual_of_steps(palette, reading)
    means = means * total / (total + reading.rare_share)
    place = jnp.clip(light * (LIGHT_BINS / 100) - 0.5, 0, LIGHT_BINS - 1)
    near = jnp.maximum(1 - jnp.abs(place - jnp.arange(LIGHT_BINS)), 0)
    ab = jnp.einsum("bhwl,blc->bhwc", near, means) * jnp.clip((reading.paper - light) / reading.fade, 0, 1)
    return jnp.concatenate([light / 50 - 1, ab], axis=-1)


def chroma_gain(
    palette: Float[Array, "b n"],
    reading: PaletteReading = PaletteReading(),
    correction: ChromaCorrection = ChromaCorrection(),
) -> Float[Array, " b"]:
    """Return the factor that restores the chroma that an ambiguous palette loses.

    Where a palette has many hues for a lightness their mean is near grey, and so is the prediction for things that the
    network does not recognise. The chroma of the palette's colours, over that of its usual ones, is 1.5 for a page, 2.3
    for all pages of a work, and 8 for hundreds of pages; the gain is the square root of that.

    Args:
        palette: Shares of the bins, which sum to 1, or zeros for no palette.
        reading: How the palette is read.
        correction: The limits.
    """
    total, means = _usual_of_steps(palette, reading)
    space, gray = EvenLab(), jnp.zeros_like(total)
    usual = (total[..., 0] * _chroma(space.lab(jnp.concatenate([gray, means], axis=-1)))).sum(-1)
    # The centres of the bins of grey are not grey themselves: squares of a and b count from there.
    available = (palette * jnp.sqrt(jnp.square(bin_colors()[:, 1:]).sum(-1) - AB_STEP**2 / 2)).sum(-1)
    lost = jnp.where(available > correction.gray_chroma, available / jnp.maximum(usual, 1e-3), 1)
    lost = jnp.where(palette.sum(-1) > 0, lost, correction.unknown_loss)
    return jnp.sqrt(jnp.clip(lost, 1, correction.max_loss))


def _usual_of_steps(
    palette: Float[Array, "b n"], reading: PaletteReading
) -> tuple[Float[Array, "b l 1"], Float[Array, "b l 2"]]:
    """Shares of a palette's lightness steps, and the usual a and b of each, in the numbers of EvenLab."""
    shares = palette.reshape(len(palette), LIGHT_BINS, -1)
    ab = EvenLab().of_lab(jnp.asarray(bin_colors()))[:, 1:].reshape(LIGHT_BINS, -1, 2)
    counted = shares**reading.mode
    means = jnp.einsum("bln,lnc->blc", counted, ab) / (counted.sum(-1, keepdims=True) + 1e-9)
    return shares.sum(-1, keepdims=True), means


def _chroma(lab: Float[Array, "*shape 3"]) -> Float[Array, "*shape"]:
    return jnp.sqrt(jnp.square(lab[..., 1:]).sum(-1))


def _lightness_histogram(light: Float[Array, "b h w 1"], steps: int) -> Float[Array, "b 1 1 l"]:
    """The shares of a picture by overlapping steps of L / 50 - 1, over their mean."""
    place = jnp.clip((light + 1) / 2, 0, 1) * (steps - 1)
    near = jnp.maximum(1 - jnp.abs(place - jnp.arange(steps)), 0)
    return steps * near.mean((1, 2), keepdims=True)


def _half_of(key: Array, palette: Float[Array, "b n"]) -> Float[Array, "b n"]:
    # A page's own palette identifies the page, and its colours would soon be memorised. A random half of the palette,
    # a new one each time and a small code for it, prevents that.
    return jnp.where(jax.random.bernoulli(key, 0.5, palette.shape), 2 * palette, 0)


def _palette(batch: Batch) -> Float[Array, "b n"]:
    return batch["palette"] if "palette" in batch else jnp.zeros((len(batch["input"]), BINS))


def _ab(batch: Batch) -> Float[Array, "b h w 2"]:
    return srgb_to_lab((batch["target"] + 1) / 2)[..., 1:] / 110
