"""A volume: the files of a folder, an archive or a PDF, to be read one by one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from mangagan.images.limits import Limits


def _no_remark() -> str:
    """Of most files there is nothing to be said."""
    return ""


@dataclass(frozen=True)
class Member:
    """A file of a volume."""

    name: str  # path in the volume, with "/" between the parts
    load: Callable[[], bytes]  # raises UnusableFile
    is_page: bool
    modified: float | None = None  # when its file was changed last, seconds since 1970; None: not known
    archive: str = ""  # the name in the volume of the archive that it lies in, for a file of a nested archive
    remark: Callable[[], str] = _no_remark  # what is to be said of a page, once it is loaded


def _nothing() -> None:
    """Most volumes are read so fast that there is nothing to end."""


@dataclass(frozen=True)
class Volume:
    """The files of an open volume, in the order of their source."""

    members: tuple[Member, ...]
    left_out: tuple[tuple[str, str], ...] = ()  # (name, reason) of files that cannot be taken
    remarks: tuple[tuple[str, str], ...] = ()  # (name, reason) of members that are copied though they may hold pages
    size: int = 0  # bytes of all files of an archive, as it declares them
    loads_fast: bool = True  # whether a member can be loaded again and again
    abort: Callable[[], None] = _nothing  # ends what another thread is loading, at Ctrl-C


# Opens a volume for as long as the context lasts; raises UnusableFile.
OpenVolume = Callable[[Limits], AbstractContextManager[Volume]]
