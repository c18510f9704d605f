"""Unpickling that calls nothing but the functions of a list and makes no more than a bounded number of objects."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Mapping
from typing import IO, Any

from mangagan.interop.weights.pickle_limits import read_pickle

# The functions that a pickle may name, by (module, name).
AllowedCalls = Mapping[tuple[str, str], Callable[..., Any]]


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: IO[bytes], allowed: AllowedCalls, load_external: Callable[[Any], Any] | None) -> None:
        # Python 2 wrote names as byte strings.
        super().__init__(file, encoding="utf-8")
        self._allowed = allowed
        self._load_external = load_external

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        if (module, name) not in self._allowed:
            raise ValueError(f"it asks for {module}.{name}, which is refused: weights need no such thing")
        function = self._allowed[module, name]
        # A pickle can set attributes of what it names; a fresh function keeps our objects out of its reach.
        return lambda *arguments: function(*arguments)

    def persistent_load(self, pid: Any) -> Any:
        if self._load_external is None:
            raise ValueError("it refers to objects outside itself")
        return self._load_external(pid)


def unpickle(file: IO[bytes], allowed: AllowedCalls, load_external: Callable[[Any], Any] | None = None) -> Any:
    """Return the next pickled object of a file, which is left behind it.

    Broken pickles raise whatever `pickle` raises, and ValueError if they stand for too much (see `read_pickle`).

    Args:
        file: A binary file at the start of a pickle.
        allowed: The functions that are called where the pickle names (module, name). Any other name raises
            ValueError.
        load_external: Resolves references to data outside the pickle (pickle's persistent ids).
    """
    return _Unpickler(io.BytesIO(read_pickle(file)), allowed, load_external).load()
