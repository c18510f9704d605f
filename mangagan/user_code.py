"""Python files of a user's own: experiments, with tasks and networks that the package does not know.

A class of such a file is written into `experiment.json` as FILE.py:CLASS. A folder that somebody else made must not be
able to run code, so a file is only executed if the user has once named it on a command line of this machine
(`--exp=FILE.py`); the list of these files is kept in the cache folder.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType

from mangagan.data.archive.archive import cache_folder
from mangagan.images.atomic import write_atomically

_PREFIX = "mangagan_user_"


def load_file(file: Path, trust: bool = False) -> ModuleType:
    """Return the module of a user's Python file, executed once for each state of the file.

    Args:
        file: A file whose name ends in `.py`.
        trust: The user has named this file: remember it, so that runs and models may refer to it.

    Raises:
        ValueError: There is no such file, or it was never named on a command line.
    """
    file = file.expanduser()
    if not file.is_file():
        raise ValueError(f"there is no file {file}; bring it back, or train again with --exp=FILE.py")
    file = file.resolve()
    if trust:
        _trust(file)
    elif str(file) not in _trusted():
        raise ValueError(
            f"{file} is code that was never run on this machine. If you trust it, name it once with "
            f"mangagan train --exp={file} --describe"
        )
    return _executed(file, file.stat().st_mtime_ns)


def reference(cls: type) -> str | None:
    """Return FILE.py:CLASS for a class of a user's file, and None for a class of the package."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    if cls.__module__.split(".")[0] == "mangagan" or not file:
        return None
    return f"{Path(file).resolve()}:{cls.__qualname__}"


def resolve(text: str) -> type:
    """Return the class that FILE.py:CLASS names.

    Raises:
        ValueError: The file may not be executed (see `load_file`), or has no such class.
    """
    path, _, name = text.rpartition(":")
    try:
        found = getattr(load_file(Path(path)), name, None)
    except ValueError as error:
        raise ValueError(f"the class {name!r} cannot be loaded: {error}") from error
    if not isinstance(found, type):
        raise ValueError(f"{path} has no class {name}")
    return found


def is_reference(text: object) -> bool:
    """Return whether a value has the form FILE.py:CLASS."""
    return isinstance(text, str) and text.rpartition(":")[0].endswith(".py")


def _list_file() -> Path:
    return cache_folder() / "user_code.json"


def _trusted() -> list[str]:
    try:
        files = json.loads(_list_file().read_text())
    except (OSError, ValueError):
        return []
    return files if isinstance(files, list) else []


def _trust(file: Path) -> None:
    files = _trusted()
    if str(file) not in files:
        _list_file().parent.mkdir(parents=True, exist_ok=True)
        write_atomically(_list_file(), json.dumps([*files, str(file)], indent=1).encode())


# A second execution would define other classes of the same names.
@lru_cache
def _executed(file: Path, changed_ns: int) -> ModuleType:
    name = f"{_PREFIX}{file.stem}_{sha256(str(file).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look themselves up by the name of their module.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
