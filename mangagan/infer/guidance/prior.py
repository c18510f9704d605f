"""What colours pages have of which nobody knows the colours."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from mangagan.infer.guidance.palette_file import parse_palette
from mangagan.palette import Palette, gray_palette


@cache
def prior() -> tuple[Palette, Palette]:
    """The mean palette of the pages that `colorizer_base` learns from, and the same in grey.

    The first counts as a page of a volume: one cover moves the colours less than many pages do. Where nothing is in
    colour half of the chroma is the best guess. `mangagan prepare --palette` has written prior.json.
    """
    palette = parse_palette((files("mangagan.infer.guidance") / "prior.json").read_text("utf-8"))
    return palette, gray_palette(palette)
