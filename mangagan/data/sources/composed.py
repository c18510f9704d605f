"""Sources of pages that are composed from openly licensed art, with nothing to download."""

from __future__ import annotations

import re
from functools import partial
from importlib.metadata import version

from PIL import Image

from mangagan.data.sources.entries import Entry, PageImages, PageLabel, Source
from mangagan.images.encode import encode_png
from mangagan.images.names import shown

COMICS_PAGES = 2000
UNSEEN_PAGES = 60
DRAWINGS = 400
# Of one source: at 0.7 s and 0.4 MB a page, a day of one CPU and 40 GB.
MAX_PAGES = 100_000
# With one seed for all, page n of each source would have the same words and figures in the same places.
COMICS_SEED, UNSEEN_SEED, DRAWINGS_SEED = 0, 1, 2


def comics(argument: str) -> Source:
    """Return pages composed from openly licensed art, in ink and screentone and in colour, as a source.

    Args:
        argument: The number of pages; "" for the default.

    Raises:
        ValueError: The argument is not a number of pages.
    """
    return _composed("comics", ("compose", "WORKS", COMICS_SEED), argument or str(COMICS_PAGES))


def unseen(argument: str) -> Source:
    """Return pages of twelve works of which `comics` has no page as a source; all of them are held out.

    Casts, things, animals, screens, slants, gutters, borders and bleeds are their own. Rows of panels, places and
    drawing styles are those of `comics`.

    Args:
        argument: The number of pages; "" for the default.

    Raises:
        ValueError: The argument is not a number of pages.
    """
    return _composed("unseen", ("compose", "UNSEEN", UNSEEN_SEED), argument or str(UNSEEN_PAGES))


def drawings(argument: str) -> Source:
    """Return single large things, animals and people of the works of `comics` as a source.

    Args:
        argument: Their number; "" for the default.

    Raises:
        ValueError: The argument is not a number.
    """
    return _composed("drawings", ("draw", "WORKS", DRAWINGS_SEED), argument or str(DRAWINGS))


def _composed(kind: str, recipe: tuple[str, str, int], argument: str) -> Source:
    pages = _count(kind, argument)
    from mangagan.data import comics as art

    packages = sorted({package for *_, package in art.LICENCES})
    versions = " ".join(f"{package}={version(package)}" for package in packages)
    licences = [f"{title}: {licence}, {author} (package {package})" for title, licence, author, package in art.LICENCES]

    def entries() -> list[Entry]:
        return [Entry(PageLabel(f"{number:05}", ""), partial(_compose, *recipe, number)) for number in range(pages)]

    return Source(f"{pages}", f"{pages} {recipe[-1]} {art.PAGES_VERSION} {versions}", tuple(licences), entries)


def _count(kind: str, argument: str) -> int:
    if not re.fullmatch("[1-9][0-9]*", argument):
        raise ValueError(f'"{shown(argument)}" in {kind}:{shown(argument)} must be a number of pages, as in {kind}:240')
    # The length first: int() refuses thousands of digits.
    if len(argument) > len(str(MAX_PAGES)) or int(argument) > MAX_PAGES:
        raise ValueError(f"{kind}:{shown(argument)} asks for too many pages: the most are {MAX_PAGES}")
    return int(argument)


def _compose(function: str, works: str, seed: int, number: int) -> PageImages:
    from mangagan.data import comics as art

    page = getattr(art, function)(getattr(art, works), seed, number)
    color, bw = (encode_png(Image.fromarray(pixels)) for pixels in (page.color, page.bw))
    height, width = page.bw.shape
    return PageImages((height, width), color, bw, PageLabel(page.name, page.work, page.split))
