"""Image files and volumes in folders: listed in natural order, and read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mangagan.images.errors import UnusableFile
from mangagan.images.names import IMAGE_SUFFIXES, VOLUME_SUFFIXES, is_visible, natural_key


def image_files(folder: Path, apart: Sequence[Path] = ()) -> list[str]:
    """Return the relative paths of all visible image files under a folder, in natural order.

    Args:
        folder: Any folder.
        apart: Files and folders inside it that are left out.

    Raises:
        ValueError: There is no such folder.
    """
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    return files_with_suffixes(folder, IMAGE_SUFFIXES, apart)


def volume_files(folder: Path, apart: Sequence[Path] = ()) -> list[Path]:
    """Return the paths of all visible archives and PDFs under a folder, in natural order of their relative paths."""
    names = files_with_suffixes(folder, VOLUME_SUFFIXES, apart)
    return [folder / name for name in names if (folder / name).is_file()]


def files_with_suffixes(folder: Path, suffixes: frozenset[str], apart: Sequence[Path] = ()) -> list[str]:
    """Return the relative paths of the visible files under a folder that have one of these suffixes (lower case)."""
    inside = [other for other in apart if folder in other.parents]
    found = (path for path in folder.rglob("*") if path.suffix.lower() in suffixes)
    names = (path.relative_to(folder) for path in found if not any(path.is_relative_to(other) for other in inside))
    return sorted((name.as_posix() for name in names if is_visible(name.parts)), key=natural_key)


def read_file(path: Path, max_bytes: int | None = None) -> bytes:
    """Return the bytes of a file.

    Raises:
        UnusableFile: The file cannot be read, or has more than `max_bytes`.
    """
    try:
        if max_bytes is not None and (size := path.stat().st_size) > max_bytes:
            raise UnusableFile(f"has {size} bytes, more than the limit of {max_bytes}")
        return path.read_bytes()
    except OSError as error:
        raise UnusableFile(f"cannot be read: {error.strerror}") from error
