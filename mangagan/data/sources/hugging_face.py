"""Sources that are Parquet files of pairs, in a folder or on the Hugging Face Hub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from mangagan.data.sources.entries import Entry, PageImages, PageLabel, Source, Split, paired_page
from mangagan.data.sources.folders import OWN, listing
from mangagan.images.errors import UnusableFile
from mangagan.images.names import natural_key

_COLUMNS = ("bw_image", "color_image")


def hugging_face(argument: str) -> Source:
    """Return Parquet files with the columns bw_image and color_image as a source.

    Made for the data set MichaelP84/manga-colorization-dataset.

    Args:
        argument: The path of a folder, or the name of a data set on the Hugging Face Hub.

    Raises:
        ValueError: The folder has no Parquet file.
    """
    root = Path(argument).expanduser()
    if not root.is_dir():
        licence = f"see https://huggingface.co/datasets/{argument}"
        return Source(argument, argument, (licence,), lambda: _rows(_download(argument)))
    names = _parquet_files(root)
    return Source(root.resolve().name, listing(root, names), OWN, lambda: _rows(root))


def _download(name: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise ValueError(f"hf:{name} needs huggingface_hub: pip install -e '.[hub]'") from error
    try:
        return Path(snapshot_download(name, repo_type="dataset", allow_patterns=["*.parquet"]))
    except (OSError, ValueError) as error:
        raise ValueError(f"hf:{name} is not a folder, and downloading it failed: {error}") from error


def _parquet_files(root: Path) -> list[str]:
    names = sorted((path.relative_to(root).as_posix() for path in root.rglob("*.parquet")), key=natural_key)
    if not names:
        raise ValueError(f"there is no Parquet file in {root}")
    return names


def _rows(root: Path) -> list[Entry]:
    names = _parquet_files(root)
    # Without files of a validation split, the works decide which pages are held out.
    held_out = any(_parquet_split(name) == "validation" for name in names)
    return [entry for name in names for entry in _file_rows(root / name, name, held_out)]


def _file_rows(path: Path, name: str, held_out: bool) -> Iterator[Entry]:
    parquet = _parquet(path)
    missing = [column for column in _COLUMNS if column not in parquet.schema_arrow.names]
    if missing:
        raise ValueError(f"{path} lacks {missing}: its columns are {parquet.schema_arrow.names}")
    split = _parquet_split(name) if held_out else None
    for group in range(parquet.num_row_groups):
        for row in range(parquet.metadata.row_group(group).num_rows):
            yield Entry(PageLabel(f"{name}/{group}-{row:05}", "", split), partial(_load_row, path, group, row))


def _parquet_split(name: str) -> Split:
    return "validation" if re.match(r"(validation|valid|val|test)\b", name.rsplit("/", 1)[-1]) else "train"


def _load_row(path: Path, group: int, row: int) -> PageImages:
    columns = _row_group(path, group)
    bw, color = (columns[column][row].as_py() for column in _COLUMNS)
    return paired_page(_cell_bytes(bw), _cell_bytes(color))


def _cell_bytes(cell: dict[str, Any] | None) -> bytes:
    if not cell or not cell.get("bytes"):
        raise UnusableFile("the row holds no picture")
    return cell["bytes"]


@lru_cache(maxsize=1)
def _row_group(path: Path, group: int) -> dict[str, Any]:
    table = _parquet(path).read_row_group(group, columns=list(_COLUMNS))
    return {column: table.column(column) for column in _COLUMNS}


def _parquet(path: Path) -> Any:
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise ValueError("Parquet files need pyarrow: pip install -e '.[hub]'") from error
    return ParquetFile(path, memory_map=True)
