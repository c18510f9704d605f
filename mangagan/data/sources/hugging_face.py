"""Sources that are Parquet files of pairs, in a folder or on the Hugging Face Hub."""

from __future__ import annotations

import re
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from mangagan.data.sources.entries import Entry, PageImages, PageLabel, Source, Split, missing, paired_page
from mangagan.data.sources.folders import OWN
from mangagan.data.sources.source_files import SourceFiles, first_line, source_path
from mangagan.images.errors import UnusableFile
from mangagan.images.files import list_files
from mangagan.images.names import natural_key, unicode_name

_COLUMNS = ("bw_image", "color_image")
# Of one file: more pages than anybody has, and as many entries as fit into memory.
MAX_ROWS = 1_000_000
# A group is read as a whole, unpacked: rows of several pages of some megabytes each.
MAX_GROUP_BYTES = 4 * 2**30


def hugging_face(argument: str) -> Source:
    """Return Parquet files with the columns bw_image and color_image as a source.

    Made for the data set MichaelP84/manga-colorization-dataset.

    Args:
        argument: The path of a folder, or the name of a data set on the Hugging Face Hub.

    Raises:
        ValueError: The folder has no Parquet file.
    """
    root = source_path(argument)
    if not root.is_dir():
        licence = f"see https://huggingface.co/datasets/{argument}"
        return Source(argument, argument, (licence,), lambda: _rows(_parquet_files(_download(argument))))
    files = _parquet_files(Path(argument).expanduser())
    return Source(root.name, files.listing, OWN, lambda: _rows(files))


def _download(name: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise ValueError(f"hf:{name} needs huggingface_hub: pip install -e '.[hub]'") from error
    try:
        return Path(snapshot_download(name, repo_type="dataset", allow_patterns=["*.parquet"]))
    except (OSError, ValueError) as error:
        raise ValueError(f"hf:{name} is not a folder, and downloading it failed: {error}") from error


def _parquet_files(root: Path) -> SourceFiles:
    # Not listed as other folders are: in the cache of huggingface_hub these files are links.
    paths = sorted(root.rglob("*.parquet"), key=lambda path: natural_key(path.relative_to(root).as_posix()))
    names, faults = [], [(name, reason) for name, reason in list_files(root).faults if _is_folder(root / name)]
    for path in paths:
        name = path.relative_to(root).as_posix()
        if fault := _fault(path, name):
            faults.append((unicode_name(name), fault))
        else:
            names.append(name)
    if not names:
        reasons = "".join(f"; {name} {reason}" for name, reason in faults[:3])
        raise ValueError(f"there is no Parquet file in {root}{reasons}")
    return SourceFiles(root, tuple(names), tuple(faults))


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _fault(path: Path, name: str) -> str:
    if unicode_name(name) != name:
        return "its name is not valid UTF-8: rename it (for example with convmv)"
    # Neither a broken link nor a pipe, which would be waited for.
    return "" if path.is_file() else "is no regular file"


def _rows(files: SourceFiles) -> list[Entry]:
    # Without files of a validation split, the works decide which pages are held out.
    held_out = any(_parquet_split(name) == "validation" for name in files.names)
    found = [entry for name in files.names for entry in _file_rows(files.root / name, name, held_out)]
    return [*found, *files.fault_entries()]


def _file_rows(path: Path, name: str, held_out: bool) -> list[Entry]:
    split = _parquet_split(name) if held_out else None
    try:
        groups = _group_sizes(path)
    except UnusableFile as reason:
        return [Entry(PageLabel(name, "", split), partial(missing, str(reason)))]
    return [
        Entry(PageLabel(f"{name}/{group}-{row:05}", "", split), partial(_load_row, path, group, row))
        for group, rows in enumerate(groups)
        for row in range(rows)
    ]


def _group_sizes(path: Path) -> list[int]:
    """Return the number of rows of each group of a Parquet file.

    Raises:
        UnusableFile: The file is damaged or declares more than is read.
        ValueError: It lacks a column.
    """
    parquet = _parquet(path)
    columns = parquet.schema_arrow.names
    if lacking := [column for column in _COLUMNS if column not in columns]:
        raise ValueError(f"{path} lacks {lacking}: its columns are {columns}")
    groups = [parquet.metadata.row_group(number) for number in range(parquet.num_row_groups)]
    if sum(group.num_rows for group in groups) > MAX_ROWS:
        raise UnusableFile(f"declares more than {MAX_ROWS} rows")
    if any(group.total_byte_size > MAX_GROUP_BYTES for group in groups):
        raise UnusableFile(f"has a group of rows of more than {MAX_GROUP_BYTES} bytes: write it with smaller groups")
    return [group.num_rows for group in groups]


def _parquet_split(name: str) -> Split:
    return "validation" if re.match(r"(validation|valid|val|test)\b", name.rsplit("/", 1)[-1]) else "train"


def _load_row(path: Path, group: int, row: int) -> PageImages:
    try:
        columns = _row_group(path, group)
        bw, color = (columns[column][row].as_py() for column in _COLUMNS)
    except (UnusableFile, MemoryError):
        raise
    except Exception as error:  # pyarrow has no common class for damage
        raise UnusableFile(f"cannot be read: {first_line(error)}") from error
    return paired_page(_cell_bytes(bw), _cell_bytes(color))


def _cell_bytes(cell: Any) -> bytes:
    data = cell.get("bytes") if isinstance(cell, dict) else None
    if not isinstance(data, bytes) or not data:
        raise UnusableFile("the row holds no picture")
    return data


@lru_cache(maxsize=1)
def _row_group(path: Path, group: int) -> dict[str, Any]:
    table = _parquet(path).read_row_group(group, columns=list(_COLUMNS))
    return {column: table.column(column) for column in _COLUMNS}


def _parquet(path: Path) -> Any:
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise ValueError("Parquet files need pyarrow: pip install -e '.[hub]'") from error
    try:
        return ParquetFile(path, memory_map=True)
    except Exception as error:
        raise UnusableFile(f"is not a readable Parquet file: {first_line(error)}") from error
