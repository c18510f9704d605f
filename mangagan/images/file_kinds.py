"""Tell what a file is from its first bytes: a suffix proves nothing."""

from __future__ import annotations

# The first bytes that are enough to recognise every format below.
HEAD_BYTES = 1024
_RIFF_FORMATS = {b"WEBP": "WEBP"}
# Brands of the ISO base media format (ISO/IEC 14496-12) of still pictures.
_BRANDS = {
    b"avif": "AVIF",
    b"avis": "AVIF",
    b"heic": "HEIC",
    b"heix": "HEIC",
    b"hevc": "HEIC",
    b"mif1": "HEIC",
    b"msf1": "HEIC",
}
_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"BM", "BMP"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"8BPS", "PSD"),
    (b"%!PS", "PostScript"),
    (b"gimp xcf", "XCF"),
    (b"\x8aMNG\r\n\x1a\n", "MNG"),
    (b"qoif", "QOI"),
)
_ARCHIVES = (
    (b"PK\x03\x04", "ZIP"),
    (b"PK\x05\x06", "ZIP"),
    (b"PK\x07\x08", "ZIP"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
)
_TAR_MARK, _TAR_OFFSET = b"ustar", 257
_BMP_HEADER_SIZES = (12, 40, 52, 56, 64, 108, 124)


def picture_format(head: bytes) -> str | None:
    """Return the format of a picture, "PNG" or "JPEG XL" for instance, or None for what is no known picture.

    >>> picture_format(b"\\xff\\xd8\\xff\\xe0"), picture_format(b"Notes")
    ('JPEG', None)

    Args:
        head: The first `HEAD_BYTES` bytes of a file, or fewer.
    """
    if head[:4] == b"RIFF":
        return _RIFF_FORMATS.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    found = next((kind for mark, kind in _PICTURES if head.startswith(mark)), None)
    # Two letters prove little: a text may begin with BM.
    if found == "BMP" and int.from_bytes(head[14:18], "little") not in _BMP_HEADER_SIZES:
        return None
    return found or ("SVG" if _is_svg(head) else None)


def archive_format(head: bytes) -> str | None:
    """Return "ZIP", "RAR", "7-Zip", "tar" or "PDF", or None for another file.

    Args:
        head: The first `HEAD_BYTES` bytes of a file.
    """
    found = next((kind for mark, kind in _ARCHIVES if head.startswith(mark)), None)
    if not found and head[_TAR_OFFSET : _TAR_OFFSET + len(_TAR_MARK)] == _TAR_MARK:
        return "tar"
    # Readers of PDF accept its mark anywhere in the first bytes.
    return found or ("PDF" if b"%PDF-" in head else None)


def _is_svg(head: bytes) -> bool:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return text.startswith(b"<svg") or (text.startswith(b"<?xml") and b"<svg" in text)
