"""What the tensors of a checkpoint cannot tell is as in the reference, and can be chosen; PyTorch agrees."""

from __future__ import annotations

from functools import partial

import jax
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install -e '.[bench]')")

from torch import nn  # noqa: E402

from mangagan.cli.export import main  # noqa: E402
from mangagan.models.layers import BatchNorm, InstanceNorm, NoNorm  # noqa: E402
from mangagan.models.resnet import ResNet  # noqa: E402
from mangagan.models.unet import UNet  # noqa: E402
from mangagan.tasks.paired import Paired  # noqa: E402
from mangagan.tasks.unpaired import Unpaired  # noqa: E402
from mangagan.train.load import load_trained  # noqa: E402

INSTANCE = nn.InstanceNorm2d
OLD_INSTANCE = partial(nn.InstanceNorm2d, track_running_stats=True)
AFFINE_INSTANCE = partial(nn.InstanceNorm2d, affine=True)
PLAIN_BATCH = partial(nn.BatchNorm2d, affine=False)
# Running statistics, as the modules in evaluation; the published test code takes those of each picture.
EVALUATION = "--set=task.batch_stats_at_test=false"


class Level(nn.Module):
    """A level of a U-Net around those below it, with the names of the reference code."""

    def __init__(self, channels, width, inner=None, outputs=None, *, norm, bias):
        super().__init__()
        down = nn.Conv2d(channels, width, 4, 2, 1, bias=bias)
        up = nn.ConvTranspose2d(width * (2 if inner else 1), outputs or channels, 4, 2, 1, bias=bias or bool(outputs))
        if outputs:
            layers = [down, inner, nn.ReLU(), up, nn.Tanh()]
        elif inner:
            layers = [nn.LeakyReLU(0.2), down, norm(width), inner, nn.ReLU(), up, norm(channels)]
        else:
            layers = [nn.LeakyReLU(0.2), down, nn.ReLU(), up, norm(channels)]
        self.model, self.outermost = nn.Sequential(*layers), bool(outputs)

    def forward(self, x):
        return self.model(x) if self.outermost else torch.cat([x, self.model(x)], 1)


class TinyUNet(nn.Module):
    def __init__(self, channels, levels=3, features=4, outputs=3, **options):
        super().__init__()
        widths = [features * min(2**level, 8) for level in range(levels)]
        inner = None
        for level in reversed(range(1, levels)):
            inner = Level(widths[level - 1], widths[level], inner, **options)
        self.model = Level(channels, features, inner, outputs, **options)

    def forward(self, x):
        return self.model(x)


class Block(nn.Module):
    def __init__(self, width, norm, bias, dropout):
        super().__init__()
        first, second = ([nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3, bias=bias), norm(width)] for _ in range(2))
        self.conv_block = nn.Sequential(*first, nn.ReLU(), *([nn.Dropout(0.5)] if dropout else []), *second)

    def forward(self, x):
        return x + self.conv_block(x)


def tiny_resnet(channels, blocks=1, features=4, outputs=3, *, norm, bias, dropout=False):
    f = features
    layers = [nn.ReflectionPad2d(3), nn.Conv2d(channels, f, 7, bias=bias), norm(f), nn.ReLU()]
    for width in (f, 2 * f):
        layers += [nn.Conv2d(width, 2 * width, 3, 2, 1, bias=bias), norm(2 * width), nn.ReLU()]
    layers += [Block(4 * f, norm, bias, dropout) for _ in range(blocks)]
    for width in (2 * f, f):
        layers += [nn.ConvTranspose2d(2 * width, width, 3, 2, 1, 1, bias=bias), norm(width), nn.ReLU()]
    module = nn.Module()
    module.model = nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(f, outputs, 7), nn.Tanh())
    module.forward = module.model.forward
    return module


def randomised(build):
    torch.manual_seed(0)
    module = build().eval()
    for name, tensor in module.state_dict().items():
        if name.endswith(("running_var", "running_mean")):
            tensor.uniform_(0.5, 1.5)
    return module


def saved(file, module, prefix=""):
    torch.save({f"{prefix}{name}": tensor for name, tensor in module.state_dict().items()}, file)
    return str(file)


def assert_same_colors(model, module, channels):
    experiment, variables = load_trained(model)
    gray = np.random.default_rng(1).uniform(-1, 1, (1, 32, 32, 1)).astype(np.float32)
    ours = jax.jit(experiment.task.predict)(variables, {"input": gray})
    with torch.no_grad():
        theirs = module.forward(torch.from_numpy(gray.repeat(channels, -1).transpose(0, 3, 1, 2).copy())).numpy()
    np.testing.assert_allclose(ours, theirs.transpose(0, 2, 3, 1), atol=1e-4)
    return experiment


