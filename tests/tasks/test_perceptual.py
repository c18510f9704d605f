import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mangagan.models.efficientnet import EfficientNetLite0
from mangagan.models.vgg import VGG16, imagenet
from mangagan.tasks.perceptual import Perceptual, _pooled_distance, gram

FAKE, REAL = (np.random.default_rng(n).uniform(-1, 1, (1, 32, 32, 3)).astype(np.float32) for n in range(2))


def vgg():
    return random_weights(VGG16(), 0.0, 0.03)


def random_weights(network, mean, deviation):
    shapes = jax.eval_shape(lambda: network.init(jax.random.key(0), jnp.zeros((1, 32, 32, 3))))
    rng = np.random.default_rng(2)
    return jax.tree.map(lambda leaf: jnp.asarray(rng.normal(mean, deviation, leaf.shape), jnp.float32), shapes)


def test_content_and_style_are_weighted_sums_over_the_stages():
    weights = vgg()
    stages = [VGG16().apply(weights, imagenet(picture)) for picture in (FAKE, REAL)]
    shares = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
    content = sum(share * np.abs(a - b).mean() for share, a, b in zip(shares, *stages, strict=True))
    style = sum(np.abs(by_hand(a) - by_hand(b)).mean() for a, b in zip(*stages, strict=True))
    loss = Perceptual(weight=2.0, style=3.0).loss(weights, FAKE, REAL)
    np.testing.assert_allclose(loss, 2 * content + 3 * style, rtol=1e-4)
    np.testing.assert_allclose(Perceptual(weight=2.0).loss(weights, FAKE, REAL), 2 * content, rtol=1e-4)


def test_pooled_is_the_squared_distance_of_the_last_stages_averages():
    weights = vgg()
    fakes, reals = (np.concatenate([picture, picture[:, ::-1] / 2]) for picture in (FAKE, REAL))
    a, b = (np.asarray(VGG16().apply(weights, imagenet(pictures))[-1], np.float64) for pictures in (fakes, reals))
    expected = np.square(a.mean((1, 2)) - b.mean((1, 2))).sum(1).mean()
    assert expected > 0
    np.testing.assert_allclose(Perceptual(pooled=5.0).loss(weights, fakes, reals), 5 * expected, rtol=1e-3)
    assert Perceptual(pooled=5.0).needs_network
    # Where in the picture things are makes no difference, as it does to the stages' L1.
    np.testing.assert_allclose(_pooled_distance(jnp.asarray(a), jnp.asarray(a[:, ::-1])), 0, atol=1e-12)


def test_a_small_network_may_see_pictures_of_half_the_size():
    network = EfficientNetLite0()
    weights = random_weights(network, 0.5, 0.1)
    fake, real = (np.ones((1, 64, 64, 3), np.float32) * value for value in (0.25, -0.5))
    apply = jax.jit(network.apply)
    small = [apply(weights, picture[:, ::2, ::2]) for picture in (fake, real)]
    shares = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
    expected = sum(share * np.abs(a - b).mean() for share, a, b in zip(shares, *small, strict=True))
    loss = jax.jit(Perceptual(weight=1.0, network="efficientnet_lite0", halvings=1).loss)(weights, fake, real)
    assert expected > 0
    np.testing.assert_allclose(loss, expected, rtol=1e-4)


def test_negative_halvings_are_refused():
    with pytest.raises(ValueError, match="task.perceptual.halvings=-1: must be at least 0"):
        Perceptual(halvings=-1)


def by_hand(features):
    flat = np.asarray(features, np.float64)[0].reshape(-1, features.shape[-1])
    return flat.T @ flat / flat.size


def test_gram_matrices_equal_numpy():
    features = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)
    for picture, matrix in zip(features, gram(features), strict=True):
        flat = picture.reshape(12, 5)
        np.testing.assert_allclose(matrix, flat.T @ flat / 60, rtol=1e-5)


def test_without_weights_no_network_is_needed():
    assert (
        not Perceptual().needs_network and Perceptual(style=1.0).needs_network and Perceptual(weight=1.0).needs_network
    )
