"""Write the pages of an archive as picture files, for people and for commands that take folders."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from tqdm import tqdm

from mangagan.data.archive.archive import Archive, Split
from mangagan.images.atomic import write_atomically


def unpack(archive: Archive, folder: Path) -> int:
    """Write all coloured pages to `folder` under their names in the archive; returns their number.

    Files that exist already are kept, so that an interrupted command can be continued.

    Raises:
        ValueError: where no page is in colour, a different picture has the name of a page, or a name leads out of the
            folder.
    """
    count = 0
    for split in get_args(Split):
        records = archive.split(split)
        for number in tqdm(range(len(records)), "pictures", unit="page", delay=2, leave=False):
            if (record := records[number]).color:
                count += 1
                _write(_file(folder, record.name, record.color), record.color)
    if not count:
        raise ValueError("no page is in colour: there is no picture to write")
    return count


def _write(file: Path, picture: bytes) -> None:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, picture)
    elif not file.is_file() or file.read_bytes() != picture:
        raise ValueError(f"{file} is another picture, which is not overwritten: choose another folder")


def _file(folder: Path, name: str, picture: bytes) -> Path:
    suffix = ".png" if picture.startswith(b"\x89PNG") else ".jpg"
    file = folder / f"{name.removesuffix(suffix)}{suffix}"
    if not file.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{name} is no name of a picture in {folder}: it leads out of the folder")
    return file
