"""How much of an untrusted file is read before it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from mangagan.images.errors import UnusableFile

# Of any picture that is decoded.
MAX_PIXELS = 100_000_000
MIN_SIDE = 16
# The longest strips of web comics are 30 times as long as they are wide. Thinner ones are no pages, and the network,
# which needs a working side of hundreds of pixels, would be given pictures of millions.
MAX_SIDE_RATIO = 50
# Colouring holds about 115 bytes for each pixel of a page (2.5 GB for 22 megapixels): below 6 GB for the largest page.
PAGE_PIXELS = 50_000_000
MAX_MEMBER_BYTES = 256 * 2**20
# Pictures hardly shrink: a member that is larger than a page and packs better than this ratio is an archive bomb.
MAX_COMPRESSION_RATIO = 200
_MIN_BOMB_BYTES = 8 * 2**20
# The same ratio holds for a volume as a whole, unless all of it is small.
_MIN_VOLUME_BOMB_BYTES = 256 * 2**20
# zipfile unpacks all input of one read at once for bzip2 and LZMA, where 4 KiB can expand to 80 MB.
_CHUNK_BYTES = 4096


@dataclass(frozen=True)
class Limits:
    """The largest page and volume that are accepted.

    Raises:
        ValueError: `pixels` is not from 1 to `MAX_PIXELS`.
    """

    pixels: int = PAGE_PIXELS  # of a page
    member_bytes: int = MAX_MEMBER_BYTES  # of one file, unpacked
    members: int = 20_000  # of a volume, and pages of a PDF
    volume_bytes: int = 32 * 2**30  # of all files of an archive, unpacked

    def __post_init__(self) -> None:
        if not 0 < self.pixels <= MAX_PIXELS:
            raise ValueError(f"a page may have 1 to {MAX_PIXELS} pixels, not a limit of {self.pixels}")


def check_picture_size(width: int, height: int, min_side: int = 1) -> None:
    """Check the size of a picture, in pixels, before it is decoded.

    Raises:
        UnusableFile: The picture has more than `MAX_PIXELS` pixels, a side shorter than `min_side`, or one side more
            than `MAX_SIDE_RATIO` times as long as the other.
    """
    if width * height > MAX_PIXELS:
        raise UnusableFile(f"{width} x {height} is more than {MAX_PIXELS // 1_000_000} megapixels")
    if min(width, height) < min_side:
        raise UnusableFile(f"{width} x {height} has a side under {min_side} pixels")
    if max(width, height) > MAX_SIDE_RATIO * min(width, height):
        raise UnusableFile(f"{width} x {height} is no page: one side is over {MAX_SIDE_RATIO} times the other")


def check_page_size(width: int, height: int, limits: Limits) -> None:
    """Check the size of a page, in pixels, before it is decoded.

    Raises:
        UnusableFile: The page has more than `limits.pixels` pixels.
    """
    if width * height > limits.pixels:
        size = f"{width * height / 1e6:.1f} megapixels ({width} x {height})"
        raise UnusableFile(f"the page has {size}, more than the limit of {limits.pixels / 1e6:g}")


def check_declared_size(size: int, packed: int, limits: Limits) -> None:
    """Check the size, in bytes, that an archive declares for a member, against its packed size.

    Raises:
        UnusableFile: The member is too large, or packed far better than pictures can be.
    """
    if size > limits.member_bytes:
        raise UnusableFile(f"unpacks to {size} bytes, more than the limit of {limits.member_bytes}")
    if size > max(_MIN_BOMB_BYTES, MAX_COMPRESSION_RATIO * packed):
        raise UnusableFile(f"unpacks to {size} bytes from {packed}: an archive bomb")


def check_volume_size(size: int, packed: int, limits: Limits) -> None:
    """Check the sum of the sizes, in bytes, that an archive declares for its members, against that of its file.

    Raises:
        UnusableFile: The members are too large together, or packed far better than pictures can be.
    """
    if size > limits.volume_bytes:
        raise UnusableFile(f"unpacks to {size} bytes, more than the limit of {limits.volume_bytes}")
    if size > max(_MIN_VOLUME_BOMB_BYTES, MAX_COMPRESSION_RATIO * packed):
        raise UnusableFile(f"unpacks to {size} bytes from {packed}: an archive bomb")


def read_bounded(file: IO[bytes], size: int) -> bytes:
    """Read all bytes of a file that declares its size, and at most one byte more.

    Raises:
        UnusableFile: The file has more or fewer bytes than `size`.
    """
    chunks, left = [], size + 1
    while left > 0 and (chunk := file.read(min(left, _CHUNK_BYTES))):
        chunks.append(chunk)
        left -= len(chunk)
    if left != 1:
        raise UnusableFile(f"does not unpack to the {size} bytes that the archive declares")
    return b"".join(chunks)
