import io

import pytest
from PIL import Image

from mangagan.images.decode import FORMATS
from mangagan.images.file_kinds import HEAD_BYTES, archive_format, picture_format


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "MPO"])
def test_every_format_that_is_read_is_recognised(kind):
    Image.init()
    if kind not in Image.SAVE:
        pytest.skip(f"this Pillow writes no {kind}")
    buffer = io.BytesIO()
    Image.new("RGB", (20, 20)).save(buffer, kind)
    assert picture_format(buffer.getvalue()[:HEAD_BYTES]) == kind and archive_format(buffer.getvalue()) is None


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\x0a\xfa\x7f", "JPEG XL"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "PostScript"),
        (b"8BPS\0\1", "PSD"),
        (b"BMW is a car", None),
        (b"", None),
        (b"<?xml version='1.0'?><ComicInfo/>", None),
    ],
)
def test_other_formats_by_their_first_bytes(head, kind):
    assert picture_format(head) == kind


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"PK\x03\x04", "ZIP"),
        (b"Rar!\x1a\x07\x01\0", "RAR"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
        (b"a.png" + bytes(252) + b"ustar\x0000", "tar"),
        (b"junk\n%PDF-1.7", "PDF"),
        (b"PK is a name", None),
    ],
)
def test_archives_by_their_first_bytes(head, kind):
    assert archive_format(head) == kind
