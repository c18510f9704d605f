import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from mangagan.images.decode import decode_srgb, decode_stored
from mangagan.images.errors import UnusableFile

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8))


def jpeg(**options):
    buffer = io.BytesIO()
    NOISE.save(buffer, "JPEG", **options)
    return buffer.getvalue()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_a_jpeg_without_its_last_bytes_is_whole(options):
    data = jpeg(**options)
    whole = np.asarray(decode_srgb(data))
    for cut in (1, 2):
        np.testing.assert_array_equal(np.asarray(decode_srgb(data[:-cut])), whole)
    for cut in (3, 40, len(data) // 2):
        with pytest.raises(UnusableFile, match="cannot be decoded"):
            decode_srgb(data[:-cut])


def test_bytes_behind_a_jpeg_do_no_harm():
    np.testing.assert_array_equal(np.asarray(decode_srgb(jpeg() + b"junk")), np.asarray(decode_srgb(jpeg())))


def png(width, height, rows, depth=8, color=0, interlaced=0, bits=8):
    """A PNG file that has the data of some rows only."""

    def chunk(kind, data):
        return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))

    header = struct.pack(">2L5B", width, height, depth, color, 0, 0, interlaced)
    data = zlib.compress(bytes(1 + (width * bits + 7) // 8) * rows)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("depth", "color", "bits"), [(8, 0, 8), (1, 0, 1), (8, 2, 24), (8, 6, 32), (16, 0, 16)])
def test_a_png_that_lacks_rows_is_refused(depth, color, bits):
    assert decode_srgb(png(37, 300, 300, depth, color, bits=bits)).size == (37, 300)
    for rows in (1, 299):
        with pytest.raises(UnusableFile, match=f"only {rows // 3} % of its pixels are there"):
            decode_srgb(png(37, 300, rows, depth, color, bits=bits))
    if depth == 8:
        with pytest.raises(UnusableFile, match="of its pixels are there"):
            decode_stored(png(37, 300, 1, depth, color, bits=bits))


@pytest.mark.parametrize("size", [(40, 32), (17, 33), (16, 16)])
def test_interlaced_files_are_counted_by_their_passes(size):
    image = NOISE.resize(size)
    # Pillow writes no interlaced file: the passes are put together here.
    pixels, raw = np.asarray(image), b""
    for left, top, across, down in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
                                    (1, 0, 2, 2), (0, 1, 1, 2)):  # fmt: skip
        part = pixels[top::down, left::across]
        raw += b"".join(b"\0" + row.tobytes() for row in part) if part.size else b""
    whole = png(*size, 1, color=2, interlaced=1)
    for data, complete in ((raw, True), (raw[:-1], False)):
        packed = zlib.compress(data)
        start = whole.index(b"IDAT") - 4
        body = struct.pack(">L", len(packed)) + b"IDAT" + packed + struct.pack(">L", zlib.crc32(b"IDAT" + packed))
        file = whole[:start] + body + whole[whole.index(b"IEND") - 4 :]
        if complete:
            np.testing.assert_array_equal(np.asarray(decode_srgb(file)), pixels)
        else:
            with pytest.raises(UnusableFile):
                decode_srgb(file)
