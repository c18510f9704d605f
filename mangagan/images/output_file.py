"""The check of a file that a command writes: nothing that somebody needs is replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from mangagan.images.atomic import check_writable
from mangagan.images.file_kinds import HEAD_BYTES, picture_format

# Returns whether a file with these first bytes may be replaced by the output.
IsReplaceable = Callable[[bytes], bool]


def check_output(file: Path, kind: str, is_replaceable: IsReplaceable, inputs: Iterable[Path] = ()) -> None:
    """Check, without writing anything, that a command may write a file.

    Args:
        file: The output, which may exist.
        kind: What the command writes, for the message: "a report of mangagan", for instance.
        is_replaceable: Tells from the first `HEAD_BYTES` bytes of an existing file whether it is of that kind.
        inputs: Files that the command reads.

    Raises:
        ValueError: The file is an input, is no regular file, is of another kind, or its folder is missing.
    """
    if not file.absolute().parent.is_dir():
        raise ValueError(f"{file}: there is no folder {file.absolute().parent}; name a file in a folder that exists")
    check_writable(file)
    if not file.exists():
        return
    if any(path.exists() and path.samefile(file) for path in inputs):
        raise ValueError(f"{file} is an input and is kept; choose another name")
    if not file.is_file():
        raise ValueError(f"{file} is no regular file; choose another name")
    with file.open("rb") as opened:
        head = opened.read(HEAD_BYTES)
    if head and not is_replaceable(head):
        raise ValueError(f"{file} exists and is not {kind}; it is kept, choose another name")


def is_picture(head: bytes) -> bool:
    """Return whether the first bytes of a file are those of a picture."""
    return picture_format(head) is not None


def contains(*marks: bytes) -> IsReplaceable:
    """Return a test for files whose first bytes contain all of these marks."""
    return lambda head: all(mark in head for mark in marks)
