"""What several tests share: a tiny set of color pages, quick compilation, caches that belong to one test session."""

import functools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
# Most of a test's time is compilation, and what it computes is small. Code that is not optimised, and that the older
# emitter writes in one piece, compiles fastest. A jaxlib without one of these flags says "Unknown flag": drop it then.
XLA_FLAGS = (
    "--xla_backend_optimization_level=0",
    "--xla_cpu_use_fusion_emitters=false",
    "--xla_cpu_parallel_codegen_split_count=1",
)
os.environ["XLA_FLAGS"] = " ".join([*XLA_FLAGS, os.environ.get("XLA_FLAGS", "")])


@pytest.fixture(scope="session", autouse=True)
def caches(tmp_path_factory):
    """Archives of this session, and compiled programs that its processes share."""
    base = tmp_path_factory.getbasetemp()
    # Processes that share the tests between them share these, too.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "caches"
    os.environ["MANGAGAN_CACHE"] = str(folder)
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(folder / "compiled"))
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """A folder of three works with four color pages of 72 x 48 each."""
    folder, rng = tmp_path_factory.mktemp("pages"), np.random.default_rng(0)
    for work in "abc":
        (folder / work).mkdir()
        for page in range(4):
            blocks = rng.integers(0, 256, (9, 6, 3)).astype(np.uint8)
            Image.fromarray(blocks).resize((48, 72), Image.Resampling.NEAREST).save(folder / work / f"{page}.png")
    return folder


@pytest.fixture(scope="session")
def lettered():
    """Built-in pages by seed and number, each composed once, and the outlines of their balloons and captions."""
    from mangagan.data import comics

    @functools.lru_cache
    def made(seed, number):
        shapes, box = [], comics.balloons._box

        def remember(page, outlines, *color):
            shapes.extend(outlines)
            box(page, outlines, *color)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(comics.balloons, "_box", remember)
            return comics.compose(comics.WORKS, seed, number), shapes

    return made


@pytest.fixture(scope="session")
def composed(lettered):
    """Built-in pages by seed and number, each composed once."""
    return lambda seed, number: lettered(seed, number)[0]


@pytest.fixture(scope="session")
def untrained():
    """The experiment of a name, with overrides, and drawn variables of its generator, without compiling anything."""
    import jax

    from mangagan import experiments
    from mangagan.config import example_batch
    from mangagan.overrides import override
    from mangagan.tasks.base import Variables

    def made(name, overrides=()):
        experiment, rng = override(experiments.load(name), dict(overrides)), np.random.default_rng(0)
        shapes = jax.eval_shape(experiment.task.init, jax.random.key(0), example_batch(experiment)).generator
        params, stats = (
            jax.tree.map(lambda leaf: rng.uniform(*limits, leaf.shape).astype(leaf.dtype), tree)  # noqa: B023
            for limits, tree in (((-0.1, 0.1), shapes.params), ((0.5, 1.5), shapes.stats))
        )
        return experiment, Variables(params, stats)

    return made


@pytest.fixture
def launch():
    """Starts a launch script as a user does; processes that still run at the end are killed."""
    started = []

    def start(script, *arguments, **environment):
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "launch" / script), *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | environment,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
