"""One file for each experiment: `experiment()`, and PRESETS and ABLATIONS, names with their overrides.

A checkout has these files in `experiments/`; they are installed as `mangagan.experiments`. A file of your own with the
same three names is an experiment as well: `--exp=path/to/my_experiment.py:PRESET`.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

from mangagan.config import Experiment
from mangagan.overrides import override
from mangagan.user_code import load_file


def names() -> list[str]:
    """Return the names of the experiments that come with the project."""
    return sorted(file.stem for file in Path(__file__).parent.glob("[a-z]*.py"))


def presets(name: str) -> list[str]:
    """Return the names of an experiment's presets; the scale of the paper has no name."""
    return list(_module(name).PRESETS)


def ablations(name: str) -> dict[str, dict[str, object]]:
    """Return the overrides of an experiment's ablations by their names."""
    return dict(_module(name).ABLATIONS)


def load(text: str) -> Experiment:
    """Return the experiment `NAME[:PRESET]`.

    Args:
        text: NAME is one of `names()`, or the path of a file that ends in `.py`.

    Raises:
        ValueError: There is no such experiment, file or preset, or the file lacks one of the three names.
    """
    name, preset = split_name(text)
    module = _module(name)
    if preset and preset not in module.PRESETS:
        raise ValueError(f"{name} has no preset {preset!r}; it has {', '.join(module.PRESETS) or 'none'}")
    return override(module.experiment(), module.PRESETS[preset] if preset else {})


def split_name(text: str) -> tuple[str, str]:
    """Return NAME and PRESET of `NAME[:PRESET]`; the preset is empty where none is named."""
    # A path may have colons of its own.
    before, _, after = text.rpartition(":")
    return (before, after) if before and not text.endswith(".py") else (text, "")


def run_folder(text: str) -> Path:
    """Return the folder of the runs of `NAME[:PRESET]` where the user names none: runs/NAME-PRESET."""
    name, preset = split_name(text)
    return Path("runs") / "-".join(filter(None, (Path(name).stem, preset)))


def _module(name: str) -> ModuleType:
    if name in names():
        return importlib.import_module(f"mangagan.experiments.{name}")
    if not name.endswith(".py"):
        raise ValueError(f"there is no experiment {name!r}; there are {', '.join(names())}, or give a file's path")
    file = Path(name)
    if not file.expanduser().is_file():
        raise ValueError(f"there is no experiment file {file}")
    # Whoever names a file on the command line trusts it.
    module = load_file(file, trust=True)
    missing = [part for part in ("experiment", "PRESETS", "ABLATIONS") if not hasattr(module, part)]
    if missing:
        raise ValueError(f"{file} does not define {' and '.join(missing)}; see experiments/pix2pix_manga.py")
    return module
