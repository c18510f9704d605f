"""PDF files as volumes: every page drawn at the resolution of the largest picture on it."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from mangagan.images.decode import Unusable
from mangagan.images.limits import Limits, check_page_size
from mangagan.images.open_volume import Member, Volume

_POINTS_PER_INCH = 72
# For pages without a picture that covers half of them.
_DPI = 200
# PDFium can be entered by one thread at a time, in the whole process.
_pdfium = threading.Lock()


@contextmanager
def pdf_volume(file: Path, limits: Limits) -> Iterator[Volume]:
    """The pages as PNG files that are named by their numbers. Raises Unusable where they cannot be read."""
    try:
        import pypdfium2
    except ImportError as error:
        raise Unusable("reading PDF needs pypdfium2: pip install 'mangagan[pdf]'") from error
    with _pdfium:
        try:
            document = pypdfium2.PdfDocument(file)
            count = len(document)
        except Exception as error:  # PdfiumError, OSError; encrypted files say so
            raise Unusable(f"is no readable PDF file: {error}") from error
    try:
        if count > limits.members:
            raise Unusable(f"has {count} pages, more than the limit of {limits.members}")
        digits = max(3, len(str(count)))
        names = [f"{number + 1:0{digits}}.png" for number in range(count)]
        yield Volume(tuple(Member(name, partial(_draw, document, n, limits), True) for n, name in enumerate(names)))
    finally:
        with _pdfium:
            document.close()


def _draw(document: Any, number: int, limits: Limits) -> bytes:
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
                # Left to the garbage collector, it would enter PDFium from any thread.
                page.close()
    except Unusable:
        raise
    except Exception as error:
        raise Unusable(f"cannot be drawn: {error}") from error
    file = io.BytesIO()
    picture.save(file, "PNG", dpi=(dots, dots), compress_level=4)
    return file.getvalue()


def _resolution(page: Any) -> float:
    """Dots per inch of the picture that covers the page, else of the default."""
    import pypdfium2.raw

    width, height = page.get_size()
    covered, dots = width * height / 2, float(_DPI)
    for picture in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]):
        left, bottom, right, top = picture.get_bounds()
        across, down = right - left, top - bottom
        if across * down > covered:
            covered, dots = across * down, max(picture.get_px_size()) / max(across, down) * _POINTS_PER_INCH
    return dots
