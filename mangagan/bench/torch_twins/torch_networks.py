"""Build the PyTorch twin of a Flax network."""

from __future__ import annotations

from typing import Any

from torch import nn

from mangagan.bench.torch_twins.torch_dcgan import TorchDCGANDiscriminator, TorchDCGANGenerator
from mangagan.bench.torch_twins.torch_deepfill import TorchDeepFill
from mangagan.bench.torch_twins.torch_denoising_unet import TorchDenoisingUNet
from mangagan.bench.torch_twins.torch_gated import initialize_gated
from mangagan.bench.torch_twins.torch_layers import initialize_like_pix2pix
from mangagan.bench.torch_twins.torch_perceptual import TorchVGG
from mangagan.bench.torch_twins.torch_pix2pix import (
    TorchPatchGAN,
    TorchPixelGAN,
    TorchResNet,
    TorchUNet,
)
from mangagan.bench.torch_twins.torch_pix2pixhd import (
    TorchFeatureEncoder,
    TorchGlobalGenerator,
    TorchLocalEnhancer,
    TorchMultiscaleDiscriminator,
)
from mangagan.bench.torch_twins.torch_siggraph17 import TorchSiggraph17
from mangagan.bench.torch_twins.torch_sn_patchgan import TorchSNPatchGAN
from mangagan.bench.torch_twins.torch_two_stage import TorchTwoStage
from mangagan.models.dcgan import DCGANDiscriminator, DCGANGenerator
from mangagan.models.deepfill import DeepFill
from mangagan.models.denoising_unet import DenoisingUNet
from mangagan.models.layers import BatchNorm, InstanceNorm, Norm
from mangagan.models.multiscale import MultiscaleDiscriminator
from mangagan.models.patchgan import PatchGAN, PixelGAN
from mangagan.models.pix2pixhd import FeatureEncoder, GlobalGenerator, LocalEnhancer
from mangagan.models.resnet import ResNet
from mangagan.models.siggraph17 import Siggraph17
from mangagan.models.sn_patchgan import SNPatchGAN
from mangagan.models.two_stage import TwoStage
from mangagan.models.unet import UNet
from mangagan.models.vgg import VGG16, VGG19
from mangagan.tasks.perceptual import Perceptual


def build_twin(network: object, inputs: int, size: int) -> nn.Module:
    """Return the initialised twin of a network.

    Args:
        network: A Linen module of `mangagan.models`.
        inputs: The number of its input channels, which Flax finds out by itself and PyTorch needs beforehand.
        size: The side of its input pictures in pixels.

    Raises:
        ValueError: The network has no twin.
    """
    return initialize_gated(initialize_like_pix2pix(_build(network, inputs, size)))


def build_perceptual_network(perceptual: Perceptual) -> dict[str, nn.Module]:
    """Return the frozen network of a perceptual loss by its name, with random weights; none where it is not used."""
    if not perceptual.needs_network:
        return {}
    network = VGG16() if perceptual.network == "vgg16" else VGG19()
    return {"perceptual": TorchVGG(network).requires_grad_(False)}


def _build(network: object, inputs: int, size: int) -> nn.Module:
    match network:
        case UNet():
            return TorchUNet(inputs, **_fields(network, "outputs", "levels", "features", "norm", "dropout"))
        case ResNet():
            return TorchResNet(inputs, **_fields(network, "outputs", "blocks", "features", "norm", "dropout"))
        case DenoisingUNet():
            sizes = _fields(network, "outputs", "levels", "features", "widest", "blocks", "sampling", "norm")
            return TorchDenoisingUNet(inputs, residual=network.residual, **sizes)
        case DCGANGenerator():
            return TorchDCGANGenerator(inputs, **_fields(network, "outputs", "levels", "features", "norm"))
        case GlobalGenerator():
            return TorchGlobalGenerator(inputs, **_fields(network, "outputs", "downs", "blocks", "features", "norm"))
        case LocalEnhancer():
            base = TorchGlobalGenerator(inputs, **_fields(network.base, "downs", "blocks", "features", "norm"))
            sizes = _fields(network, "outputs", "enhancers", "blocks", "features")
            return TorchLocalEnhancer(base, inputs, norm=_norm(network.base.norm), **sizes)
        case FeatureEncoder():
            return TorchFeatureEncoder(inputs, **_fields(network, "outputs", "features", "downs"))
        case Siggraph17():
            return TorchSiggraph17(**_fields(network, "features", "classes"))
        case TwoStage():
            return TorchTwoStage(**_fields(network, "features", "attention", "smooth"))
        case DeepFill():
            return TorchDeepFill(**_fields(network, "features", "symmetric"))
        case SNPatchGAN():
            return TorchSNPatchGAN(inputs, **_fields(network, "layers", "features", "symmetric"))
        case PatchGAN():
            return TorchPatchGAN(inputs, **_fields(network, "layers", "features", "norm"))
        case PixelGAN():
            return TorchPixelGAN(inputs, **_fields(network, "features", "norm"))
        case MultiscaleDiscriminator():
            return TorchMultiscaleDiscriminator(inputs, **_fields(network, "scales", "layers", "features", "norm"))
        case DCGANDiscriminator():
            return TorchDCGANDiscriminator(inputs, size, size, **_fields(network, "features", "layers", "norm"))
    raise ValueError(f"{type(network).__name__} has no PyTorch twin to be compared with")


def _fields(network: object, *names: str) -> dict[str, Any]:
    values = {name: getattr(network, name) for name in names}
    return values | ({"norm": _norm(values["norm"])} if "norm" in values else {})


def _norm(norm: Norm) -> str:
    return {BatchNorm: "batch", InstanceNorm: "instance"}.get(type(norm), "none")
