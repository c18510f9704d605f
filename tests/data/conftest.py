"""Small pictures whose colours encode their page and position, so that a test can read back where a pixel is from."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


def _map_page(number: int, height: int = 96, width: int = 80) -> np.ndarray:
    down, across = np.mgrid[:height, :width]
    return np.stack([2 * across, 2 * down, np.full_like(down, 10 * number)], -1).astype(np.uint8)


def _png(pixels: np.ndarray, **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, **({"format": "PNG"} | options))
    return buffer.getvalue()


@pytest.fixture(scope="session")
def map_page() -> Callable[..., np.ndarray]:
    """Page `number`: red is twice the column, green twice the row, blue ten times the number."""
    return _map_page


@pytest.fixture(scope="session")
def encoded() -> Callable[..., bytes]:
    """Pixels as the bytes of a PNG, or of what `format` names."""
    return _png


@pytest.fixture(scope="session")
def write_pages() -> Callable[..., Path]:
    """Writes pages into a folder; `pages` maps a path to pixels or bytes."""

    def write(folder: Path, pages: dict[str, np.ndarray | bytes]) -> Path:
        for name, content in pages.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else _png(content))
        return folder

    return write
