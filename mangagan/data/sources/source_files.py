"""The files under a folder as a source sees them: those it can use, and the names of all others with the reasons."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mangagan.data.sources.entries import Entry, PageLabel, missing
from mangagan.images.errors import UnusableFile
from mangagan.images.file_kinds import archive_format, picture_format
from mangagan.images.files import list_files, read_head
from mangagan.images.names import IMAGE_SUFFIXES, VOLUME_SUFFIXES, shown, unicode_name

# Returns whether a file is used; raises UnusableFile for one that the user may have meant to be used.
IsUsed = Callable[[Path], bool]
# The name and the reason of a file that is not used.
Unused = tuple[str, str]
NO_PICTURE = "is no picture"


@dataclass(frozen=True)
class SourceFiles:
    """The visible files under a folder, by their relative paths in natural order.

    Attributes:
        root: The folder.
        names: Files that are used.
        faults: Files and folders that cannot be used, under names that are valid Unicode.
        others: Files of other kinds, such as notes beside the pages.
    """

    root: Path
    names: tuple[str, ...]
    faults: tuple[Unused, ...] = ()
    others: tuple[Unused, ...] = ()

    @property
    def listing(self) -> str:
        """The files with their sizes and times, as the identity of a source."""
        stats = [(name, (self.root / name).stat()) for name in self.names]
        used = [f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats]
        return "\n".join([str(self.root), *used, *(f"{name}: {reason}" for name, reason in self.faults)])

    def fault_entries(self, prefix: str = "") -> list[Entry]:
        """Return an entry for each fault, so that it is reported.

        Args:
            prefix: For their names.
        """
        return [Entry(PageLabel(prefix + name, ""), partial(missing, reason)) for name, reason in self.faults]

    def other_files(self, prefix: str = "") -> list[Unused]:
        """Return the files of other kinds under names with a prefix."""
        return [(prefix + name, reason) for name, reason in self.others]


def first_line(error: Exception) -> str:
    """Return what a report shows of an error of another library: its first line."""
    return shown(str(error).strip().partition("\n")[0]) or type(error).__name__


def source_path(argument: str) -> Path:
    """Return the absolute path that the argument of a source names.

    Raises:
        ValueError: No path can be made of it.
    """
    try:
        path = Path(argument).expanduser().resolve()
        with suppress(FileNotFoundError, NotADirectoryError):  # whoever needs the file misses it
            path.stat()
        return path
    except OSError as error:
        raise ValueError(f"{shown(argument)} cannot be read: {error.strerror}") from error
    except (RuntimeError, ValueError) as error:  # an unknown user after "~", or a zero byte
        raise ValueError(f"{shown(argument)} is no path: {error}") from error


def source_files(root: Path, is_used: IsUsed, other: str = NO_PICTURE) -> SourceFiles:
    """Return the files under a folder.

    Args:
        root: Any folder.
        is_used: Tells which files are used.
        other: What is wrong with all others.

    Raises:
        ValueError: There is no such folder.
    """
    found = list_files(root)
    names, others, faults = [], [], [(unicode_name(name), reason) for name, reason in found.faults]
    for name in found.names:
        # Manifests and records hold text: they have no place for bytes that are none.
        if (valid := unicode_name(name)) != name:
            faults.append((valid, "its name is not valid UTF-8: rename it (for example with convmv)"))
            continue
        try:
            used = is_used(root / name)
        except UnusableFile as reason:
            faults.append((name, str(reason)))
        except OSError as error:
            faults.append((name, f"cannot be read: {error.strerror}"))
        else:
            names.append(name) if used else others.append((name, other))
    return SourceFiles(root, tuple(names), tuple(faults), tuple(others))


def picture_files(root: Path) -> SourceFiles:
    """Return the pictures under a folder, which their suffixes or their first bytes tell.

    Raises:
        ValueError: There is no such folder.
    """
    return source_files(root, _is_picture)


def _is_picture(file: Path) -> bool:
    if file.suffix.lower() in IMAGE_SUFFIXES:
        return True
    head = read_head(file)
    if picture_format(head):
        return True
    if file.suffix.lower() in VOLUME_SUFFIXES or archive_format(head):
        raise UnusableFile("is an archive or a PDF: unpack it, or name it as zip:FILE")
    return False
