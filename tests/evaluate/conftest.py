"""Pictures that metrics are tried on: real-looking pages, and hostile ones."""

from pathlib import Path
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from mangagan.tasks.base import Variables

PICTURE = Path(__file__).parents[2] / ".github" / "pictures" / "comics.jpg"


def _page(height, width, left=0, top=0):
    drawn = Image.open(PICTURE).convert("RGB").crop((left, top, left + width, top + height))
    return np.asarray(drawn, np.float32)[None] / 127.5 - 1


def _shifted(picture, seed=0):
    rng = np.random.default_rng(seed)
    other = 0.8 * picture[..., [1, 0, 2]] + 0.1 + rng.normal(0, 0.05, picture.shape)
    return np.clip(other, -1, 1).astype(np.float32)


def _flat(height, width, *color):
    return np.broadcast_to(np.asarray(color, np.float32), (1, height, width, 3)).copy()


def _pairs():
    rng = np.random.default_rng(1)
    noise = rng.uniform(-1, 1, (1, 20, 31, 3)).astype(np.float32)
    drawn = _page(48, 64, 40, 30)
    return {
        "drawn": (_shifted(drawn), drawn),
        "the same": (drawn, drawn),
        "noise": (noise, noise[:, ::-1]),
        "constant": (_flat(16, 16, 0.2, 0.2, 0.2), _flat(16, 16, 0.2, 0.2, 0.2)),
        "nearly white": (_flat(20, 31, 0.99, 0.99, 0.98) + noise / 100, _flat(20, 31, 0.996, 0.996, 0.99)),
        "black on white": (_flat(12, 40, -1, -1, -1), _flat(12, 40, 1, 1, 1)),
        "tiny": (_page(11, 11, 50, 50), _page(11, 11, 90, 70)),
        "a line": (_page(11, 300, 0, 60), _page(11, 300, 0, 90)),
        "out of range": (3 * noise, -2 * noise),
    }


PAIRS = _pairs()


@pytest.fixture(params=list(PAIRS))
def pair(request):
    """(pictures, truth), each [1 h w 3]."""
    return PAIRS[request.param]


@pytest.fixture
def page():
    """A part of a drawn page in [-1, 1], [1 h w 3]: page(height, width, left, top)."""
    return _page


@pytest.fixture
def shifted():
    """The picture with other colours and some noise: shifted(picture, seed)."""
    return _shifted


@pytest.fixture
def reference():
    """Another implementation by the name of its module: reference("torch"); without it the test is skipped."""

    def found(module):
        return pytest.importorskip(module, reason=f"{module} is not installed (pip install -e '.[references]')")

    return found


@pytest.fixture(scope="session")
def inked_pages(pages, tmp_path_factory):
    """A folder of the pages in black and white; beside it lies one of the same in color."""
    folder = tmp_path_factory.mktemp("pairs")
    for file in sorted(pages.rglob("*.png")):
        color = Image.open(file)
        for kind, picture in (("color", color), ("bw", color.convert("L").point(lambda value: 255 * (value > 90)))):
            (folder / kind / file.parent.name).mkdir(parents=True, exist_ok=True)
            picture.save(folder / kind / file.parent.name / file.name)
    return folder / "bw"


def tinted(variables, batch):
    """A predictor that paints everything in one color."""
    gray = batch["input"]
    return jnp.concatenate([gray * 0.9 + 0.1, gray * 0.8, gray * 0.7], -1) + variables.params["shade"]


@pytest.fixture
def painter():
    """A run, as far as an evaluation needs it, and its variables: painter(data)."""

    def made(data):
        variables = Variables({"idle": np.ones((7, 2), np.float32), "shade": np.float32([0.02, 0, -0.02])}, {})
        kind = "denoise" if data.input == "color" else "colorize"
        return SimpleNamespace(task=SimpleNamespace(predict=tinted, kind=kind), data=data), variables

    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pages of three works, flat files of two sizes; one is grey."""
    folder, rng = tmp_path_factory.mktemp("pages"), np.random.default_rng(0)
    for name in ("E01", "E01P1", "E01P2", "E02P1", "E10P1"):
        blocks = rng.integers(60, 196, (6, 5, 1 if name == "E01P2" else 3)).astype(np.uint8)
        size = (50, 60) if name == "E02P1" else (60, 50)
        picture = Image.fromarray(blocks[..., 0] if name == "E01P2" else blocks)
        picture.resize(size, Image.Resampling.BICUBIC).save(folder / f"{name}.png")
    return folder
