"""The built-in data set: comic pages composed from openly licensed art, in colour and in ink and screentone.

The constants of the modules in this folder define the data set: they are part of the code, not of a configuration, so
that `comics:2000` means the same pages everywhere.
"""

from mangagan.data.comics.art import LICENCES
from mangagan.data.comics.comic_page import PAGE_SIZE, ComicPage, compose
from mangagan.data.comics.drawings import draw
from mangagan.data.comics.unseen import UNSEEN
from mangagan.data.comics.work import Work
from mangagan.data.comics.works import WORKS

# Part of the key under which archives of these pages are cached. Change it (to any other text) together with the
# digests in tests/data/test_comics.py whenever a composed page changes, so that the archives are built again; and only
# then.
PAGES_VERSION = "7513bac1e6622d43cdb56ed92eb4c8a6d2f7d5b00a4aa7861626e83324605c8c"

__all__ = ["LICENCES", "PAGES_VERSION", "PAGE_SIZE", "UNSEEN", "WORKS", "ComicPage", "Work", "compose", "draw"]
