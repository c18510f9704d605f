"""The built-in data set: comic pages composed from openly licensed art, in color and in ink and tone."""

from mangagan.data.comics.art import LICENCES
from mangagan.data.comics.page import PAGE_SIZE, Page, compose
from mangagan.data.comics.works import WORKS, Work, split_of

__all__ = ["LICENCES", "PAGE_SIZE", "WORKS", "Page", "Work", "compose", "split_of"]
