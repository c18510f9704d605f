"""Parameter counts equal the reference's to the unit, by shape evaluation alone."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import pytest

from mangagan.models.layers import BatchNorm, InstanceNorm, NoNorm
from mangagan.models.patchgan import PatchGAN, PixelGAN
from mangagan.models.resnet import ResNet
from mangagan.models.unet import UNet

BATCH, INSTANCE, NONE = BatchNorm(), InstanceNorm(), NoNorm()


def shapes(network, channels, size=256):
    x = jax.ShapeDtypeStruct((1, size, size, channels), jnp.float32)
    return jax.eval_shape(lambda x: network.init(jax.random.key(0), x, train=False), x)


@pytest.mark.parametrize(
    ("network", "channels", "count"),
    [
        (UNet(), 3, 54_413_955),
        (UNet(outputs=2), 1, 54_409_858),
        (UNet(norm=INSTANCE), 3, 54_409_603),
        (UNet(levels=7), 3, 41_828_995),
        (UNet(levels=7, norm=INSTANCE), 3, 41_825_667),
        (ResNet(), 3, 11_378_179),
        (ResNet(norm=BATCH), 3, 11_383_427),
        (ResNet(norm=NONE), 3, 11_372_931),
        (ResNet(blocks=6), 3, 7_837_699),
        (ResNet(blocks=6, norm=BATCH), 3, 7_841_411),
        (PatchGAN(), 6, 2_768_705),
        (PatchGAN(), 3, 2_765_633),
        (PatchGAN(norm=INSTANCE), 3, 2_764_737),
        (PatchGAN(norm=INSTANCE), 6, 2_767_809),
        (PatchGAN(layers=1), 6, 139_585),
        (PatchGAN(layers=4), 6, 6_964_033),
        (PatchGAN(layers=5, norm=INSTANCE), 3, 11_154_369),
        (PixelGAN(), 6, 9_024),
        (PixelGAN(norm=INSTANCE), 3, 8_705),
    ],
)
def test_count(network, channels, count):
    leaves = jax.tree.leaves(shapes(network, channels)["params"])
    assert sum(math.prod(leaf.shape) for leaf in leaves) == count
    assert {leaf.dtype for leaf in leaves} == {jnp.dtype("float32")}
