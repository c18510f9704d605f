"""Pix2PixHD's networks and their PyTorch twins, with the same weights, agree."""

from __future__ import annotations

from pathlib import Path

import flax.traverse_util
import jax
import jax.numpy as jnp
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install -e '.[bench]')")

from mangagan.bench.torch_twins import torch_pix2pixhd as twins  # noqa: E402
from mangagan.models.layers import BatchNorm, InstanceNorm  # noqa: E402
from mangagan.models.multiscale import MultiscaleDiscriminator  # noqa: E402
from mangagan.models.pix2pixhd import FeatureEncoder, GlobalGenerator, LocalEnhancer  # noqa: E402

NORMS = {"instance": InstanceNorm(), "batch": BatchNorm()}
TENSORS = Path(__file__).parents[4] / "shared" / "reference" / "state_dicts"


def down_names(downs):
    return ["stem", *(f"down_{n}" for n in range(1, downs + 1))]


def up_names(blocks, ups):
    parts = [f"block_{block}_conv_{n}" for block in range(1, blocks + 1) for n in (1, 2)]
    return [*parts, *(f"up_{n}" for n in range(1, ups + 1))]


def local_names(downs, base_blocks, enhancers, blocks):
    paths = [f"base/{name}" for name in down_names(downs) + up_names(base_blocks, downs)]
    for n in range(1, enhancers + 1):
        paths += [f"enhancer_{n}/{name}" for name in down_names(1) + up_names(blocks, 1)]
    return [*paths, f"enhancer_{enhancers}_head"]


def discriminator_names(scales, layers):
    stages = [*(f"conv_{n}" for n in range(1, layers + 2)), "logits"]
    return [f"scale_{scale}/{stage}" for scale in range(scales, 0, -1) for stage in stages]


def variables_from(twin, names):
    """Our variables with the twin's values; names are those of our convolutions in the order of the twin's file."""
    convolutions = (torch.nn.Conv2d, torch.nn.ConvTranspose2d)
    mine, variables, name = iter(names), {}, ""
    for layer in twin.modules():
        own = {key: value.detach().numpy().copy() for key, value in layer.state_dict().items()}
        if isinstance(layer, convolutions):
            name = next(mine)
            variables[f"params/{name}/kernel"] = own["weight"].transpose(2, 3, 1, 0)
            variables[f"params/{name}/bias"] = own["bias"]
        elif isinstance(layer, torch.nn.BatchNorm2d):
            # The norm after `conv_2` is called `norm_2`, that after `stem` `stem_norm`.
            norm = name.replace("conv", "norm") if "conv" in name else f"{name}_norm"
            variables[f"params/{norm}/scale"], variables[f"params/{norm}/bias"] = own["weight"], own["bias"]
            variables[f"batch_stats/{norm}/mean"] = own["running_mean"]
            variables[f"batch_stats/{norm}/var"] = own["running_var"]
    assert not list(mine)
    return flax.traverse_util.unflatten_dict(jax.tree.map(jnp.array, variables), sep="/")


def randomise(twin, seed):
    generator = torch.Generator().manual_seed(seed)
    for name, value in twin.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            noise = torch.randn(value.shape, generator=generator)
            value.copy_(noise.abs() + 0.5 if name.endswith("running_var") else 0.1 * noise)
    return twin


def cases():
    base = {"downs": 2, "blocks": 2}
    for name, norm in NORMS.items():
        yield (
            GlobalGenerator(features=4, outputs=2, norm=norm, **base),
            twins.TorchGlobalGenerator(5, 2, features=4, norm=name, **base),
            [*down_names(2), *up_names(2, 2), "head"],
            (2, 16, 24, 5),
        )
        sizes = {"scales": 3, "layers": 2, "features": 4}
        yield (
            MultiscaleDiscriminator(norm=norm, **sizes),
            twins.TorchMultiscaleDiscriminator(6, norm=name, **sizes),
            discriminator_names(3, 2),
            (2, 33, 38, 6),
        )
    for enhancers in (1, 2):
        features = 2 * 2**enhancers
        yield (
            LocalEnhancer(GlobalGenerator(features=features, **base), enhancers, blocks=2, features=2),
            twins.TorchLocalEnhancer(
                twins.TorchGlobalGenerator(5, features=features, **base), 5, enhancers=enhancers, blocks=2, features=2
            ),
            local_names(2, 2, enhancers, 2),
            (2, 32, 48, 5),
        )
    encoder = {"features": 4, "downs": 2}
    yield (
        FeatureEncoder(**encoder),
        twins.TorchFeatureEncoder(**encoder),
        [*down_names(2), *up_names(0, 2), "head"],
        (2, 16, 24, 3),
    )


CASES = list(cases())


@pytest.mark.parametrize(
    ("network", "twin", "names", "shape"), CASES, ids=[f"{type(c[0]).__name__}-{n}" for n, c in enumerate(CASES)]
)
def test_outputs_and_running_statistics_agree(network, twin, names, shape):
    variables = variables_from(randomise(twin, seed=0), names)
    x = np.random.default_rng(1).standard_normal(shape, np.float32)
    pixels = torch.from_numpy(x.transpose(0, 3, 1, 2).copy())

    evaluated = jax.jit(lambda v, x: network.apply(v, x, train=False))(variables, x)
    assert_equal(evaluated, run(twin.eval(), pixels))
    if "batch_stats" in variables:
        trained, updates = jax.jit(lambda v, x: network.apply(v, x, train=True, mutable=["batch_stats"]))(variables, x)
        assert_equal(trained, run(twin.train(), pixels))
        assert_equal(updates["batch_stats"], variables_from(twin, names)["batch_stats"])


def run(twin, pixels):
    with torch.no_grad():
        return jax.tree.map(lambda y: y.numpy().transpose(0, 2, 3, 1), twin(pixels))


def assert_equal(ours, theirs):
    """Compare the trees and the numbers of every stage of every scale."""
    assert jax.tree.structure(ours) == jax.tree.structure(theirs)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-4), ours, theirs)


@pytest.mark.skipif(not TENSORS.is_dir(), reason="no lists of reference tensors in ../shared/reference/state_dicts")
@pytest.mark.parametrize(
    ("listed", "twin"),
    [
        ("global", lambda: twins.TorchGlobalGenerator()),
        ("local", lambda: twins.TorchLocalEnhancer(twins.TorchGlobalGenerator())),
        ("encoder", lambda: twins.TorchFeatureEncoder()),
        ("multiscale_d2_6ch", lambda: twins.TorchMultiscaleDiscriminator(6)),
    ],
)
def test_tensor_names_and_order_are_those_of_the_reference(listed, twin):
    lines = [line.split() for line in (TENSORS / f"pix2pixhd_{listed}.txt").read_text().splitlines() if line[:1] != "#"]
    with torch.device("meta"):
        tensors = twin().state_dict()
    found = [[name, "x".join(map(str, tensor.shape))] for name, tensor in tensors.items()]
    assert found == [line for line in lines if line]
