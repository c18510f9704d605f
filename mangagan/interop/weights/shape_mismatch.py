"""Describe how the tensors of a file differ from those that a network needs."""

from __future__ import annotations

from collections.abc import Mapping

# The longest entry for a network of ours, name and shapes, has about 150.
_MOST_LETTERS = 250


def describe_mismatch(given: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]]) -> str:
    """Describe how given names and shapes differ from the expected ones; "" where they do not.

    Lists the first dozen of those missing, those surplus and those of another shape.
    """
    shapes = [
        f"{name} is {_shape_text(given[name])}, not {_shape_text(shape)}"
        for name, shape in expected.items()
        if name in given and given[name] != shape
    ]
    faults = {
        "missing": [name for name in expected if name not in given],
        "surplus": [name for name in given if name not in expected],
        "of another shape": shapes,
    }
    return "; ".join(f"{len(names)} {fault}: {_first_dozen(names)}" for fault, names in faults.items() if names)


def _first_dozen(names: list[str]) -> str:
    return ", ".join(map(_short, names[:12])) + (", ..." if len(names) > 12 else "")


def _short(text: str) -> str:
    # A file may give a tensor any name and any number of axes.
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}..."


def _shape_text(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "scalar"
