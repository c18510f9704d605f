"""The files of a folder: listed in natural order with the reasons why some cannot be read, and read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mangagan.images.errors import UnusableFile
from mangagan.images.file_kinds import HEAD_BYTES, archive_format, picture_format
from mangagan.images.names import IMAGE_SUFFIXES, UNREADABLE_SUFFIXES, VOLUME_SUFFIXES, is_visible, natural_key


@dataclass(frozen=True)
class FolderFiles:
    """The visible files under a folder, by their relative paths in natural order.

    Attributes:
        names: Files that can be read.
        faults: Names and reasons of files and folders that cannot be read.
    """

    names: tuple[str, ...]
    faults: tuple[tuple[str, str], ...] = ()


def list_files(folder: Path, apart: Sequence[Path] = ()) -> FolderFiles:
    """Return all visible files under a folder. Hidden ones are left out, and links to folders are not followed.

    Args:
        folder: Any folder.
        apart: Files and folders inside it that are left out.

    Raises:
        ValueError: There is no such folder.
    """
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    reasons = dict(_walk(folder, [other for other in apart if folder in other.parents]))
    names = sorted(reasons, key=natural_key)
    faults = tuple((name, reason) for name in names if (reason := reasons[name]))
    return FolderFiles(tuple(name for name in names if reasons[name] is None), faults)


def image_files(folder: Path, apart: Sequence[Path] = ()) -> list[str]:
    """Return the relative paths of all visible image files under a folder, in natural order.

    Args:
        folder: Any folder.
        apart: Files and folders inside it that are left out.

    Raises:
        ValueError: There is no such folder.
    """
    return files_with_suffixes(folder, IMAGE_SUFFIXES, apart)


def volume_files(folder: Path, apart: Sequence[Path] = ()) -> list[Path]:
    """Return the paths of all visible archives and PDFs under a folder, in natural order of their relative paths."""
    return [folder / name for name in files_with_suffixes(folder, VOLUME_SUFFIXES, apart)]


def files_with_suffixes(folder: Path, suffixes: frozenset[str], apart: Sequence[Path] = ()) -> list[str]:
    """Return the relative paths of the visible files under a folder that have one of these suffixes (lower case).

    Raises:
        ValueError: There is no such folder.
    """
    return [name for name in list_files(folder, apart).names if Path(name).suffix.lower() in suffixes]


def is_page_file(file: Path) -> bool:
    """Return whether a file is a page: by its suffix, or by its first bytes where the suffix is of another kind."""
    if file.suffix.lower() in IMAGE_SUFFIXES | UNREADABLE_SUFFIXES:
        return True
    try:
        return picture_format(read_head(file)) is not None
    except OSError:
        return False


def read_head(file: Path) -> bytes:
    """Return the first bytes of a regular file, enough to recognise its format. Raises OSError."""
    with file.open("rb") as opened:
        return opened.read(HEAD_BYTES)


def read_file(path: Path, max_bytes: int | None = None) -> bytes:
    """Return the bytes of a regular file.

    Raises:
        UnusableFile: The file cannot be read, is a device or a pipe, or has more than `max_bytes`.
    """
    try:
        status = path.stat()
        # A pipe would be waited for, and a device such as /dev/zero has no end.
        if not stat.S_ISREG(status.st_mode):
            raise UnusableFile("is no regular file")
        if max_bytes is not None and status.st_size > max_bytes:
            raise UnusableFile(f"has {status.st_size} bytes, more than the limit of {max_bytes}")
        return path.read_bytes()
    except OSError as error:
        raise UnusableFile(f"cannot be read: {error.strerror}") from error


def _walk(folder: Path, apart: Sequence[Path]) -> Iterator[tuple[str, str | None]]:
    """Yield the name of each visible file, with the reason if it cannot be read."""
    errors: list[OSError] = []
    for root, folders, files in os.walk(folder, onerror=errors.append):
        inside = Path(root)
        folders[:] = [name for name in folders if is_visible([name]) and inside / name not in apart]
        for name in folders:
            if (inside / name).is_symlink():
                yield (inside / name).relative_to(folder).as_posix(), "is a link to a folder: links are not followed"
        for name in files:
            if is_visible([name]) and inside / name not in apart:
                yield (inside / name).relative_to(folder).as_posix(), _fault(inside / name)
    for error in errors:
        path = Path(os.fsdecode(error.filename))
        if path != folder:
            yield path.relative_to(folder).as_posix(), f"cannot be read: {error.strerror}"
        else:
            raise ValueError(f"{folder} cannot be read: {error.strerror}")


def _fault(file: Path) -> str | None:
    """Return why a file cannot be read, or None."""
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            return "is no regular file"
        # A link that came with a downloaded folder must not put somebody's private file into the output.
        if file.is_symlink() and not (picture_format(head := read_head(file)) or archive_format(head)):
            return "is a link to a file that is neither a picture nor an archive"
    except FileNotFoundError:
        return "is a link to a file that does not exist"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return None
