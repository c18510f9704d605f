"""The process that parses and draws a PDF: it may hang or grow, and is then killed without harm to the parent.

It reads requests from its standard input and answers on its standard output. A request is a line of JSON: the number of
a page, and the most pixels of its picture. An answer is a byte, "+" for data or "-" for an error, the length of what
follows in 8 bytes, and that. The first answer, without a request, is the number of pages. A page that is drawn has two
answers: a remark on it, empty for most pages, and its picture.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import IO, Any

from mangagan.images.child_limits import limit_memory, limit_seconds
from mangagan.images.encode import encode
from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits, check_page_size, check_picture_size
from mangagan.images.pdf_resolution import page_resolution

_POINTS_PER_INCH = 72


def main() -> None:
    """Serve one document: the arguments are its path, and the seconds and bytes that the process may use."""
    path, seconds, memory = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    out = sys.stdout.buffer
    limit_memory(memory)
    for answer in _answers(path, seconds):
        _write(out, answer)


def _answers(path: str, seconds: int) -> Iterator[bytes | UnusableFile]:
    """Yield the number of pages, then a remark and the picture of each page that is requested."""
    limit_seconds(seconds)
    try:
        import pypdfium2
    except (ImportError, OSError) as error:  # it is installed, but its library does not fit this machine
        yield UnusableFile(f"reading PDF needs pypdfium2, which cannot be loaded: {error}")
        return
    try:
        document = pypdfium2.PdfDocument(path)
        yield str(len(document)).encode()
    except Exception as error:  # PdfiumError, OSError
        yield UnusableFile(_why_unreadable(error))
        return
    for line in sys.stdin.buffer:
        limit_seconds(seconds)
        number, pixels = json.loads(line)
        try:
            yield from _draw(document, number, pixels)
        except UnusableFile as reason:
            yield reason
        except MemoryError:
            yield UnusableFile("takes too much memory to draw")
        except Exception as error:
            yield UnusableFile(f"cannot be rendered: {error}")


def _why_unreadable(error: Exception) -> str:
    import pypdfium2.raw

    if getattr(error, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD:
        return "is an encrypted PDF file: save it without its password"
    return f"is not a readable PDF file: {error}"


def _draw(document: Any, number: int, pixels: int) -> tuple[bytes, bytes]:
    """Return a remark and a page as PNG at the resolution of its pictures, or at the largest that its pixels allow."""
    page = document[number]
    try:
        resolution = page_resolution(page, pixels)
        dots, size = resolution.dots, page.get_size()
        width, height = (round(side * dots / _POINTS_PER_INCH) for side in size)
        check_picture_size(width, height, min_side=1)
        # The resolution is at least 1 dot per inch: a box of 200 metres still has too many pixels.
        check_page_size(width, height, Limits(pixels=pixels))
        picture = page.render(scale=dots / _POINTS_PER_INCH).to_pil().convert("RGB")
    finally:
        page.close()
    remark = _remark(picture.size, resolution.pictures_size(size))
    return remark.encode(), encode(picture, "PNG", dpi=(dots, dots), compress_level=4)


def _remark(drawn: tuple[int, int], pictures: tuple[int, int]) -> str:
    """Return what is said of a page that is drawn smaller than its pictures, else ""."""
    if drawn[0] >= pictures[0] and drawn[1] >= pictures[1]:
        return ""
    return f"drawn at {drawn[0]} x {drawn[1]}: its pictures have {pictures[0]} x {pictures[1]}"


def _write(out: IO[bytes], answer: bytes | UnusableFile) -> None:
    data = str(answer).encode() if isinstance(answer, UnusableFile) else answer
    out.write(b"-" if isinstance(answer, UnusableFile) else b"+")
    out.write(len(data).to_bytes(8, "big"))
    out.write(data)
    out.flush()


if __name__ == "__main__":
    main()