NO_NORM = {"norm": nn.Identity, "bias": False}
PAIRED = "--set=task=Paired"
TO_INSTANCE = "--set=task.generator.norm=InstanceNorm"
CASES = {
    "one channel": (TinyUNet, 1, {"norm": nn.BatchNorm2d, "bias": False}, [], UNet(3, 4)),
    "half as wide": (TinyUNet, 3, {"features": 2, "norm": nn.BatchNorm2d, "bias": False}, [], UNet(3, 2)),
    "dropout": (
        TinyUNet,
        1,
        {"levels": 5, "norm": nn.BatchNorm2d, "bias": False},
        ["--set=task.generator.dropout=0"],
        UNet(5, 4, dropout=0.0),
    ),
    "instance norm": (TinyUNet, 3, {"norm": INSTANCE, "bias": True}, [], UNet(3, 4, norm=InstanceNorm())),
    "no norm": (TinyUNet, 1, NO_NORM, [], UNet(3, 4, norm=NoNorm())),
    "instance norm, no bias": (
        TinyUNet,
        3,
        {"norm": INSTANCE, "bias": False},
        [TO_INSTANCE],
        UNet(3, 4, norm=InstanceNorm()),
    ),
    "resnet": (
        tiny_resnet,
        1,
        {"blocks": 6, "norm": nn.BatchNorm2d, "bias": False},
        [],
        ResNet(6, 4, norm=BatchNorm()),
    ),
    "resnet of pairs": (
        tiny_resnet,
        3,
        {"features": 2, "norm": INSTANCE, "bias": True, "dropout": True},
        [PAIRED],
        ResNet(1, 2, dropout=0.5),
    ),
    "resnet, no bias": (tiny_resnet, 3, {"norm": INSTANCE, "bias": False}, [PAIRED, TO_INSTANCE], ResNet(1, 4)),
}


@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod."])
@pytest.mark.parametrize("case", CASES)
def test_an_imported_network_colors_as_its_module(tmp_path, case, prefix):
    kind, channels, sizes, told, network = CASES[case]
    module = randomised(lambda: kind(channels, **sizes))
    file = saved(tmp_path / "net.pth", module, prefix)
    assert main(["import", file, str(tmp_path / "model"), *told, EVALUATION]) == 0
    experiment = assert_same_colors(tmp_path / "model", module, channels)
    assert isinstance(experiment.task, Paired) and experiment.task.generator == network and experiment.data.paired


def test_both_generators_of_cyclegan_get_the_norm_they_are_told(tmp_path):
    modules = [randomised(lambda: tiny_resnet(3, norm=INSTANCE, bias=False)) for _ in range(2)]
    files = [saved(tmp_path / f"{number}.pth", module) for number, module in enumerate(modules)]
    assert main(["import", *files, str(tmp_path / "model"), TO_INSTANCE]) == 0
    experiment = assert_same_colors(tmp_path / "model", modules[0], 3)
    assert isinstance(experiment.task, Unpaired) and experiment.task.generator == ResNet(1, 4)


def test_statistics_of_old_instance_norms_are_left_out(tmp_path):
    module = randomised(lambda: TinyUNet(1, norm=OLD_INSTANCE, bias=True))
    file = saved(tmp_path / "net.pth", module)
    assert main(["import", file, str(tmp_path / "model")]) == 0
    # Where these were written, instance norms never used them.
    same = TinyUNet(1, norm=INSTANCE, bias=True).eval()
    same.load_state_dict({name: t for name, t in module.state_dict().items() if name in same.state_dict()})
    assert_same_colors(tmp_path / "model", same, 1)


@pytest.mark.parametrize(
    ("norm", "bias", "told", "complaint"),
    [
        (PLAIN_BATCH, False, [], "norm=NoNorm, dropout=0.5: 6 surplus: model.model.1.model.2.running_mean"),
        (AFFINE_INSTANCE, True, [], "norm=BatchNorm, dropout=0.5: 6 missing: model.model.1.model.2.running_mean"),
        (nn.BatchNorm2d, True, [], "norm=BatchNorm, dropout=0.5: 5 surplus: model.model.0.bias"),
        (INSTANCE, True, ["--set=task.generator.norm=NoNorm"], "not the variables of this experiment: 5 surplus"),
        (nn.BatchNorm2d, False, [TO_INSTANCE], "not the variables of this experiment"),
        (INSTANCE, False, [TO_INSTANCE, "--set=task.generator.levels=4"], "not the variables of this experiment"),
    ],
    ids=range(6),
)
def test_norms_that_do_not_fit_are_refused_in_one_line(tmp_path, norm, bias, told, complaint, capsys):
    file = saved(tmp_path / "net.pth", TinyUNet(1, norm=norm, bias=bias))
    assert main(["import", file, str(tmp_path / "model"), *told]) == 2
    error = capsys.readouterr().err
    assert complaint in error and error.count("\n") == 1 and not (tmp_path / "model").exists()


def test_a_single_generator_of_cyclegan_says_what_to_do(tmp_path, capsys):
    file = saved(tmp_path / "net.pth", tiny_resnet(3, blocks=6, norm=INSTANCE, bias=True))
    assert main(["import", file, str(tmp_path / "model")]) == 2
    error = capsys.readouterr().err
    assert "error: ResNet of 3 input channels, blocks=6" in error and "; --set=task=Paired takes one" in error
    assert main(["import", file, file, str(tmp_path / "model"), PAIRED]) == 2
    assert "Paired has 1 generator (generator), and 2 file(s) were given\n" in capsys.readouterr().err


def test_the_help_names_what_can_be_chosen(capsys):
    with pytest.raises(SystemExit):
        main(["import", "--help"])
    out = capsys.readouterr().out
    assert all(text in out for text in (PAIRED, TO_INSTANCE, "--set=task.generator.dropout=0", "`_orig_mod.`"))
