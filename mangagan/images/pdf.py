"""PDF files as volumes: every page is rendered at the resolution of the largest image on it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from mangagan.images.encode import encode
from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits, check_page_size
from mangagan.images.volume import Member, Volume

_POINTS_PER_INCH = 72
# For pages without an image that covers half of them.
_DEFAULT_DPI = 200
# PDFium allows one thread at a time in the whole process.
_pdfium = threading.Lock()


@contextmanager
def pdf_volume(file: Path, limits: Limits) -> Iterator[Volume]:
    """Open a PDF as a volume of PNG files, named by the numbers of their pages.

    Raises:
        UnusableFile: The file cannot be read or has more pages than `limits` allow, or pypdfium2 is not installed.
    """
    try:
        import pypdfium2
    except ImportError as error:
        raise UnusableFile("reading PDF needs pypdfium2: pip install 'mangagan[pdf]'") from error
    with _pdfium:
        try:
            document = pypdfium2.PdfDocument(file)
            count = len(document)
        except Exception as error:  # PdfiumError, OSError; encrypted files say so
            raise UnusableFile(f"is not a readable PDF file: {error}") from error
    try:
        if count > limits.members:
            raise UnusableFile(f"has {count} pages, more than the limit of {limits.members}")
        digits = max(3, len(str(count)))
        names = [f"{number + 1:0{digits}}.png" for number in range(count)]
        yield Volume(tuple(Member(name, partial(_render, document, n, limits), True) for n, name in enumerate(names)))
    finally:
        with _pdfium:
            document.close()


def _render(document: Any, number: int, limits: Limits) -> bytes:
    try:
        with _pdfium:
            page = document[number]
            try:
                dots = _resolution(page)
                width, height = (round(side * dots / _POINTS_PER_INCH) for side in page.get_size())
                check_page_size(width, height, limits)
                bitmap = page.render(scale=dots / _POINTS_PER_INCH)
                picture = bitmap.to_pil().convert("RGB")
                bitmap.close()
            finally:
                # The garbage collector would close it from any thread, without the lock.
                page.close()
    except UnusableFile:
        raise
    except Exception as error:
        raise UnusableFile(f"cannot be rendered: {error}") from error
    return encode(picture, "PNG", dpi=(dots, dots), compress_level=4)


def _resolution(page: Any) -> float:
    """Return the dots per inch of the largest image that covers half of the page, else the default."""
    import pypdfium2.raw

    width, height = page.get_size()
    covered, dots = width * height / 2, float(_DEFAULT_DPI)
    for picture in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]):
        left, bottom, right, top = picture.get_bounds()
        across, down = right - left, top - bottom
        if across * down > covered:
            covered, dots = across * down, max(picture.get_px_size()) / max(across, down) * _POINTS_PER_INCH
    return dots
