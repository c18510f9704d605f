"""Imports point one way, from commands down to colour arithmetic, and never in a circle."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# A room imports from rooms of lower lines and from its own line. `data` and `tasks` know nothing of each other.
LAYERS = (
    ("color", "palette_bins", "tiles", "losses", "module_process"),
    ("palette",),
    ("models", "images"),
    ("tasks", "data"),
    ("config", "compilation_cache", "renames", "user_code"),
    ("overrides",),
    ("pretrained", "interop"),
    ("infer",),
    ("evaluate", "train"),
    ("trial", "bench", "report", "sweep", "studio", "experiments"),
    ("experiments",),
    ("cli",),
)
LAYER = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
APART = {("data", "tasks"), ("tasks", "data"), ("models", "images"), ("images", "models")}
FILES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts): file for file in sorted((ROOT / "mangagan").rglob("*.py"))
} | {f"mangagan.experiments.{file.stem}": file for file in sorted((ROOT / "experiments").glob("*.py"))}


def room_of(module):
    return module.split(".")[1]


@cache
def imports(module, lazily=True):
    """The modules of this project that a module imports; without `lazily`, those that it imports at once."""
    tree = ast.parse(FILES[module].read_text())
    nodes = ast.walk(tree) if lazily else iter(tree.body)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            found |= {name if (name := f"{node.module}.{alias.name}") in FILES else node.module for alias in node.names}
    return frozenset(found)


@pytest.mark.parametrize("room", sorted({room_of(module) for module in FILES if module != "mangagan.__init__"}))
def test_a_room_imports_only_what_lies_below_it(room):
    assert room in LAYER, f"add {room} to LAYERS, below all that imports it"
    wrong = [
        f"{module} imports {name}"
        for module in FILES
        if room_of(module) == room
        for name in imports(module)
        if name.split(".")[0] in ("launch", "experiments", "tests")
        or (name.startswith("mangagan.") and _is_above(room, room_of(name)))
    ]
    assert not wrong


def _is_above(room, other):
    return other != room and (LAYER[other] > LAYER[room] or (room, other) in APART)


def test_no_file_imports_itself_through_others():
    open_files, done = [], set()

    def visit(module):
        if module in open_files:
            pytest.fail("a circle of imports: " + " -> ".join([*open_files[open_files.index(module) :], module]))
        if module in done or module not in FILES:
            return
        open_files.append(module)
        for name in sorted(imports(module)):
            visit(name)
        done.add(open_files.pop())

    for module in FILES:
        visit(module)


def test_the_data_room_is_free_of_jax():
    for module in FILES:
        if module.startswith("mangagan.data."):
            assert not [name for name in imports(module) if name.split(".")[0] in ("jax", "flax", "optax")], module
