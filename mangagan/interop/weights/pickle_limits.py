"""What a pickle would make, counted before anything is made: a few bytes can stand for any number of objects."""

from __future__ import annotations

import pickletools
from collections.abc import Sequence
from typing import IO, Any

# A state dict of a large network has some tens of thousands.
_MOST_OPERATIONS = 1_000_000
# Objects that contain an object, counted as often as they occur: what a hash, a comparison or a text walks through.
_MOST_OBJECTS = 1_000_000
_MOST_PLACES = 1_000_000  # of the memo, for which `pickle` allocates a table
_MOST_BYTES = 64 * 2**20
_MARK = -1
_PUTS = frozenset(("PUT", "BINPUT", "LONG_BINPUT"))
_GETS = frozenset(("GET", "BINGET", "LONG_BINGET"))


def read_pickle(file: IO[bytes]) -> bytes:
    """Return the bytes of the next pickle of a file, which is left at its end.

    The file is walked through operation by operation with the number of objects in each object in place of the object.

    Args:
        file: A binary file at the start of a pickle.

    Raises:
        ValueError: The pickle is broken or too long, or stands for too many objects.
    """
    start = file.tell()
    stack: list[int] = []
    memo: dict[int, int] = {}
    data = file.read(_MOST_BYTES)
    end = 0
    for count, (operation, argument, place) in enumerate(pickletools.genops(data)):
        if count >= _MOST_OPERATIONS:
            raise ValueError(f"its pickle has more than {_MOST_OPERATIONS} operations")
        _step(operation, argument, stack, memo)
        if stack and stack[-1] > _MOST_OBJECTS:
            raise ValueError(f"its pickle stands for more than {_MOST_OBJECTS} objects in one")
        end = (place or 0) + 1
    file.seek(start + end)
    return data[:end]


def _step(operation: Any, argument: Any, stack: list[int], memo: dict[int, int]) -> None:
    """Do to the numbers of objects what an operation does to the objects."""
    if operation.name in _PUTS or operation.name == "MEMOIZE":
        place = len(memo) if operation.name == "MEMOIZE" else int(argument)
        if not 0 <= place < _MOST_PLACES:
            raise ValueError(f"its pickle names place {place} of the memo")
        memo[place] = _top(stack)
    elif operation.name in _GETS:
        if int(argument) not in memo:
            raise ValueError("its pickle asks for an object that it has not made")
        stack.append(memo[int(argument)])
    else:
        _replace(operation.stack_before, operation.stack_after, stack)


def _replace(before: Sequence[Any], after: Sequence[Any], stack: list[int]) -> None:
    """Take what an operation takes from the stack, and put what it makes of it."""
    taken = 0
    for kind in reversed(before):
        if kind is pickletools.stackslice:
            while _top(stack) != _MARK:
                taken += stack.pop()
        elif kind is pickletools.markobject:
            if _pop(stack) != _MARK:
                raise ValueError("its pickle is broken")
        else:
            taken += max(_pop(stack), 0)
    for kind in after:
        stack.append(_MARK if kind is pickletools.markobject else 1 + taken)


def _top(stack: Sequence[int]) -> int:
    if not stack:
        raise ValueError("its pickle is broken")
    return stack[-1]


def _pop(stack: list[int]) -> int:
    _top(stack)
    return stack.pop()
