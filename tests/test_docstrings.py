"""Public docstrings say what types and names leave open: ranges of arrays, and what is raised."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "mangagan"
ARRAYS = re.compile(r"\b(Float|Int|Int32|UInt8|Bool|Shaped|Num|Array|ndarray|Image\.Image)\b")
SECTION = re.compile(r"^(Args|Returns|Yields|Raises):$", re.M)
ROOMS = sorted(path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists())


def public(tree):
    """The public classes and functions of a module, and the public methods of its public classes."""
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
            yield node.name, node, True
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for part in node.body:
                if isinstance(part, ast.FunctionDef) and not part.name.startswith("_"):
                    # A method that overrides another is documented where it is first defined.
                    yield f"{node.name}.{part.name}", part, not node.bases


def parameters(function):
    arguments = function.args
    return [
        argument
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        if argument.arg not in ("self", "cls")
    ]


def sections(text):
    """The sections of a docstring by name: the text between one header and the next."""
    parts = SECTION.split(text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def documented(section):
    """The names that a section lists: `name: text`, or several with commas between them."""
    lines = re.findall(r"^    (\*{0,2}\w[\w.]*(?:, \w+)*)(?: \(.*?\))?:", section, re.M)
    return {name.strip(" *") for line in lines for name in line.split(",")}


def raised(function):
    """The exceptions that a function raises by itself, by name."""
    inner = {
        part
        for node in ast.walk(function)
        if node is not function and isinstance(node, (ast.FunctionDef, ast.Lambda, ast.ClassDef))
        for part in ast.walk(node)
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Raise) and node not in inner and isinstance(node.exc, ast.Call):
            if isinstance(node.exc.func, ast.Name):
                yield node.exc.func.id


def faults(name, node, first):
    text = ast.get_docstring(node)
    if not text:
        return [f"{name}: no docstring"] if first else []
    line = text.split("\n")[0]
    found = [] if line.endswith((".", ":")) else [f"{name}: the first line is a sentence of its own, with a full stop"]
    if isinstance(node, ast.ClassDef):
        return found
    parts = sections(text)
    variadic = [argument.arg for argument in (node.args.vararg, node.args.kwarg) if argument]
    names = [argument.arg for argument in parameters(node)] + variadic
    listed = documented(parts.get("Args", ""))
    found += [f"{name}: Args lists {other!r}, which is no parameter" for other in sorted(listed - set(names))]
    found += [
        f"{name}: Args lacks the array {argument.arg!r}: give its range or units"
        for argument in parameters(node)
        if argument.annotation and ARRAYS.search(ast.unparse(argument.annotation)) and argument.arg not in listed
    ]
    said = parts.get("Raises", "")
    found += [
        f"{name}: Raises lacks {error}"
        for error in sorted(set(raised(node)) - {"NotImplementedError", "AssertionError", "SystemExit"})
        if not re.search(rf"\b{error}\b", said)
    ]
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_public_docstrings_are_complete(room):
    path = ROOT / f"{room}.py"
    files = [path] if path.exists() else sorted((ROOT / room).rglob("*.py"))
    wrong = [
        f"{file.relative_to(ROOT.parent)}:{node.lineno} {fault}"
        for file in files
        for name, node, first in public(ast.parse(file.read_text()))
        for fault in faults(name, node, first)
    ]
    assert not wrong, "\n".join([f"{len(wrong)} faults:", *wrong])
