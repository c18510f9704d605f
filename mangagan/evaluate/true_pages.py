"""The true pages of a folder: what pictures of a restorer or a colouriser are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from mangagan.data.sources.entries import works
from mangagan.data.sources.source_files import picture_files
from mangagan.data.stream.transforms import Crop, Images
from mangagan.evaluate.protocol import evenly_spaced, match_patterns
from mangagan.images.decode import read_picture
from mangagan.images.errors import UnusableFile
from mangagan.images.files import read_file
from mangagan.images.limits import MAX_MEMBER_BYTES
from mangagan.images.names import natural_key

Pixels = UInt8[np.ndarray, "h w 3"]


@dataclass(frozen=True)
class TruePage:
    """An undamaged picture: its path below the folder, its work and its file."""

    name: str
    work: str
    file: Path

    def pixels(self) -> Pixels:
        """Return the picture in RGB. Raises UnusableFile for a broken file."""
        return np.asarray(read_picture(self.content())[0].convert("RGB"))

    def content(self) -> bytes:
        """Return the bytes of its file. Raises UnusableFile."""
        return read_file(self.file, MAX_MEMBER_BYTES)

    def center(self, size: int, window: int | None) -> Pixels:
        """Return its centre square of `window` (or `size`) pixels, scaled to `size`. Raises UnusableFile."""
        picture: Images = {"target": Image.fromarray(self.pixels())}
        return np.asarray(Crop(size, window or size).crop_at(picture, 1.0, 0.5, 0.5)["target"])

    def rng(self, seed: int, purpose: str) -> np.random.Generator:
        """Return a generator that depends on the seed, the picture's name and the purpose alone."""
        digest = sha256(f"{self.name}\n{purpose}".encode()).digest()
        return np.random.default_rng([seed, *np.frombuffer(digest[:16], "<u4").tolist()])


def true_pages(folder: Path, wanted: Sequence[str] = (), count: int | None = None) -> list[TruePage]:
    """Return the pictures of a folder.

    Args:
        folder: A folder of any depth.
        wanted: Works, or patterns of pictures' names, as in `Data.held_out`; none: all.
        count: The most pictures, evenly spaced; None: all.

    Raises:
        ValueError: There is no folder, no picture, or no such work.
    """
    names = list(picture_files(folder).names)
    work = works(names)
    kept = compress(names, match_patterns(wanted, list(work.items()), folder))
    # In the order of works, so that a few evenly spaced pictures are of many works.
    names = evenly_spaced(sorted(kept, key=lambda name: natural_key(work[name])), count)
    if not names:
        raise ValueError(f"there is no picture in {folder}")
    return [TruePage(name, work[name], folder / name) for name in names]


def unusable_files(folder: Path) -> dict[str, str]:
    """Return why files and folders under a folder of pictures cannot be read, by their names."""
    return dict(picture_files(folder).faults)


def describe_pages(pages: Sequence[TruePage]) -> dict[str, Any]:
    """Return the part of `Result.protocol` that says which files were used: works, number and hash."""
    hashes = [(page.name, page.work, _digest(page)) for page in pages]
    return {
        "works": sorted({page.work for page in pages}, key=natural_key),
        "pages": len(pages),
        "sha256": sha256(repr(hashes).encode()).hexdigest(),
    }


def _digest(page: TruePage) -> str:
    try:
        return sha256(page.content()).hexdigest()
    except UnusableFile:  # skipped with the reason when it is evaluated
        return ""
