"""Whether the pixels of a file are all there: Pillow is too strict with JPEG and too lenient with PNG."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from mangagan.images.errors import UnusableFile
from mangagan.images.limits import check_picture_size

_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
# Bits that are no data of a picture whose data have ended: decoders skip them. If data are missing, they become pixels.
_MORE_DATA = b"\x5a\xa5\x33"
_PNG_START = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# The passes of Adam7 interlacing: first column and row, steps of columns and rows.
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_BLOCK_BYTES = 2**20


def with_jpeg_end(data: bytes) -> bytes:
    """Return a JPEG file that lacks nothing but its last two bytes with these bytes; other files as they are.

    Such files are common among downloads, and every pixel of them is there.

    Args:
        data: The bytes of any file.
    """
    if not data.startswith(_JPEG_START) or data.endswith(_JPEG_END) or _jpeg_pixels(data) is not None:
        return data
    body = data.removesuffix(b"\xff")
    whole, more = (_jpeg_pixels(body + tail + _JPEG_END) for tail in (b"", _MORE_DATA))
    complete = whole is not None and more is not None and np.array_equal(whole, more)
    return body + _JPEG_END if complete else data


def check_png_rows(data: bytes) -> None:
    """Check that a PNG file has the data of all its rows; Pillow leaves missing rows black.

    Args:
        data: The bytes of any file; others than PNG pass.

    Raises:
        UnusableFile: Rows are missing.
    """
    if not data.startswith(_PNG_START):
        return
    expected = _png_bytes(data)
    found, decoder = 0, zlib.decompressobj()
    for chunk in _image_chunks(data):
        while chunk and found < expected:
            found += len(decoder.decompress(chunk, _BLOCK_BYTES))
            chunk = decoder.unconsumed_tail
    found += len(decoder.flush()) if found < expected else 0
    if found < expected:
        raise UnusableFile(f"cannot be decoded: only {100 * found // expected} % of its pixels are there")


def _jpeg_pixels(data: bytes) -> np.ndarray | None:
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            check_picture_size(*image.size)
            return np.asarray(image)
    except UnusableFile:
        raise
    except Exception:  # a damaged file makes Pillow's decoder raise nearly anything
        return None


def _png_bytes(data: bytes) -> int:
    """Return the bytes of all rows, each with the byte of its filter."""
    width, height, depth, color, _, _, interlaced = struct.unpack(">2L5B", data[16:29])
    bits = depth * _CHANNELS.get(color, 1)
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    sizes = [(-((left - width) // across), -((top - height) // down)) for left, top, across, down in passes]
    return sum(rows * (1 + (columns * bits + 7) // 8) for columns, rows in sizes if columns > 0 and rows > 0)


def _image_chunks(data: bytes) -> Iterator[bytes]:
    place = len(_PNG_START)
    while place + 8 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        if data[place + 4 : place + 8] == b"IDAT":
            yield data[place + 8 : place + 8 + length]
        elif data[place + 4 : place + 8] == b"fdAT":
            return
        place += 12 + length
