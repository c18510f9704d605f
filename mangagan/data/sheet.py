"""A contact sheet: small pictures of an archive's pages, colour above, black and white or grey below."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageOps

from mangagan.data.archive import Archive, Record
from mangagan.data.entries import Split

_CELL, _GAP, _GROUND = (180, 252), 6, (90, 90, 90)


def contact_sheet(archive: Archive, *, columns: int = 8) -> Image.Image:
    """Up to `columns` pages of each split, spread evenly over it: a row of pairs for "train", one for "validation"."""
    splits: tuple[Split, ...] = ("train", "validation")
    rows = [_chosen(archive, split, columns) for split in splits]
    cells = [[_pair(record) for record in records] for records in rows if records]
    width, height = _CELL[0] + _GAP, 2 * _CELL[1] + 2 * _GAP
    sheet = Image.new("RGB", (width * max(map(len, cells)) + _GAP, height * len(cells) + _GAP), _GROUND)
    for row, pairs in enumerate(cells):
        for column, pair in enumerate(pairs):
            sheet.paste(pair, (column * width + _GAP, row * height + _GAP))
    return sheet


def _chosen(archive: Archive, split: Split, count: int) -> list[Record]:
    records = archive.split(split)
    if not len(records):
        return []
    return [records[number] for number in np.unique(np.linspace(0, len(records) - 1, count).round().astype(int))]


def _pair(record: Record) -> Image.Image:
    color = _picture(record.color) if record.color else None
    below = _picture(record.bw) if record.bw else _picture(record.color).convert("L")
    pair = Image.new("RGB", (_CELL[0], 2 * _CELL[1] + _GAP), _GROUND)
    for number, picture in enumerate((color, below)):
        if picture is not None:
            small = ImageOps.pad(picture.convert("RGB"), _CELL, Image.Resampling.LANCZOS, _GROUND)
            pair.paste(small, (0, number * (_CELL[1] + _GAP)))
    return pair


def _picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))
