"""The train steps of Pix2Pix and CycleGAN in plain PyTorch, as the reference code makes them, as work to be timed.

junyanz/pytorch-CycleGAN-and-pix2pix: the same networks, losses, optimisers and order of updates as our tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, l1_loss, mse_loss

from mangagan.bench.turns import Work
from mangagan.config import Experiment
from mangagan.interop.torch_twins import TorchPatchGAN, TorchResNet, TorchUNet, reference_initialise
from mangagan.losses import BinaryCrossEntropy, LeastSquares
from mangagan.models.layers import BatchNorm, InstanceNorm, Norm
from mangagan.models.patchgan import PatchGAN
from mangagan.models.resnet import ResNet
from mangagan.models.unet import UNet
from mangagan.tasks.paired import Paired
from mangagan.tasks.unpaired import Unpaired

Step = Callable[[Tensor, Tensor], None]


def build_torch_step(experiment: Experiment, steps: int, compiled: bool) -> Work:
    """`steps` train steps of the experiment's twin on one random batch; with `compiled` through torch.compile.

    Raises ValueError for an experiment that has no twin here.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cudnn.benchmark = True
    autocast = partial(torch.autocast, device.type, torch.bfloat16, enabled=experiment.precision == "bfloat16")
    step = _step_of(experiment, device, autocast, compiled)
    shape = (experiment.data.batch_size, 3, experiment.data.size, experiment.data.size)
    source, target = (torch.rand(shape, device=device) * 2 - 1 for _ in range(2))

    def work() -> None:
        for _ in range(steps):
            step(source, target)
        if device.type == "cuda":
            torch.cuda.synchronize()

    return work


def _step_of(experiment: Experiment, device: torch.device, autocast: Callable, compiled: bool) -> Step:
    task = experiment.task

    def place(network: nn.Module) -> nn.Module:
        placed = reference_initialise(network).to(device).train()
        return torch.compile(placed) if compiled else placed  # type: ignore[return-value]

    if isinstance(task, Paired) and isinstance(task.gan, BinaryCrossEntropy) and task.conditional:
        return _pix2pix(task, place, autocast)
    if isinstance(task, Unpaired) and isinstance(task.gan, LeastSquares):
        return _cyclegan(task, place, autocast)
    raise ValueError(f"{type(task).__name__} with {task} has no PyTorch twin to be timed against")


def _pix2pix(task: Paired, place: Callable, autocast: Callable[[], AbstractContextManager]) -> Step:
    generator, judge = place(_generator(task.generator, inputs=1)), place(_judge(task.discriminator, inputs=4))
    generator_adam, judge_adam = _adam(generator.parameters()), _adam(judge.parameters())

    def step(source: Tensor, target: Tensor) -> None:
        gray = source[:, :1]
        with autocast():
            fake = generator(gray)
        _trainable(judge, True)
        judge_adam.zero_grad()
        with autocast():
            logits = judge(torch.cat([gray, fake.detach()], 1)), judge(torch.cat([gray, target], 1))
            loss = (_bce(logits[0], 0.0) + _bce(logits[1], 1.0)) / 2
        loss.backward()
        judge_adam.step()
        _trainable(judge, False)
        generator_adam.zero_grad()
        with autocast():
            gan = _bce(judge(torch.cat([gray, fake], 1)), 1.0)
            loss = task.adversarial * gan + task.l1 * l1_loss(fake, target)
        loss.backward()
        generator_adam.step()

    return step


def _cyclegan(task: Unpaired, place: Callable, autocast: Callable[[], AbstractContextManager]) -> Step:
    there, back = (place(_generator(task.generator, inputs=3)) for _ in range(2))
    judges = [place(_judge(task.discriminator, inputs=3)) for _ in range(2)]
    generator_adam = _adam([*there.parameters(), *back.parameters()])
    judge_adam = _adam([*judges[0].parameters(), *judges[1].parameters()])
    pools: list[list[Tensor]] = [[], []]

    def generator_loss(source: Tensor, target: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        fakes = there(source), back(target)
        cycles = l1_loss(back(fakes[0]), source) + l1_loss(there(fakes[1]), target)
        same = l1_loss(there(target), target) + l1_loss(back(source), source) if task.identity else 0.0
        gan = sum(_square(judge(fake), 1.0) for judge, fake in zip(judges, fakes, strict=True))
        return gan + task.cycle * (cycles + task.identity * same), fakes

    def step(source: Tensor, target: Tensor) -> None:
        for judge in judges:
            _trainable(judge, False)
        generator_adam.zero_grad()
        with autocast():
            loss, fakes = generator_loss(source, target)
        loss.backward()
        generator_adam.step()
        judge_adam.zero_grad()
        for judge, real, fake, pool in zip(judges, (target, source), fakes, pools, strict=True):
            _trainable(judge, True)
            shown = _exchange(pool, fake.detach(), task.pool)
            with autocast():
                loss = (_square(judge(shown), 0.0) + _square(judge(real), 1.0)) / 2
            loss.backward()
        judge_adam.step()

    return step


def _generator(network: UNet | ResNet, inputs: int) -> nn.Module:
    build: Callable[..., nn.Module]
    if isinstance(network, UNet):
        build = partial(TorchUNet, levels=network.levels)
    else:
        build = partial(TorchResNet, blocks=network.blocks)
    features, norm, dropout = network.features, _norm(network.norm), network.dropout
    return build(inputs, network.outputs, features=features, norm=norm, dropout=dropout)


def _judge(network: object, inputs: int) -> nn.Module:
    if not isinstance(network, PatchGAN):
        raise ValueError(f"the discriminator {network} has no PyTorch twin to be timed against")
    return TorchPatchGAN(inputs, layers=network.layers, features=network.features, norm=_norm(network.norm))


def _norm(norm: Norm) -> str:
    return {BatchNorm: "batch", InstanceNorm: "instance"}.get(type(norm), "none")


def _adam(parameters: Iterable[nn.Parameter]) -> torch.optim.Adam:
    return torch.optim.Adam(parameters, 2e-4, betas=(0.5, 0.999))


def _trainable(network: nn.Module, trainable: bool) -> None:
    for parameter in network.parameters():
        parameter.requires_grad_(trainable)


def _bce(logits: Tensor, label: float) -> Tensor:
    return binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def _square(logits: Tensor, label: float) -> Tensor:
    return mse_loss(logits, torch.full_like(logits, label))


def _exchange(pool: list[Tensor], fresh: Tensor, places: int) -> Tensor:
    """The pictures that the discriminator is shown, from a list as long as `places`."""
    shown = []
    for picture in fresh:
        if len(pool) < places:
            pool.append(picture)
        elif places and torch.rand(()) < 0.5:
            slot = int(torch.randint(places, ()))
            picture, pool[slot] = pool[slot], picture
        shown.append(picture)
    return torch.stack(shown)
