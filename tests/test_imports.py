"""Imports point one way: from commands over experiments and training down to tasks, models, losses and color."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# What each part may import of the project beside itself.
ALLOWED = {
    "mangagan.files": set(),
    "mangagan.color": set(),
    "mangagan.palette_bins": set(),
    "mangagan.palette": {"color", "palette_bins"},
    "mangagan.losses": set(),
    "mangagan.models": {"palette_bins"},
    "mangagan.tasks": {"models", "losses", "color", "palette_bins"},
    "mangagan.data": {"color", "files", "palette", "palette_bins"},
    "mangagan.config": {"tasks", "data", "palette_bins"},
    "mangagan.overrides": {"config"},
    "mangagan.evaluate": {
        *("config", "color", "models", "tasks", "data", "infer", "interop", "files"),
        *("palette", "palette_bins"),
    },
    "mangagan.interop": {"color", "models", "tasks", "config", "overrides", "data", "files"},
    "mangagan.train": {"color", "config", "overrides", "tasks", "data", "evaluate", "interop", "models", "files"},
    "mangagan.infer": {
        *("color", "config", "data", "files", "interop", "overrides", "tasks"),
        *("palette", "palette_bins"),
    },
    "mangagan.cli": {"data", "infer", "interop", "train"},
    "mangagan.sweep": {"color", "config", "overrides", "tasks", "data", "evaluate", "train", "files"},
    "mangagan.report": {"evaluate", "files"},
    "mangagan.bench": {"config", "train", "tasks", "data", "models", "losses", "interop"},
}


def part_of(file):
    inside = file.relative_to(ROOT / "mangagan").with_suffix("").parts
    return f"mangagan.{inside[0]}"


def imports(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


FILES = sorted((ROOT / "mangagan").rglob("*.py"))


@pytest.mark.parametrize("part", sorted({part_of(file) for file in FILES} - {"mangagan.__init__"}))
def test_a_part_imports_only_what_lies_below_it(part):
    allowed = {part.removeprefix("mangagan."), *ALLOWED[part]}
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in FILES
        if part_of(file) == part
        for name in imports(file)
        if name.split(".")[0] in ("launch", "experiments", "tests")
        or (name.startswith("mangagan.") and name.split(".")[1] not in allowed)
    ]
    assert not wrong


def test_the_data_part_is_free_of_jax():
    for file in (ROOT / "mangagan" / "data").rglob("*.py"):
        assert not [name for name in imports(file) if name.split(".")[0] in ("jax", "flax", "optax")], file
