"""Networks that look at pictures in people's place: LPIPS, and the features that sets are told apart by."""

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
from mangagan.evaluate.metrics.resize import resized, with_shorter_side
from mangagan.models.vgg import imagenet

# The shorter side, in pixels, that pictures are brought to for AlexNet and VGG16.
SIDE = 256
DISTANCES = {"lpips_alex": LPIPS("alexnet", SIDE), "lpips_vgg": LPIPS("vgg16", SIDE)}
# What is made of the features of a network: a Fréchet distance and a kernel distance.
SETS = {"vgg16": ("vfd", "vgg_kernel"), "inception": ("fid", "inception_kernel")}


class Seen(NamedTuple):
    """Distances of pictures from their truth, and the features of both by network."""

    distances: dict[str, Float[Array, " b"]]
    features: dict[str, tuple[Float[Array, "b d"], Float[Array, "b d"]]]


def seen(weights: Mapping[str, Any], pictures: Pictures, truth: Pictures) -> Seen:
    """What the networks that have weights see in pictures in [-1, 1]. Meant to be jitted whole: VGG16 serves twice."""
    distances = {
        name: lpips.distance(weights[lpips.network], pictures, truth)
        for name, lpips in DISTANCES.items()
        if lpips.network in weights
    }
    features = {}
    if "vgg16" in weights:
        layers = weights["vgg16"]["layers"]
        features["vgg16"] = vgg_features(layers, pictures), vgg_features(layers, truth)
    if "inception" in weights:
        variables = weights["inception"]
        features["inception"] = inception_features(variables, pictures), inception_features(variables, truth)
    return Seen(distances, features)


def load_networks(*, perceptual: bool, inception: Path | None) -> tuple[dict[str, Any], dict[str, str]]:
    """Weights of the networks there are, and by figures that they would have given why others are left out.

    `inception`: pt_inception-2015-12-05-*.pth. Raises ValueError where it is another file, FileNotFoundError.
    """
    weights: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    names = ", ".join([*DISTANCES, *SETS["vgg16"]])
    try:
        weights |= {lpips.network: lpips.load() for lpips in DISTANCES.values()} if perceptual else {}
        left_out |= {} if perceptual else {names: "not asked for"}
    except ImportError as error:
        left_out[names] = str(error)
    if inception is None:
        left_out[", ".join(SETS["inception"])] = "needs the weights pt_inception-2015-12-05 of pytorch-fid"
    else:
        weights["inception"] = load_inception(inception)
    return weights, left_out


def vgg_features(layers: list[dict[str, Any]], pictures: Pictures, side: int = SIDE) -> Float[Array, "b 512"]:
    """The 512 channels of VGG16's last stage (relu5_3), averaged over the picture: VFD, the VGG Fréchet distance.

    Its figures are not those of FID and bear no comparison with them. Pictures in [-1, 1] are brought to a shorter
    side of `side` pixels first, as `with_shorter_side` does. layers: those of `LPIPS("vgg16").load()`.
    """
    small = with_shorter_side(jnp.clip(pictures, -1, 1), side)
    return stages("vgg16", layers, imagenet(small))[-1].mean((1, 2))


def inception_features(variables: Any, pictures: Pictures) -> Float[Array, "b 2048"]:
    """What the Fréchet Inception distance compares: FID, with the variables that `load_inception` gives.

    Pictures in [-1, 1] are squeezed to 299 x 299, bilinear and without antialiasing, as pytorch-fid 0.3 does; other
    resizing gives other figures.
    """
    squeezed = resized(jnp.clip(pictures, -1, 1), (299, 299), antialias=False)
    return InceptionV3().apply(variables, squeezed)  # type: ignore[return-value]
