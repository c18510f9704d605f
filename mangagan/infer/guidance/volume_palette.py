"""The palette that a volume tells of itself: that of its cover and of its pages in colour."""

from __future__ import annotations

from PIL import Image

from mangagan.data.sources.entries import natural
from mangagan.images.decode import Unusable
from mangagan.images.encode import Quality
from mangagan.images.limits import Limits
from mangagan.images.open_volume import Member, Volume
from mangagan.images.page_file import read_page
from mangagan.infer.guidance.prior import prior
from mangagan.infer.page.color_kind import page_kind
from mangagan.infer.volume.outputs import COLORED
from mangagan.palette import Palette, merged, palette_of

# So many pages are looked at, of which so many are the first: there the cover is, and what a magazine prints in colour.
_LOOKED_AT, _FIRST = 12, 6


def own_palette(volume: Volume) -> Palette:
    """The palette of all that is in colour among a few pages of an open volume, the same ones every time.

    They are pages called covers, the first ones, and some from all over the volume; one is in memory at a time. The
    prior's palette counts as a page, too, all the more the fewer are in colour; where none is, it is all, half of it in
    grey. Pages that cannot be read count for nothing.
    """
    colored = []
    for member in _few(volume):
        try:
            pixels, _ = read_page(member.load(), Limits(), Quality())
        except (Unusable, OSError):  # what is wrong with a page is told when it is its turn
            continue
        if page_kind(pixels) == "color":
            colored.append(palette_of(Image.fromarray(pixels)))
    known, gray = prior()
    return merged([*colored, known] if colored else [known, gray])


def _few(volume: Volume) -> list[Member]:
    pages = {member.name: member for member in volume.members if member.is_page}
    # What an earlier run has made of a page beside it says nothing that the page itself does not.
    stems = {name.rpartition(".")[0] for name in pages}
    names = sorted((name for name in pages if not _is_made_of(name.rpartition(".")[0], stems)), key=natural)
    covers = [name for name in names if "cover" in name.rpartition("/")[2].lower()]
    step = max(1, -(-len(names) // (_LOOKED_AT - _FIRST)))
    chosen = list(dict.fromkeys([*covers[:2], *names[:_FIRST], *names[_FIRST::step], *names]))[:_LOOKED_AT]
    return [pages[name] for name in chosen]


def _is_made_of(stem: str, stems: set[str]) -> bool:
    return stem.endswith(COLORED) and stem.removesuffix(COLORED) in stems
