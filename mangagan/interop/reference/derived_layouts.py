"""Networks of other sizes than the published ones, derived from the names and shapes of their tensors.

What a file cannot tell is as in the reference. The dropout of a U-Net, which has no parameters and does not move the
numbers of its layers, is 0.5. Where norms have no weights, convolutions with biases are followed by instance norms, and
those without biases by none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import flax.linen as nn

from mangagan.interop.reference.layouts import Layout
from mangagan.models.deepfill import DeepFill
from mangagan.models.layers import BatchNorm, InstanceNorm, NoNorm, Norm
from mangagan.models.pix2pixhd import GlobalGenerator, LocalEnhancer
from mangagan.models.resnet import ResNet
from mangagan.models.siggraph17 import Siggraph17
from mangagan.models.unet import UNet

Shapes = Mapping[str, tuple[int, ...]]
# "unet_1024" has 10 levels, and no reference has more than 9 blocks. A file may name thousands of layers, each of
# which takes milliseconds to trace.
_MOST_LEVELS, _MOST_BLOCKS = 10, 64
# No reference is wider than 1024 channels; the width that is given here is the smallest of a network.
_MOST_FEATURES = 1024
# Of the input and of the output: no reference has more than 6.
_MOST_CHANNELS = 16
_RESIDUAL_DROPOUT = 0.5


def derive_layouts(shapes: Shapes) -> Iterator[Layout]:
    """Yield the networks that tensors may belong to, each of another class; the tensors need not fit them.

    Args:
        shapes: Shapes by the names of a reference checkpoint, without prefixes.
    """
    for derive in _DERIVE:
        try:
            layout = derive(shapes)
        # It lacks a layer that all networks of this class have, or one that has other axes.
        except (KeyError, IndexError, ValueError):
            continue
        if 1 <= layout.channels <= _MOST_CHANNELS and _is_sane(layout.network):
            yield layout


def _is_sane(network: nn.Module) -> bool:
    levels = {name: _MOST_LEVELS for name in ("levels", "downs", "enhancers")}
    most = levels | {"blocks": _MOST_BLOCKS, "features": _MOST_FEATURES, "outputs": _MOST_CHANNELS}
    sane = all(1 <= getattr(network, name, 1) <= limit for name, limit in most.items())
    return sane and (not isinstance(network, LocalEnhancer) or _is_sane(network.base))


def _unet(shapes: Shapes) -> Layout:
    # The reference nests each level inside the one above it.
    prefixes = ["model.model.1.model" + ".3.model" * depth for depth in range(_MOST_LEVELS)]
    inner = [prefix for prefix in prefixes if f"{prefix}.1.weight" in shapes]
    features, channels = shapes["model.model.0.weight"][:2]
    network = UNet(
        levels=1 + len(inner),
        features=features,
        outputs=shapes["model.model.3.weight"][1],
        norm=_norm(shapes, f"{inner[-1]}.3", f"{inner[-1]}.4"),
    )
    return Layout(network, channels)


def _resnet(shapes: Shapes) -> Layout:
    downs, blocks, channels = _residual_sizes(shapes)
    if downs != 2:
        raise KeyError("the reference has two strided convolutions")
    # Dropout stands between the two convolutions of a block and moves the second one.
    dropout = _RESIDUAL_DROPOUT if len(shapes.get("model.10.conv_block.6.weight", ())) == 4 else 0.0
    return Layout(
        ResNet(
            blocks=blocks,
            features=shapes["model.1.weight"][0],
            outputs=_head_outputs(shapes, downs, blocks),
            norm=_norm(shapes, "model.1", "model.2"),
            dropout=dropout,
        ),
        channels,
    )


def _global_generator(shapes: Shapes) -> Layout:
    downs, blocks, channels = _residual_sizes(shapes)
    outputs = _head_outputs(shapes, downs, blocks)
    return Layout(GlobalGenerator(downs, blocks, shapes["model.1.weight"][0], outputs), channels)


def _local_enhancer(shapes: Shapes) -> Layout:
    downs, base_blocks, channels = _residual_sizes(shapes)
    enhancers = _count(f"model{n}_1.1.weight" in shapes for n in range(1, _MOST_LEVELS + 1))
    blocks = _count(f"model{enhancers}_2.{n}.conv_block.1.weight" in shapes for n in range(_MOST_BLOCKS + 1))
    network = LocalEnhancer(
        base=GlobalGenerator(downs, base_blocks, shapes["model.1.weight"][0]),
        enhancers=enhancers,
        blocks=blocks,
        features=shapes[f"model{enhancers}_1.1.weight"][0],
        outputs=shapes[f"model{enhancers}_2.{blocks + 4}.weight"][0],
    )
    return Layout(network, channels)


def _siggraph17(shapes: Shapes) -> Layout:
    features, channels = shapes["model1.0.weight"][:2]
    classes = shapes.get("model_class.0.weight", (0,))[0]
    return Layout(Siggraph17(features=features, classes=classes), channels)


def _deepfill(shapes: Shapes) -> Layout:
    # A gated convolution has a second kernel of the same width for its gates.
    outputs, channels = shapes["stage1.conv1.conv.weight"][:2]
    return Layout(DeepFill(features=outputs // 2, symmetric=True), channels - 1)


_DERIVE: tuple[Callable[[Shapes], Layout], ...] = (
    _unet,
    _resnet,
    _global_generator,
    _local_enhancer,
    _siggraph17,
    _deepfill,
)


def _residual_sizes(shapes: Shapes) -> tuple[int, int, int]:
    """Return the strided convolutions, the residual blocks and the input channels of a network with such blocks."""
    downs = _count(len(shapes.get(f"model.{4 + 3 * n}.weight", ())) == 4 for n in range(_MOST_LEVELS + 1))
    blocks = _count(f"model.{4 + 3 * downs + n}.conv_block.1.weight" in shapes for n in range(_MOST_BLOCKS + 1))
    return downs, blocks, shapes["model.1.weight"][1]


def _head_outputs(shapes: Shapes, downs: int, blocks: int) -> int:
    return shapes[f"model.{5 + 6 * downs + blocks}.weight"][0]


def _norm(shapes: Shapes, convolution: str, norm: str) -> Norm:
    if f"{norm}.weight" in shapes:
        return BatchNorm()
    # The reference has no bias before other norms, and none without a norm.
    return InstanceNorm() if f"{convolution}.bias" in shapes else NoNorm()


def _count(found: Iterator[bool]) -> int:
    """Return how many of the first values are true in a row."""
    return next((number for number, value in enumerate(found) if not value), _MOST_BLOCKS + 1)
