"""Contextual attention equals its definition, in blocks and as a whole, for each picture with its own hole."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mangagan.models.attention import contextual_attention

H, W, C = 5, 4, 3


def features(b=2, h=H, w=W, c=C, seed=0):
    # Small, so that the softmax weighs several patches.
    return 0.3 * np.random.default_rng(seed).standard_normal((b, 2 * h, 2 * w, c), np.float32)


def holes(b=2, h=H, w=W):
    """A hole in another place of each picture."""
    hole = np.zeros((b, h, w), np.float32)
    for n in range(b):
        hole[n, n % h, n % w] = 1
    return hole


def patch(x, i, j, before, size):
    """size x size numbers from `before` pixels above and left of (i, j), zeros outside."""
    padded = np.pad(x.astype(np.float64), ((4, 4), (4, 4), (0, 0)))
    return padded[4 + i - before :, 4 + j - before :][:size, :size]


def by_hand(x, hole):
    """The definition, place by place."""
    (h, w), small = hole.shape, x[::2, ::2]
    places = [(i, j) for i in range(h) for j in range(w)]
    descriptors = {p: patch(small, *p, 1, 3).ravel() for p in places}
    raw = {
        (q, p): descriptors[p] @ descriptors[q] / max(np.linalg.norm(descriptors[p]), 1e-4)
        for q in places
        for p in places
    }
    for line in (lambda p: p[0] * w + p[1], lambda p: p[1] * h + p[0]):
        order = sorted(places, key=line)
        last = dict(raw)
        for n, q in enumerate(order):
            for m, p in enumerate(order):
                both = [(n + d, m + d) for d in (-1, 0, 1) if 0 <= min(n, m) + d and max(n, m) + d < len(order)]
                raw[q, p] = sum(last[order[a], order[b]] for a, b in both)
    known = {p: not patch(hole[..., None], *p, 1, 3).any() for p in places}
    canvas = np.zeros((2 * h + 2, 2 * w + 2, x.shape[-1]))
    for q in places:
        weights = np.exp([10 * raw[q, p] if known[p] else 0 for p in places])
        for weight, p in zip(weights / weights.sum(), places, strict=True):
            if known[p]:
                canvas[2 * q[0] :, 2 * q[1] :][:4, :4] += weight * patch(x, 2 * p[0], 2 * p[1], 1, 4) / 4
    return canvas[1:-1, 1:-1]


@pytest.mark.parametrize(("h", "w"), [(H, W), (4, 6), (1, 5), (5, 1)])
def test_it_equals_its_definition_for_each_pictures_own_hole(h, w):
    x, hole = features(h=h, w=w), holes(h=h, w=w)
    assert not np.array_equal(hole[0], hole[1])
    filled = jax.jit(contextual_attention)(x, hole)
    np.testing.assert_allclose(filled, np.stack([by_hand(*one) for one in zip(x, hole, strict=True)]), atol=1e-5)


def test_blocks_of_any_height_equal_the_whole_and_so_do_their_gradients():
    x, hole = features(), holes()

    def loss(x, scores):
        filled = contextual_attention(x, hole, scores=scores)
        return jnp.sin(5 * filled).sum(), filled

    def both(scores):
        (_, filled), slope = jax.jit(partial(jax.value_and_grad(loss, has_aux=True), scores=scores))(x)
        return filled, slope

    whole = both(2**26)
    for rows in (1, 2, 3):
        block = both(rows * len(x) * W * H * W)
        for one, other in zip(block, whole, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)


def test_nothing_is_copied_from_the_hole_and_a_hole_everywhere_gives_zero():
    x, hole = np.random.default_rng(0).uniform(0, 1, (1, 12, 12, 2)).astype(np.float32), np.zeros((1, 6, 6), np.float32)
    hole[0, 2:4, 1:3] = 1
    x[:, 4:8, 2:6] = 1000
    filled = contextual_attention(x, hole)
    assert 0 <= float(filled.min()) and float(filled.max()) <= 1
    assert not contextual_attention(x, np.ones_like(hole)).any()


def test_a_repeated_pattern_is_continued_into_the_hole():
    pattern = np.tile(np.random.default_rng(0).standard_normal((1, 8, 8, 4), np.float32), (1, 4, 4, 1))
    x, hole = pattern.copy(), np.zeros((1, 16, 16), np.float32)
    hole[:, 7:9, 7:9] = 1
    x[:, 14:18, 14:18] = 0
    filled = contextual_attention(x, hole)
    np.testing.assert_allclose(filled[:, 14:18, 14:18], pattern[:, 14:18, 14:18], atol=1e-3)


def test_dead_features_have_finite_gradients():
    slope = jax.jit(jax.grad(lambda x: contextual_attention(x, holes()).sum()))(jnp.zeros((2, 2 * H, 2 * W, C)))
    assert bool(jnp.isfinite(slope).all())


def test_bfloat16_is_returned_as_bfloat16_and_computed_in_float32():
    x = features().astype(jnp.bfloat16)
    filled = contextual_attention(x, holes())
    assert filled.dtype == jnp.bfloat16
    exact = contextual_attention(x.astype(jnp.float32), holes())
    np.testing.assert_array_equal(filled, exact.astype(jnp.bfloat16))


@pytest.mark.parametrize("gradient", [False, True])
def test_the_features_of_a_picture_of_1024_pixels_need_no_more_than_a_few_gigabytes(gradient):
    x, hole = (jax.ShapeDtypeStruct(shape, jnp.float32) for shape in ((1, 256, 256, 96), (1, 128, 128)))
    function = jax.grad(lambda *inputs: contextual_attention(*inputs).sum()) if gradient else contextual_attention
    memory = jax.jit(function).lower(x, hole).compile().memory_analysis()
    assert memory.temp_size_in_bytes < (5 if gradient else 2.5) * 2**30


@pytest.mark.parametrize(
    ("x", "hole"), [((1, 9, 8, 2), (1, 4, 4)), ((1, 8, 8, 2), (1, 8, 8)), ((2, 8, 8, 2), (1, 4, 4))]
)
def test_shapes_that_do_not_fit_are_refused(x, hole):
    with pytest.raises(ValueError, match=rf"{x[1]} x {x[2]}.*\({hole[0]}, {hole[1]}, {hole[2]}\).*must be even"):
        contextual_attention(jnp.zeros(x), jnp.zeros(hole))
