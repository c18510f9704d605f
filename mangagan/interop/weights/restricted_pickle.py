"""Pickles read as data: a file names what it needs, and nothing but what we know is ever called."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from typing import IO, Any

Known = Mapping[tuple[str, str], Callable[..., Any]]


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: IO[bytes], known: Known, persistent: Callable[[Any], Any] | None) -> None:
        # Files that Python 2 wrote hold their names as byte strings.
        super().__init__(file, encoding="utf-8")
        self._known = known
        self._persistent = persistent

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        if (module, name) not in self._known:
            raise ValueError(f"it asks for {module}.{name}, which is refused: weights need no such thing")
        known = self._known[module, name]
        # A pickle can set attributes of what it has named, so it gets a fresh function and never an object of ours.
        return lambda *arguments: known(*arguments)

    def persistent_load(self, pid: Any) -> Any:
        if self._persistent is None:
            raise ValueError("it refers to objects outside itself")
        return self._persistent(pid)


def unpickle(file: IO[bytes], known: Known, persistent: Callable[[Any], Any] | None = None) -> Any:
    """The next pickled object of a file, built by the functions of `known` alone, which stand for (module, name).

    `persistent` answers references to data outside the pickle. Raises ValueError with the name of anything else
    that the pickle asks for, and whatever `pickle` raises for broken ones.
    """
    return _Unpickler(file, known, persistent).load()
