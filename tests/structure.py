"""Count what the house plan watches: `python tests/structure.py [ROOT] [--page PAGE.png]`.

Prints lines, files, flat files of each folder, circles of imports, and how often one room imports another. With
`--page` a page is coloured under a profiler; printed are the files of this package whose functions ran meanwhile, and
those of them that stand on the stack when the network starts to predict: the files that a reader of one page's way
goes through.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import inspect
import io
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any


def modules(root: Path) -> dict[str, Path]:
    """The modules of the package below `root`, by name."""
    files = sorted((root / "mangagan").rglob("*.py"))
    return {".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


def imports(file: Path, known: dict[str, Path]) -> list[str]:
    """The modules of the package that a file imports, one entry an imported module and statement."""
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name in known]
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            parts = {f"{node.module}.{alias.name}" for alias in node.names} & known.keys()
            found += sorted(parts) or [node.module]
    return found


def circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Groups of modules that import each other, directly or through others."""
    reach = {name: _reachable(name, graph) for name in graph}
    groups = {
        frozenset(other for other in reach[name] if name in reach[other]) for name in graph if name in reach[name]
    }
    return [set(group) for group in groups]


def _reachable(start: str, graph: dict[str, set[str]]) -> set[str]:
    seen, todo = set(), [start]
    while todo:
        for name in graph.get(todo.pop(), set()) - seen:
            seen.add(name)
            todo.append(name)
    return seen


def by_command(page: Path, folder: str) -> None:
    """Colour a page as the command does."""
    from mangagan.cli import main

    sys.argv = [
        "mangagan",
        "colorize",
        str(page),
        "--output",
        f"{folder}/out.png",
        "--size",
        "256",
        "--palette",
        "none",
    ]
    with contextlib.suppress(SystemExit):
        main()


def by_library(page: Path, folder: str) -> None:
    """Colour a page as a program does."""
    import mangagan

    mangagan.load("base")(page, palette="none").save(f"{folder}/out.png")


def trace(root: Path, page: Path, color: Callable[[Path, str], None]) -> tuple[set[str], list[str]]:
    """The package's files whose functions run while a page is coloured, and those that wait for the network."""
    package = str(root / "mangagan") + "/"
    ran: set[str] = set()
    stack: list[str] = []

    def profile(frame: Any, event: str, _: object) -> None:
        name = frame.f_code.co_filename
        # Bodies of modules and classes run at import; only those of functions are "optimized".
        if event != "call" or not frame.f_code.co_flags & inspect.CO_OPTIMIZED or not name.startswith(package):
            return
        ran.add(name.removeprefix(package))
        if not stack and name.endswith("network.py") and frame.f_code.co_name in ("<lambda>", "predict"):
            while frame:
                if frame.f_code.co_filename.startswith(package):
                    stack.append(frame.f_code.co_filename.removeprefix(package))
                frame = frame.f_back

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        threading.setprofile(profile)
        sys.setprofile(profile)
        try:
            color(page, folder)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
    return ran, list(dict.fromkeys(stack))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).parent.parent)
    parser.add_argument("--page", type=Path, help="a page to colour under a profiler")
    options = parser.parse_args()
    root = options.root.resolve()
    known = modules(root)
    graph = {name: set(imports(file, known)) for name, file in known.items()}
    lines = {name: len(file.read_text().splitlines()) for name, file in known.items()}
    print(f"files {len(known)}, lines {sum(lines.values())}, median {sorted(lines.values())[len(lines) // 2]}", end="")
    print(f", longest {max(lines.values())}")
    flat = Counter(str(file.parent.relative_to(root)) for file in known.values() if file.name != "__init__.py")
    print("flat files:", ", ".join(f"{folder} {count}" for folder, count in flat.most_common(8)))
    print(f"circles of imports: {len(circles(graph))}")
    rooms = Counter(
        (name.split(".")[1], other.split(".")[1])
        for name, file in known.items()
        for other in imports(file, known)
        if "." in name and "." in other
    )
    for pair in (("infer", "data"), ("evaluate", "infer")):
        print(f"{pair[0]} -> {pair[1]}: {rooms[pair]} imports")
    twice = Counter(file.stem for file in known.values() if file.stem != "__init__")
    print(f"file names that occur more than once: {sum(count > 1 for count in twice.values())}")
    if options.page:
        sys.path.insert(0, str(root))
        import mangagan

        for color in (by_command, *([by_library] if hasattr(mangagan, "load") else [])):
            ran, stack = trace(root, options.page.resolve(), color)
            print(f"{color.__name__}: {len(ran)} files run for a page; {len(stack)} wait when the network predicts:")
            print("  " + " < ".join(stack))


if __name__ == "__main__":
    main()
