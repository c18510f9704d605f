"""Contact sheets of an archive: thumbnails of pages in colour and in black and white, and samples of drawn inputs."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps

from mangagan.color import to_bytes
from mangagan.data.archive.archive import Archive, Record
from mangagan.data.archive.record_picture import record_picture
from mangagan.data.drawing import Drawing, DrawingStyle, draw_page
from mangagan.data.sources.entries import Split
from mangagan.data.stream.redraw import page_rng
from mangagan.data.stream.transforms import Crop

_CELL, _GAP, _GROUND = (180, 252), 6, (90, 90, 90)


def contact_sheet(archive: Archive, *, columns: int = 8) -> Image.Image:
    """Show up to `columns` pages of each split, evenly spaced: a row of pairs for "train", one for "validation"."""
    splits: tuple[Split, ...] = ("train", "validation")
    rows = [_evenly_spaced(archive, split, columns) for split in splits]
    cells = [[_pair(record) for record in records] for records in rows if records]
    width, height = _CELL[0] + _GAP, 2 * _CELL[1] + 2 * _GAP
    sheet = Image.new("RGB", (width * max(map(len, cells)) + _GAP, height * len(cells) + _GAP), _GROUND)
    for row, pairs in enumerate(cells):
        for column, pair in enumerate(pairs):
            sheet.paste(pair, (column * width + _GAP, row * height + _GAP))
    return sheet


def drawn_sheet(archive: Archive, *, columns: int = 7, side: int = 256, window: int = 512) -> Image.Image:
    """Show centre crops of up to `columns` coloured training pages, each above drawings of it.

    The rows are two toned pages, line art, and a wash, drawn with the default strengths of `mangagan.data.drawing`; the
    black-and-white form of a page is not used. Equal archives give equal sheets.

    Args:
        archive: its pages.
        columns: the largest number of pages.
        side: of each picture, in pixels.
        window: side of the crop in page pixels.

    Raises:
        ValueError: where no training page is in colour.
    """
    styles: tuple[DrawingStyle, ...] = ("toned", "toned", "lines", "wash")
    records = [record for record in _evenly_spaced(archive, "train", columns) if record.color]
    if not records:
        raise ValueError("no training page is in colour: there is nothing to draw; choose a source with coloured pages")
    sheet = Image.new("RGB", ((side + _GAP) * len(records) + _GAP, (side + _GAP) * 5 + _GAP), _GROUND)
    for column, record in enumerate(records):
        rng, view = page_rng(record.name), _middle(record_picture(record.name, record.color), 2 * side, window)
        drawn = [draw_page(view, (side, side), style, Drawing(), rng) for style in styles]
        cells = [view.resize((side, side)), *(Image.fromarray(to_bytes(page)[..., 0]) for page in drawn)]
        for row, cell in enumerate(cells):
            sheet.paste(cell, (column * (side + _GAP) + _GAP, row * (side + _GAP) + _GAP))
    return sheet


def _middle(picture: Image.Image, side: int, window: int) -> Image.Image:
    return Crop(side, window).crop_at({"target": picture}, side=1.0, across=0.5, down=0.5)["target"]


def _evenly_spaced(archive: Archive, split: Split, count: int) -> list[Record]:
    records = archive.split(split)
    if not len(records):
        return []
    # `unique`, because a split may have fewer pages than columns.
    return [records[number] for number in np.unique(np.linspace(0, len(records) - 1, count).round().astype(int))]


def _pair(record: Record) -> Image.Image:
    color = record_picture(record.name, record.color) if record.color else None
    below = (
        record_picture(record.name, record.bw) if record.bw else record_picture(record.name, record.color).convert("L")
    )
    pair = Image.new("RGB", (_CELL[0], 2 * _CELL[1] + _GAP), _GROUND)
    for number, picture in enumerate((color, below)):
        if picture is not None:
            small = ImageOps.pad(picture.convert("RGB"), _CELL, Image.Resampling.LANCZOS, _GROUND)
            pair.paste(small, (0, number * (_CELL[1] + _GAP)))
    return pair
