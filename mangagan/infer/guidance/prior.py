"""The mean palette of comic pages, for pages whose colours nobody knows."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from mangagan.infer.guidance.palette_file import parse_palette
from mangagan.palette import Palette, gray_palette


@cache
def prior() -> tuple[Palette, Palette]:
    """Return the mean palette of the training pages of `colorizer_base`, and the same palette in grey.

    The first counts as one page of a volume, so that one cover changes the colours less than many pages do. If nothing
    is in colour, half of the chroma is the best guess. `mangagan prepare --palette` wrote prior.json.
    """
    palette = parse_palette((files("mangagan.infer.guidance") / "prior.json").read_text("utf-8"))
    return palette, gray_palette(palette)
