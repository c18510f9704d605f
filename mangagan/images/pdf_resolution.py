"""The resolution at which a page of a PDF is drawn: that of the pictures on it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from ctypes import byref, c_float, c_uint
from typing import Any, NamedTuple

_POINTS_PER_INCH = 72
# For pages whose pictures do not cover half of them.
_DEFAULT_DPI = 200
# Logos have a share below this, however fine they are.
_LEAST_SHARE = 0.02
_FILLS_PAGE = 0.99
# Form XObjects may lie in each other, and may be many: a few bytes can stand for billions.
_MOST_FORMS_DEEP, _MOST_OBJECTS = 8, 20_000
# A transformation as PDF writes it: x' = a x + c y + e, y' = b x + d y + f.
Matrix = tuple[float, float, float, float, float, float]


class Resolution(NamedTuple):
    """Resolutions of a page, in dots per inch."""

    dots: float  # at which it is drawn
    pictures: float  # of its pictures; 0 where they do not cover half of it

    def pictures_size(self, page_size: tuple[float, float]) -> tuple[int, int]:
        """Return width and height in pixels that a page, given in points, has at the resolution of its pictures."""
        width, height = (round(side * self.pictures / _POINTS_PER_INCH) for side in page_size)
        return width, height


class _Placed(NamedTuple):
    """A picture on a page: its dots per inch, and its area in square points."""

    dots: float
    area: float


def page_resolution(page: Any, pixels: int) -> Resolution:
    """Return the resolution at which a page is drawn, and that of its pictures.

    It is the highest resolution among the pictures that together cover half of the page, as a whole, in strips or in
    layers, or 200 without such pictures; and at most that of a picture of `pixels` pixels, because a page of a PDF has
    no size of its own.

    Args:
        page: A page of pypdfium2.
        pixels: The most pixels of its picture.
    """
    width, height = page.get_size()
    shares: dict[int, float] = {}
    finest: dict[int, float] = {}
    for placed in _pictures(page, max(width, height)):
        # Strips of one scan differ by rounding.
        shares[round(placed.dots)] = shares.get(round(placed.dots), 0.0) + placed.area / (width * height)
        finest.setdefault(round(placed.dots), placed.dots)
    counted = {dots: share for dots, share in shares.items() if share >= _LEAST_SHARE}
    pictures = finest[max(counted)] if sum(counted.values()) > 0.5 else 0.0
    dots = min(pictures or float(_DEFAULT_DPI), _largest(width, height, pixels))
    return Resolution(_without_rest(dots, (width, height)), pictures)


def _largest(width: float, height: float, pixels: int) -> float:
    """Return the dots per inch that give a page [points] no more than so many pixels, with both sides rounded up."""
    # The solution of (width s + 1) (height s + 1) = pixels.
    area, both = width * height, width + height
    scale = (math.sqrt(both**2 + 4 * area * max(pixels - 1, 0)) - both) / (2 * area)
    return max(_POINTS_PER_INCH * scale, 1.0)


def _without_rest(dots: float, sides: tuple[float, float]) -> float:
    """Return dots per inch that give no pixel more for the error of a rounding; PDFium rounds sides up."""
    pixels = [side * dots / _POINTS_PER_INCH for side in sides]
    return dots * (1 - 1e-6) if any(0 < side - round(side) < 1e-3 for side in pixels) else dots


def _pictures(page: Any, page_side: float) -> Iterator[_Placed]:
    """Yield the pictures on a page, whose longer side is given in points."""
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFPage_CountObjects(page)
    left = [_MOST_OBJECTS]
    for number in range(min(count, _MOST_OBJECTS)):
        for matrix, across, down in _placed(pdfium.FPDFPage_GetObject(page, number), (1, 0, 0, 1, 0, 0), 0, left):
            yield from _at(matrix, max(across, down), page_side)


def _placed(item: Any, outer: Matrix, depth: int, left: list[int]) -> Iterator[tuple[Matrix, int, int]]:
    """Yield the pictures in an object of a page; `left` counts the objects that may still be looked at."""
    import pypdfium2.raw as pdfium

    left[0] -= 1
    if left[0] < 0:
        return
    kind = pdfium.FPDFPageObj_GetType(item)
    if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
        across, down = c_uint(), c_uint()
        if pdfium.FPDFImageObj_GetImagePixelSize(item, byref(across), byref(down)):
            yield _joined(_matrix(item), outer), across.value, down.value
    elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _MOST_FORMS_DEEP:
        inner = _joined(_matrix(item), outer)
        for number in range(min(pdfium.FPDFFormObj_CountObjects(item), _MOST_OBJECTS)):
            if left[0] > 0:
                yield from _placed(pdfium.FPDFFormObj_GetObject(item, number), inner, depth + 1, left)


def _at(matrix: Matrix, pixels: int, page_side: float) -> Iterator[_Placed]:
    """Yield a picture, whose longer side has some pixels, where a matrix places it."""
    a, b, c, d, _, _ = matrix
    longest, area = max(math.hypot(a, b), math.hypot(c, d)), abs(a * d - b * c)
    if not math.isfinite(longest) or longest <= 0:
        return
    # A picture that fills the page but for a hair is the page: it keeps its pixels.
    if _FILLS_PAGE * page_side < longest < page_side * (1 - 1e-6):
        longest = page_side
    yield _Placed(pixels / longest * _POINTS_PER_INCH, area)


def _matrix(item: Any) -> Matrix:
    import pypdfium2.raw as pdfium

    found = pdfium.FS_MATRIX(*map(c_float, (1, 0, 0, 1, 0, 0)))
    pdfium.FPDFPageObj_GetMatrix(item, byref(found))
    return found.a, found.b, found.c, found.d, found.e, found.f


def _joined(inner: Matrix, outer: Matrix) -> Matrix:
    """Return the transformation that applies `inner` first, then `outer`."""
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)
