"""The built-in data set: comic pages composed from openly licensed art, in color and in ink and tone."""

from mangagan.data.comics.art import LICENCES
from mangagan.data.comics.comic_page import PAGE_SIZE, Page, compose
from mangagan.data.comics.drawings import draw
from mangagan.data.comics.unseen import UNSEEN
from mangagan.data.comics.work import Work
from mangagan.data.comics.works import WORKS

__all__ = ["LICENCES", "PAGE_SIZE", "UNSEEN", "WORKS", "Page", "Work", "compose", "draw"]
