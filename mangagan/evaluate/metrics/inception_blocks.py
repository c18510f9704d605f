"""The convolutions of the Inception network that the Fréchet Inception distance uses, block by block.

Their names are those of torchvision's Inception v3, and of the tensors in the file.
"""

from __future__ import annotations

from typing import NamedTuple


class Unit(NamedTuple):
    """A convolution with its batch norm and ReLU; padding as XLA knows it."""

    name: str
    features: int
    kernel: tuple[int, int] = (1, 1)
    stride: int = 1
    padding: str = "SAME"


# One after the other; two in a pair see the same picture and are joined.
Branch = tuple[Unit | tuple[Unit, Unit], ...]

# A maximum over 3 x 3 pixels, 2 apart, is behind each.
STEMS = (
    (
        Unit("Conv2d_1a_3x3", 32, (3, 3), 2, "VALID"),
        Unit("Conv2d_2a_3x3", 32, (3, 3), 1, "VALID"),
        Unit("Conv2d_2b_3x3", 64, (3, 3)),
    ),
    (Unit("Conv2d_3b_1x1", 80), Unit("Conv2d_4a_3x3", 192, (3, 3), 1, "VALID")),
)


def blocks() -> list[tuple[str, tuple[Branch, ...], str]]:
    """Name, branches in the order they are joined in, and how the last of them pools, of each block."""
    return [
        *((name, _fives(width), "average") for name, width in (("Mixed_5b", 32), ("Mixed_5c", 64), ("Mixed_5d", 64))),
        ("Mixed_6a", _shrink_to_17(), "shrink"),
        *(
            (f"Mixed_6{letter}", _sevens(width), "average")
            for letter, width in zip("bcde", (128, 160, 160, 192), strict=True)
        ),
        ("Mixed_7a", _shrink_to_8(), "shrink"),
        ("Mixed_7b", _wide(), "average"),
        ("Mixed_7c", _wide(), "maximum"),
    ]


def _chain(name: str, *units: tuple[int, tuple[int, int]]) -> tuple[Unit, ...]:
    return tuple(Unit(f"{name}_{n}", features, kernel) for n, (features, kernel) in enumerate(units, 1))


def _fives(width: int) -> tuple[Branch, ...]:
    return (
        (Unit("branch1x1", 64),),
        _chain("branch5x5", (48, (1, 1)), (64, (5, 5))),
        _chain("branch3x3dbl", (64, (1, 1)), (96, (3, 3)), (96, (3, 3))),
        (Unit("branch_pool", width),),
    )


def _sevens(inner: int) -> tuple[Branch, ...]:
    row, column = (1, 7), (7, 1)
    return (
        (Unit("branch1x1", 192),),
        _chain("branch7x7", (inner, (1, 1)), (inner, row), (192, column)),
        _chain("branch7x7dbl", (inner, (1, 1)), (inner, column), (inner, row), (inner, column), (192, row)),
        (Unit("branch_pool", 192),),
    )


def _wide() -> tuple[Branch, ...]:
    def split(name: str) -> tuple[Unit, Unit]:
        return Unit(f"{name}a", 384, (1, 3)), Unit(f"{name}b", 384, (3, 1))

    return (
        (Unit("branch1x1", 320),),
        (Unit("branch3x3_1", 384), split("branch3x3_2")),
        (*_chain("branch3x3dbl", (448, (1, 1)), (384, (3, 3))), split("branch3x3dbl_3")),
        (Unit("branch_pool", 192),),
    )


def _shrink_to_17() -> tuple[Branch, ...]:
    deep = _chain("branch3x3dbl", (64, (1, 1)), (96, (3, 3)))
    return (Unit("branch3x3", 384, (3, 3), 2, "VALID"),), (*deep, Unit("branch3x3dbl_3", 96, (3, 3), 2, "VALID")), ()


def _shrink_to_8() -> tuple[Branch, ...]:
    deep = _chain("branch7x7x3", (192, (1, 1)), (192, (1, 7)), (192, (7, 1)))
    return (
        (Unit("branch3x3_1", 192), Unit("branch3x3_2", 320, (3, 3), 2, "VALID")),
        (*deep, Unit("branch7x7x3_4", 192, (3, 3), 2, "VALID")),
        (),
    )
