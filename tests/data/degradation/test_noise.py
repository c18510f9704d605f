"""Noise: its statistics agree with its name and strength."""

from __future__ import annotations

import numpy as np
import pytest

from mangagan.data.degradation import noise
from mangagan.data.degradation.halftone import halftone
from mangagan.data.degradation.noise_settings import Gaussian, Halftone, Jpeg, Poisson, SaltAndPepper, Speckle

KINDS = [Gaussian, SaltAndPepper, Speckle, Poisson, Jpeg, Halftone]


def rng():
    return np.random.default_rng(5)


def flat(value, channels=3, side=200):
    return np.full((side, side, channels), value, np.float32)


def scene(channels=3, side=96):
    """Slopes, a disc and a few lines."""
    down, across = np.mgrid[:side, :side] / side
    plane = np.where(np.hypot(down - 0.5, across - 0.4) < 0.3, 0.8 - down, across)
    plane[::12] = 0
    return np.stack([plane**power for power in (1.0, 0.7, 1.6)][:channels], -1).astype(np.float32) * 2 - 1


def psnr(picture, truth):
    return 10 * np.log10(4 / max(np.mean((picture.astype(np.float64) - truth) ** 2), 1e-9))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_kind_keeps_shape_and_type_and_depends_on_its_seed_alone(kind, channels):
    picture = scene(channels)
    kept = picture.copy()
    first, again, other = (kind().add_noise(picture, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == picture.shape and first.dtype == np.float32
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert np.array_equal(picture, kept) and np.abs(noise.quantize(first)).max() <= 1


@pytest.mark.parametrize("sigma", [0, 5, 25, 75])
def test_gaussian_has_its_sigma_everywhere(sigma):
    drawn = noise.gaussian(scene(side=200), sigma, rng()) - scene(side=200)
    assert abs(drawn.mean()) * 127.5 < 0.02 * sigma + 1e-4
    np.testing.assert_allclose(drawn.std((0, 1)) * 127.5, sigma, rtol=0.02, atol=1e-4)
    assert abs(np.mean(drawn[:, :-1] * drawn[:, 1:])) * 127.5**2 <= 0.02 * sigma**2 + 1e-6


def test_salt_and_pepper_turns_whole_pixels_white_or_black():
    picture = flat(0.25)
    drawn = noise.salt_and_pepper(picture, 0.3, rng())
    assert (drawn == drawn[..., :1]).all() and set(np.unique(drawn)) == {-1, 0.25, 1}
    assert abs(np.mean(drawn == -1) - 0.15) < 0.01 and abs(np.mean(drawn == 1) - 0.15) < 0.01
    assert np.array_equal(noise.salt_and_pepper(picture, 0, rng()), picture)
    assert (np.abs(noise.salt_and_pepper(picture, 1, rng())) == 1).all()


@pytest.mark.parametrize("light", [0.0, 0.2, 0.9])
def test_speckle_grows_with_the_light(light):
    drawn = (noise.speckle(flat(2 * light - 1), 0.3, rng()) + 1) / 2
    np.testing.assert_allclose([drawn.mean(), drawn.std()], [light, 0.3 * light], rtol=0.02, atol=1e-6)


@pytest.mark.parametrize("light", [0.0, 0.2, 0.9])
@pytest.mark.parametrize("peak", [2, 50])
def test_poisson_has_the_mean_and_variance_of_counts(light, peak):
    drawn = (noise.poisson(flat(2 * light - 1), peak, rng()) + 1) / 2
    np.testing.assert_allclose([drawn.mean(), drawn.var()], [light, light / peak], rtol=0.04, atol=1e-6)
    np.testing.assert_allclose(drawn * peak, np.round(drawn * peak), atol=1e-3)


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_leaves_plain_areas_and_loses_more_at_lower_quality(channels):
    plain = flat(21 / 127.5 - 1, channels, 16)
    assert np.ptp(noise.jpeg(plain, 30)) == 0 and np.abs(noise.jpeg(plain, 30) - plain).max() < 2.5 / 127.5
    psnrs = [psnr(noise.jpeg(scene(channels), quality), scene(channels)) for quality in (5, 20, 50, 90)]
    assert psnrs == sorted(psnrs) and psnrs[0] < 26 and psnrs[-1] > 30


def test_jpeg_blocks_start_anywhere():
    edge = np.repeat(np.repeat(scene(3)[::8, ::8], 8, 0), 8, 1)  # even within each block
    kept = psnr(noise.jpeg(edge, 20), edge)
    moved = noise.jpeg(edge[5:, 3:], 20, (5, 3))
    assert np.array_equal(moved[8:, 8:], noise.jpeg(edge, 20)[13:, 11:])
    assert moved.shape == edge[5:, 3:].shape and psnr(noise.jpeg(edge[5:, 3:], 20), edge[5:, 3:]) < kept
    blocks = {Jpeg(20, 20).add_noise(edge, np.random.default_rng(seed)).tobytes() for seed in range(8)}
    assert len(blocks) > 4


@pytest.mark.parametrize("degrade", [lambda picture: noise.jpeg(picture, 50), lambda p: halftone(p, 4, rng())])
def test_two_channels_are_refused_by_halftone_and_jpeg(degrade):
    with pytest.raises(ValueError, match="with 2 channels.*1 .grey. or 3 .RGB."):
        degrade(flat(0, 2))


STRENGTHS = [
    (lambda p, s: noise.gaussian(p, s, rng()), (0, 5, 25, 75)),
    (lambda p, s: noise.salt_and_pepper(p, s, rng()), (0, 0.05, 0.2, 0.5)),
    (lambda p, s: noise.speckle(p, s, rng()), (0, 0.05, 0.2, 0.5)),
    (lambda p, s: noise.poisson(p, s, rng()), (500, 50, 5, 1)),
]


@pytest.mark.parametrize(("degrade", "strengths"), STRENGTHS)
@pytest.mark.parametrize("channels", [1, 3])
def test_stronger_noise_has_a_lower_psnr(degrade, strengths, channels):
    truth = noise.quantize(scene(channels))
    psnrs = [psnr(noise.quantize(degrade(truth, strength)), truth) for strength in strengths]
    assert all(np.diff(psnrs) < -2)


def test_quantized_pictures_have_the_levels_of_files():
    levels = np.arange(256, dtype=np.float32).reshape(16, 16, 1) / np.float32(127.5) - 1
    assert np.array_equal(noise.quantize(levels), levels)
    np.testing.assert_array_equal(noise.quantize(np.float32([[[-7], [7], [0.9 / 127.5]]])).ravel() * 127.5 + 127.5,
                                  [0, 255, 128])  # fmt: skip


@pytest.mark.parametrize("channels", [1, 3])
def test_halftone_keeps_the_tone(channels):
    tones = np.linspace(-1, 1, 6)
    printed = [halftone(flat(tone, channels, 120), 5, rng()).mean() for tone in tones]
    # Ink is not quite black and paper not quite white.
    assert (np.diff(printed) > 0.2).all()
    np.testing.assert_allclose(printed, tones, atol=0.28)


@pytest.mark.parametrize("pitch", [3.0, 4.5, 8.0])
def test_halftone_has_dots_at_its_pitch(pitch):
    printed = halftone(flat(0, 1, 192), pitch, rng())[..., 0]
    spectrum = np.abs(np.fft.fft2((printed - printed.mean()) * np.outer(np.hanning(192), np.hanning(192))))
    down, across = np.unravel_index(spectrum.argmax(), spectrum.shape)
    frequency = np.hypot(np.fft.fftfreq(192)[down], np.fft.fftfreq(192)[across])
    assert abs(frequency * pitch - 1) < 0.05
    # Both directions of the screen lie about 45 degrees to the page.
    angle = np.arctan2(abs(np.fft.fftfreq(192)[down]), abs(np.fft.fftfreq(192)[across]))
    assert abs(np.rad2deg(angle) - 45) < 20


def test_halftone_keeps_black_and_white_and_is_aligned():
    page = flat(1, 1, 96)
    page[40:56, 20:80] = -1
    printed = halftone(page, 4, rng())
    assert printed[44:52, 24:76].max() < -0.6 and printed[:36].min() > 0.6
    assert abs((printed[48, :, 0] < 0).argmax() - 20) <= 1 and abs((printed[:, 50, 0] < 0).argmax() - 40) <= 1


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Gaussian(-1, 5), "low=-1 high=5.*0 <= low <= high <= 255"),
        (Gaussian(9, 5), "low=9 high=5"),
        (SaltAndPepper(0.1, 1.1), "high_share=1.1"),
        (Poisson(0, 5), "low_peak=0"),
        (Jpeg(0, 50), "low_quality=0"),
        (Halftone(1, 4), "low_pitch=1"),
    ],
)
def test_invalid_strengths_are_refused(kind, message):
    with pytest.raises(ValueError, match=f"{type(kind).__name__} .*{message}"):
        kind.check()


def test_strengths_are_drawn_from_the_whole_range():
    draw = np.random.default_rng(0)
    sigmas = [Gaussian(10, 50).sigma(draw) for _ in range(500)]
    assert 10 <= min(sigmas) < 11 and 49 < max(sigmas) <= 50 and abs(np.mean(sigmas) - 30) < 2
    assert {Gaussian(25, 25).sigma(draw) for _ in range(5)} == {25}
    starts = [(top, left) for top in range(8) for left in range(8)]
    files = {noise.jpeg(scene(), quality, start).tobytes(): quality for quality in (40, 41, 42) for start in starts}
    assert {files[Jpeg(40, 42).add_noise(scene(), draw).tobytes()] for _ in range(40)} == {40, 41, 42}
    peaks = [Poisson(1, 100).add_noise(flat(1, 1, 32), draw).var() / 4 for _ in range(300)]
    # Half of the peaks lie below the middle octave, 10.
    assert 0.4 < np.mean(np.array(peaks) > 0.1) < 0.6
