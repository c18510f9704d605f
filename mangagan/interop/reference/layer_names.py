"""Names that the reference implementations give to the layers of our networks, in the order of their files.

PyTorch numbers the modules of an nn.Sequential, padding and activations included; hence the steps between numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import flax.linen as nn

from mangagan.models.deepfill import DeepFill
from mangagan.models.efficientnet import EfficientNetLite0
from mangagan.models.multiscale import MultiscaleDiscriminator
from mangagan.models.patchgan import PatchGAN, PixelGAN
from mangagan.models.pix2pixhd import FeatureEncoder, GlobalGenerator, LocalEnhancer
from mangagan.models.resnet import ResNet
from mangagan.models.siggraph17 import Siggraph17
from mangagan.models.sn_patchgan import SNPatchGAN
from mangagan.models.unet import UNet
from mangagan.models.vgg import VGG

# (prefix of the reference's tensors, path of our layer)
NamePairs = Iterator[tuple[str, str]]


def layer_names(network: nn.Module) -> NamePairs:
    """Yield (prefix of the reference's tensors, path of our layer) for each layer that such a network can have.

    Norms are listed even where this network's norm has no parameters.

    Raises:
        ValueError: The network has no reference implementation.
    """
    match network:
        case UNet():
            return _unet(network.levels)
        case ResNet():
            return _resnet(2, network.blocks, second_conv=6 if network.dropout else 5)
        case PatchGAN():
            return _patchgan(network.layers)
        case PixelGAN():
            return iter([("net.0", "conv_1"), ("net.2", "conv_2"), ("net.3", "norm_2"), ("net.5", "logits")])
        case GlobalGenerator():
            return _resnet(network.downs, network.blocks)
        case LocalEnhancer():
            return _local_enhancer(network)
        case FeatureEncoder():
            return _resnet(network.downs, 0)
        case MultiscaleDiscriminator():
            return _multiscale(network)
        case Siggraph17():
            return _siggraph17()
        case VGG():
            return _vgg(network)
        case EfficientNetLite0():
            return _efficientnet()
        case DeepFill():
            return _deepfill()
        case SNPatchGAN():
            return _sn_patchgan(network.layers)
    raise ValueError(f"{type(network).__name__}: no reference implementation of this network is known")


def _conv_and_norm(number: int, name: str, prefix: str = "model") -> NamePairs:
    yield f"{prefix}.{number}", name
    yield f"{prefix}.{number + 1}", f"{name}_norm"


def _unet(levels: int) -> NamePairs:
    # The reference nests each level inside the one above it.
    prefixes = ["model.model", *("model.model.1.model" + ".3.model" * depth for depth in range(levels - 1))]
    middle = range(2, levels)
    yield f"{prefixes[0]}.0", "down_1"
    for level in middle:
        yield from _conv_and_norm(1, f"down_{level}", prefixes[level - 1])
    yield f"{prefixes[-1]}.1", f"down_{levels}"
    yield from _conv_and_norm(3, f"up_{levels}", prefixes[-1])
    for level in reversed(middle):
        yield from _conv_and_norm(5, f"up_{level}", prefixes[level - 1])
    yield f"{prefixes[0]}.3", "up_1"


def _resnet(downs: int, blocks: int, second_conv: int = 5, head: bool = True) -> NamePairs:
    """Yield the layers of a ResNet; `second_conv` is the number of a block's second one, which dropout moves."""
    yield from _conv_and_norm(1, "stem")
    for step in range(1, downs + 1):
        yield from _conv_and_norm(1 + 3 * step, f"down_{step}")
    first = 4 + 3 * downs
    yield from _residual_blocks("model", first, blocks, second_conv)
    for step in range(downs):
        yield from _conv_and_norm(first + blocks + 3 * step, f"up_{step + 1}")
    if head:
        yield f"model.{first + blocks + 3 * downs + 1}", "head"


def _residual_blocks(prefix: str, first: int, blocks: int, second_conv: int = 5) -> NamePairs:
    for block in range(1, blocks + 1):
        for n, number in ((1, 1), (2, second_conv)):
            block_prefix = f"{prefix}.{first + block - 1}.conv_block"
            yield f"{block_prefix}.{number}", f"block_{block}_conv_{n}"
            yield f"{block_prefix}.{number + 1}", f"block_{block}_norm_{n}"


def _patchgan(layers: int) -> NamePairs:
    yield "model.0", "conv_1"
    for layer in range(1, layers + 1):
        yield f"model.{3 * layer - 1}", f"conv_{layer + 1}"
        yield f"model.{3 * layer}", f"norm_{layer + 1}"
    yield f"model.{3 * layers + 2}", "logits"


def _local_enhancer(network: LocalEnhancer) -> NamePairs:
    for reference, ours in _resnet(network.base.downs, network.base.blocks, head=False):
        yield reference, f"base/{ours}"
    for n in range(1, network.enhancers + 1):
        for reference, ours in _enhancer(f"model{n}", network.blocks):
            yield reference, f"enhancer_{n}/{ours}"
    yield f"model{network.enhancers}_2.{network.blocks + 4}", f"enhancer_{network.enhancers}_head"


def _enhancer(prefix: str, blocks: int) -> NamePairs:
    yield from _conv_and_norm(1, "stem", f"{prefix}_1")
    yield from _conv_and_norm(4, "down_1", f"{prefix}_1")
    yield from _residual_blocks(f"{prefix}_2", 0, blocks)
    yield from _conv_and_norm(blocks, "up_1", f"{prefix}_2")


def _multiscale(network: MultiscaleDiscriminator) -> NamePairs:
    # The reference's highest number, and our lowest, is the discriminator of the picture at full size.
    for number, scale in enumerate(reversed(range(1, network.scales + 1))):
        yield f"scale{number}_layer0.0", f"scale_{scale}/conv_1"
        for layer in range(1, network.layers + 1):
            yield f"scale{number}_layer{layer}.0", f"scale_{scale}/conv_{layer + 1}"
            yield f"scale{number}_layer{layer}.1", f"scale_{scale}/norm_{layer + 1}"
        yield f"scale{number}_layer{network.layers + 1}.0", f"scale_{scale}/logits"


def _siggraph17() -> NamePairs:
    for stage, convs in enumerate((2, 2, 3, 3, 3, 3, 3), 1):
        yield from _siggraph17_stage(stage, convs, 0)
    for stage, convs in ((8, 2), (9, 1), (10, 1)):
        yield f"model{stage}up.0", f"stage_{stage}_up"
        yield from _siggraph17_stage(stage, convs, 1)
    for stage, skip in ((8, 3), (9, 2), (10, 1)):
        yield f"model{skip}short{stage}.0", f"stage_{stage}_shortcut"
    yield "model_class.0", "class_head"
    yield "model_out.0", "ab_head"


def _siggraph17_stage(stage: int, convs: int, first: int) -> NamePairs:
    for n in range(convs):
        yield f"model{stage}.{first + 2 * n}", f"stage_{stage}_conv_{n + 1}"
    yield f"model{stage}.{first + 2 * convs}", f"stage_{stage}_norm"


def _vgg(network: VGG) -> NamePairs:
    number = 0
    for stage, convs in enumerate(network.convolutions, 1):
        for n in range(1, convs + 1):
            yield f"features.{number}", f"conv{stage}_{n}"
            number += 2
        number += 1  # the pooling


def _deepfill() -> NamePairs:
    yield from _gated_convs("stage1.", "coarse_encoder", _ENCODER)
    yield from _gated_convs("stage1.", "coarse_encoder", _middle_layers(range(1, 6)))
    yield from _gated_convs("stage1.", "coarse_decoder", _DECODER)
    yield from _gated_convs("stage2.conv_", "dilated_branch", _ENCODER)
    yield from _gated_convs("stage2.conv_", "dilated_branch", _middle_layers(range(1, 6)))
    yield from _gated_convs("stage2.ca_", "attention_branch", _ENCODER)
    yield from _gated_convs("stage2.ca_", "attention_branch", _middle_layers((1,)))
    yield "stage2.contextual_attention", "attention_branch"
    yield from _gated_convs("stage2.ca_", "attention_branch", _middle_layers((4, 5)))
    yield from _gated_convs("stage2.", "refined_decoder", _DECODER)


def _gated_convs(prefix: str, module: str, layers: Mapping[str, str]) -> NamePairs:
    for reference, ours in layers.items():
        yield f"{prefix}{reference}.conv", f"{module}/{ours}"


def _middle_layers(numbers: Iterable[int]) -> dict[str, str]:
    return {f"conv_bn{n}": f"middle_{n}" for n in numbers}


_ENCODER = {
    "conv1": "stem",
    "down_block1.conv1_downsample": "down_1",
    "down_block1.conv2": "down_1_conv",
    "down_block2.conv1_downsample": "down_2",
    "down_block2.conv2": "down_2_conv",
}
_DECODER = _middle_layers((6, 7)) | {
    "up_block1.conv1_upsample.conv": "up_1",
    "up_block1.conv2": "up_1_conv",
    "up_block2.conv1_upsample.conv": "up_2",
    "up_block2.conv2": "up_2_conv",
    "conv_to_rgb": "head",
}


def _sn_patchgan(layers: int) -> NamePairs:
    for layer in range(1, layers + 1):
        yield f"conv{layer}.conv_sn", f"conv_{layer}/conv"
        yield f"conv{layer}.conv_sn", f"conv_{layer}/norm"


def _efficientnet() -> NamePairs:
    yield from (("_conv_stem", "stem"), ("_bn0", "stem_norm"))
    for block in range(16):
        # The first block has no expansion; names of layers that a network lacks are ignored.
        for part, norm, ours in (
            ("_expand_conv", "_bn0", "expand"),
            ("_depthwise_conv", "_bn1", "depthwise"),
            ("_project_conv", "_bn2", "project"),
        ):
            yield f"_blocks.{block}.{part}", f"block_{block}_{ours}"
            yield f"_blocks.{block}.{norm}", f"block_{block}_{ours}_norm"
