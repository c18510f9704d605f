import jax
import jax.numpy as jnp
import numpy as np

from mangagan.color import lab_to_srgb, srgb_to_lab
from mangagan.infer.page.gamut import fit_lightness


def wheel(light, chroma):
    hue = np.radians(np.arange(0, 360, 5))
    return np.stack([np.full(72, light), chroma * np.cos(hue), chroma * np.sin(hue)], -1).astype(np.float32)


def chroma_of(lab):
    shown = srgb_to_lab(lab_to_srgb(lab))
    return np.hypot(shown[..., 1], shown[..., 2])


def test_lightness_on_paper_is_lowered_for_chroma():
    paper = wheel(100.0, 40.0)
    assert chroma_of(paper).mean() < 26
    assert chroma_of(fit_lightness(paper)).min() > 38


def test_colors_inside_srgb_are_kept():
    rng = np.random.default_rng(0)
    lab = srgb_to_lab(rng.random((500, 3)).astype(np.float32))
    assert np.abs(fit_lightness(lab) - lab).max() < 3
    gray = np.stack([np.linspace(0, 100, 20), np.zeros(20), np.zeros(20)], -1).astype(np.float32)
    assert np.abs(fit_lightness(gray) - gray).max() < 0.5


def test_jax_and_numpy_agree():
    lab = np.random.default_rng(1).uniform([0, -128, -128], [100, 128, 128], (300, 3)).astype(np.float32)
    np.testing.assert_allclose(jax.jit(fit_lightness)(jnp.asarray(lab)), fit_lightness(lab), atol=1e-3)
