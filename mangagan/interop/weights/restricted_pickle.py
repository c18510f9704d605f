"""Unpickling that calls nothing but the functions of a list and makes no more than a bounded number of objects."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

from mangagan.interop.weights.pickle_limits import read_pickle

# Arguments, and elements of arguments, of all calls together: a pickle can name the same long list in every call. A
# tensor has about 20, a state dict of Python 2 two for each tensor.
_MOST_ARGUMENTS = 1_000_000

# The functions that a pickle may name, by (module, name).
AllowedCalls = Mapping[tuple[str, str], Callable[..., Any]]


class _Call:
    """A function in a pickle's hands, which can call it and do nothing else with it."""

    __slots__ = ("_count", "_function")

    def __init__(self, function: Callable[..., Any], count: Callable[[Sequence[Any]], None]) -> None:
        self._function, self._count = function, count

    def __call__(self, *arguments: Any) -> Any:
        self._count(arguments)
        return self._function(*arguments)

    def __setstate__(self, state: object) -> None:
        # Otherwise pickle sets any attributes, in any number.
        raise ValueError("it changes a function")


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: IO[bytes], allowed: AllowedCalls, load_external: Callable[[Any], Any] | None) -> None:
        # Python 2 wrote names as byte strings.
        super().__init__(file, encoding="utf-8")
        self._allowed = allowed
        self._load_external = load_external
        self._arguments = 0

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        if (module, name) not in self._allowed:
            raise ValueError(f"it asks for {module}.{name}, which is refused: weights need no such thing")
        return _Call(self._allowed[module, name], self._count)

    def _count(self, arguments: Sequence[Any]) -> None:
        """Count the arguments of one more call."""
        self._arguments += 1 + len(arguments)
        self._arguments += sum(len(argument) for argument in arguments if isinstance(argument, (list, tuple, dict)))
        if self._arguments > _MOST_ARGUMENTS:
            raise ValueError(f"its calls have more than {_MOST_ARGUMENTS} arguments")

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
