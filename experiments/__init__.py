"""One file per experiment: `experiment()`, PRESETS and ABLATIONS, each a name with its overrides."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from mangagan.config import Experiment
from mangagan.overrides import override


def names() -> list[str]:
    """The experiments that come with the project."""
    return sorted(file.stem for file in Path(__file__).parent.glob("[a-z]*.py"))


def presets(name: str) -> list[str]:
    """The presets of an experiment, beside the paper's scale that has no name."""
    return list(_module(name).PRESETS)


def ablations(name: str) -> dict[str, dict[str, object]]:
    """The named ablations of an experiment, each as overrides."""
    return dict(_module(name).ABLATIONS)


def load(name: str) -> Experiment:
    """The experiment `NAME[:PRESET]`, where NAME is one of `names()` or the path of a file of the same form.

    Raises ValueError that lists what there is where a name is wrong.
    """
    name, _, preset = name.partition(":")
    module = _module(name)
    if preset and preset not in module.PRESETS:
        raise ValueError(f"{name} has no preset {preset!r}; it has {', '.join(module.PRESETS) or 'none'}")
    return override(module.experiment(), module.PRESETS[preset] if preset else {})


def _module(name: str) -> ModuleType:
    if name in names():
        return importlib.import_module(f"experiments.{name}")
    if not name.endswith(".py"):
        raise ValueError(f"there is no experiment {name!r}; there are {', '.join(names())}, or give a file's path")
    file = Path(name).expanduser()
    spec = importlib.util.spec_from_file_location(f"experiments.of_user.{file.stem}", file)
    if not file.is_file() or spec is None or spec.loader is None:
        raise ValueError(f"there is no experiment file {file}")
    module = importlib.util.module_from_spec(spec)
    # Its classes look themselves up by the name of their module.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    missing = [part for part in ("experiment", "PRESETS", "ABLATIONS") if not hasattr(module, part)]
    if missing:
        raise ValueError(f"{file} defines no {' and no '.join(missing)}: see experiments/pix2pix_manga.py")
    return module
