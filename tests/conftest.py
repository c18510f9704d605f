"""What several tests share: a tiny set of color pages, quick compilation, caches that belong to one test session."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
# Most of a test's time is compilation, and what it computes is small: a third of the time without optimised code.
os.environ["XLA_FLAGS"] = f"--xla_backend_optimization_level=0 {os.environ.get('XLA_FLAGS', '')}"


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
