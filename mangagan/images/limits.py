"""How much of a file from anywhere is taken in before it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from mangagan.data.sources.zips import MAX_MEMBER_BYTES
from mangagan.images.decode import MAX_PIXELS, Unusable

# zipfile unpacks all that it reads at once when a member is packed with bzip2 or LZMA: 4 KiB of those make 80 MB.
_CHUNK_BYTES = 4096
# Colouring holds some 115 bytes for each pixel of a page (2.5 GB for 22 megapixels): under 6 GB for the largest.
PAGE_PIXELS = 50_000_000


@dataclass(frozen=True)
class Limits:
    """What a page and a volume may hold. Raises ValueError for more pixels than `mangagan.images.decode` reads."""

    pixels: int = PAGE_PIXELS  # of a page
    member_bytes: int = MAX_MEMBER_BYTES  # of one file, unpacked
    members: int = 20_000  # of a volume, and pages of a PDF
    volume_bytes: int = 32 * 2**30  # of all files of an archive, unpacked

    def __post_init__(self) -> None:
        if not 0 < self.pixels <= MAX_PIXELS:
            raise ValueError(f"pages may have 1 to {MAX_PIXELS} pixels: a limit of {self.pixels} is none of them")


def check_page_size(width: int, height: int, limits: Limits) -> None:
    """Raises Unusable for a page of more pixels than are allowed."""
    if width * height > limits.pixels:
        size = f"{width * height / 1e6:.1f} megapixels ({width} x {height})"
        raise Unusable(f"the page has {size}, more than the limit of {limits.pixels / 1e6:g}")


def read_bounded(file: IO[bytes], size: int) -> bytes:
    """All bytes of a file that says it has so many. Raises Unusable where it has more or fewer."""
    chunks, left = [], size + 1
    while left > 0 and (chunk := file.read(min(left, _CHUNK_BYTES))):
        chunks.append(chunk)
        left -= len(chunk)
    if left != 1:
        raise Unusable(f"does not unpack to the {size} bytes that the archive declares")
    return b"".join(chunks)
