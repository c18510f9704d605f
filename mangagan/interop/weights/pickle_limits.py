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
# Of a key, which is hashed wherever it stands: names and numbers are one object. Hashing walks down nested tuples
# without a limit of its own, and a hundred thousand of them overflow the stack of the process.
_MOST_IN_A_KEY = 64
# Of keys that are no texts, for which Python's hash is known: thousands with the same one slow a dict down to a list.
_MOST_OTHER_KEYS = 10_000
_MARK, _TEXT = -1, 0
# What operations put on the stack, by pickletools' names; "bytes_or_str" is a text of Python 2.
_SIMPLE = {"mark": _MARK, "str": _TEXT, "bytes_or_str": _TEXT}
_PUTS = frozenset(("PUT", "BINPUT", "LONG_BINPUT"))
_GETS = frozenset(("GET", "BINGET", "LONG_BINGET"))
# Which of the objects above the mark are keys: each, or each second one.
_KEY_STEPS = {"SETITEMS": 2, "DICT": 2, "ADDITEMS": 1, "FROZENSET": 1}


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
    end = other_keys = 0
    for count, (operation, argument, place) in enumerate(pickletools.genops(data)):
        if count >= _MOST_OPERATIONS:
            raise ValueError(f"its pickle has more than {_MOST_OPERATIONS} operations")
        other_keys += _check_keys(operation.name, stack)
        if other_keys > _MOST_OTHER_KEYS:
            raise ValueError(f"its pickle has more than {_MOST_OTHER_KEYS} keys that are no names")
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


def _check_keys(name: str, stack: Sequence[int]) -> int:
    """Check the keys of a dict, and the elements of a set, that an operation is about to take from the stack.

    Args:
        name: Of the operation.
        stack: Numbers of objects, 0 for texts.

    Returns:
        How many of the keys are no texts.

    Raises:
        ValueError: A key is made of too many objects.
    """
    if name == "SETITEM":
        keys = stack[-2:-1]
    elif name in _KEY_STEPS:
        mark = len(stack) - 1
        while mark >= 0 and stack[mark] != _MARK:
            mark -= 1
        keys = stack[mark + 1 :: _KEY_STEPS[name]]
    else:
        return 0
    if max(keys, default=0) > _MOST_IN_A_KEY:
        raise ValueError(f"its pickle has a key of more than {_MOST_IN_A_KEY} objects")
    return len(keys) - keys.count(_TEXT)


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
        stack.append(_SIMPLE.get(kind.name, 1 + taken))


def _top(stack: Sequence[int]) -> int:
    if not stack:
        raise ValueError("its pickle is broken")
    return stack[-1]


def _pop(stack: list[int]) -> int:
    _top(stack)
    return stack.pop()
