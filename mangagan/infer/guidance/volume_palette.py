"""The palette of a volume: that of its cover and of its other pages in colour."""

from __future__ import annotations

from PIL import Image

from mangagan.images.encode import Quality
from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits
from mangagan.images.names import natural_key
from mangagan.images.page_file import read_page
from mangagan.images.volume import Member, Volume
from mangagan.infer.guidance.prior import prior
from mangagan.infer.page.color_kind import page_kind
from mangagan.infer.volume.outputs import COLORED
from mangagan.palette import Palette, merge_palettes, palette_of

# So many pages are examined, the first ones among them: there is the cover, and what a magazine prints in colour.
_EXAMINED, _FIRST = 12, 6


def volume_palette(volume: Volume) -> Palette:
    """Return the palette of what is in colour among a few pages of an open volume, the same ones every time.

    These are pages called covers, the first ones, and some from all over the volume; one is in memory at a time. The
    mean palette of the training pages counts as one page more; where nothing is in colour it is mixed half and half
    with grey. Pages that cannot be read are skipped.
    """
    colored = []
    for member in _examined(volume):
        try:
            pixels, _ = read_page(member.load(), Limits(), Quality())
        except (UnusableFile, OSError):  # reported when the page itself is processed
            continue
        if page_kind(pixels) == "color":
            colored.append(palette_of(Image.fromarray(pixels)))
    known, gray = prior()
    return merge_palettes([*colored, known] if colored else [known, gray])


def _examined(volume: Volume) -> list[Member]:
    pages = {member.name: member for member in volume.members if member.is_page}
    # The result of an earlier run beside its page tells nothing that the page itself does not.
    stems = {name.rpartition(".")[0] for name in pages}
    names = sorted((name for name in pages if not _is_result(name.rpartition(".")[0], stems)), key=natural_key)
    covers = [name for name in names if "cover" in name.rpartition("/")[2].lower()]
    step = max(1, -(-len(names) // (_EXAMINED - _FIRST)))
    chosen = list(dict.fromkeys([*covers[:2], *names[:_FIRST], *names[_FIRST::step], *names]))[:_EXAMINED]
    return [pages[name] for name in chosen]


def _is_result(stem: str, stems: set[str]) -> bool:
    return stem.endswith(COLORED) and stem.removesuffix(COLORED) in stems
