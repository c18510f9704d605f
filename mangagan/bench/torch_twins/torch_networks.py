"""The networks of an experiment in plain PyTorch, and their optimisers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from torch import nn

from mangagan import config
from mangagan.bench.torch_twins.torch_dcgan import TorchDCGANDiscriminator, TorchDCGANGenerator
from mangagan.bench.torch_twins.torch_deepfill import TorchDeepFill, TorchSNPatchGAN
from mangagan.bench.torch_twins.torch_denoising_unet import TorchDenoisingUNet
from mangagan.bench.torch_twins.torch_losses import TorchVGG
from mangagan.bench.torch_twins.torch_pix2pix import (
    TorchPatchGAN,
    TorchPixelGAN,
    TorchResNet,
    TorchUNet,
    reference_initialise,
)
from mangagan.bench.torch_twins.torch_pix2pixhd import (
    TorchFeatureEncoder,
    TorchGlobalGenerator,
    TorchLocalEnhancer,
    TorchMultiscaleDiscriminator,
)
from mangagan.bench.torch_twins.torch_siggraph17 import TorchSiggraph17
from mangagan.bench.torch_twins.torch_two_stage import TorchTwoStage, gated_initialise
from mangagan.config import Experiment
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
from mangagan.tasks.denoise import Denoise
from mangagan.tasks.hinted import Hinted
from mangagan.tasks.inpaint import Inpaint
from mangagan.tasks.pix2pixhd import PairedHD
from mangagan.tasks.unpaired import Unpaired


class Twins(NamedTuple):
    """Networks by name: those of the generator's side, those of the discriminator's, and those that never learn."""

    generator: nn.ModuleDict
    discriminator: nn.ModuleDict
    frozen: nn.ModuleDict


def twin_networks(experiment: Experiment) -> Twins:
    """Fresh networks for the pictures of the experiment; ValueError for a network that has no twin."""
    task, size = experiment.task, experiment.data.size
    if isinstance(task, Unpaired):
        painters = {way: _twin(task.generator, 3, size) for way in ("to_target", "to_input")}
        judges = {side: _twin(task.discriminator, 3, size) for side in ("target", "input")}
        return Twins(nn.ModuleDict(painters), nn.ModuleDict(judges), nn.ModuleDict())
    vgg = {"perceptual": _vgg(task.perceptual.network)} if task.perceptual.wanted else {}
    if isinstance(task, Inpaint):
        painter, judge = _twin(task.generator, 4, size), _twin(task.discriminator, 4, size)
        return Twins(nn.ModuleDict({"painter": painter}), nn.ModuleDict({"judge": judge}), nn.ModuleDict(vgg))
    encoder = task.encoder if isinstance(task, PairedHD) and task.encoded else None
    condition = 2 if isinstance(task, PairedHD) and experiment.data.instances else 1
    condition = 3 + len(experiment.data.damage.maps) if isinstance(task, Denoise) else condition
    seen = 4 if isinstance(task, Hinted) else condition + (encoder.outputs if encoder is not None else 0)
    painters = {"painter": _twin(task.generator, seen, size)}
    if encoder is not None:
        painters["encoder"] = _twin(encoder, 3, size)
    judge = _twin(task.discriminator, task.space.channels + (condition if task.conditional else 0), size)
    return Twins(nn.ModuleDict(painters), nn.ModuleDict({"judge": judge}), nn.ModuleDict(vgg))


def adam(networks: nn.Module, description: config.Adam) -> torch.optim.Adam:
    """The optimiser of some networks, with the rate of the first step."""
    betas = description.beta1, description.beta2
    return torch.optim.Adam(networks.parameters(), description.schedule.rate, betas=betas, eps=description.epsilon)


def trainable(networks: Iterable[nn.Module], learns: bool) -> None:
    """Whether a backward pass computes the gradients of these networks' parameters."""
    for network in networks:
        for parameter in network.parameters():
            parameter.requires_grad_(learns)


def _twin(network: object, inputs: int, size: int) -> nn.Module:
    return gated_initialise(reference_initialise(_build(network, inputs, size)))


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
    raise ValueError(f"{type(network).__name__} has no PyTorch twin to be timed against")


def _fields(network: object, *names: str) -> dict[str, Any]:
    values = {name: getattr(network, name) for name in names}
    return values | ({"norm": _norm(values["norm"])} if "norm" in values else {})


def _norm(norm: Norm) -> str:
    return {BatchNorm: "batch", InstanceNorm: "instance"}.get(type(norm), "none")


def _vgg(network: str) -> nn.Module:
    return TorchVGG(VGG16() if network == "vgg16" else VGG19()).requires_grad_(False)
