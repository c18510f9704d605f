"""7-Zip files (CB7) as volumes: unpacked into a temporary folder by a process of its own."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from mangagan.images.child_limits import start_worker
from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits
from mangagan.images.names import natural_key
from mangagan.images.packed_files import PackedFile, packed_volume
from mangagan.images.volume import Volume

# LZMA unpacks some 20 MB in a second; a file declares its dictionary, which may have 4 GB.
_SECONDS, _CLOCK_SECONDS, _MEMORY = 300, 900, 1_300_000_000


@contextmanager
def sevenzip_volume(file: Path, limits: Limits) -> Iterator[Volume]:
    """Open a 7-Zip file as a volume, its members in natural order. Most are one stream, so all are unpacked at once.

    Raises:
        UnusableFile: The file cannot be read or holds more than `limits` allow, or py7zr is not installed.
    """
    if importlib.util.find_spec("py7zr") is None:
        raise UnusableFile("reading 7-Zip needs py7zr: pip install 'mangagan[7z]'")
    with tempfile.TemporaryDirectory(prefix="mangagan-") as folder:
        sizes = _unpack(file, Path(folder), limits)
        files = [
            PackedFile(name, size, size, False, partial(_open, Path(folder) / str(number)))
            for number, (name, size) in enumerate(sizes)
        ]
        files.sort(key=lambda packed: natural_key(packed.name))
        # Their ratio was checked before they were unpacked.
        yield packed_volume(files, sum(packed.size for packed in files), limits)


def _open(file: Path) -> IO[bytes]:
    return file.open("rb")


def _unpack(file: Path, folder: Path, limits: Limits) -> list[tuple[str, int]]:
    """Unpack all members to files that are called by their numbers; return their names and bytes."""
    bounds = (limits.members, limits.member_bytes, limits.volume_bytes, _SECONDS, _MEMORY)
    worker = start_worker(
        "mangagan.images.sevenzip_worker", [os.fspath(file.resolve()), os.fspath(folder), *map(str, bounds)]
    )
    try:
        output, _ = worker.communicate(timeout=_CLOCK_SECONDS)
        answer = json.loads(output)
    except (subprocess.TimeoutExpired, ValueError):
        raise UnusableFile("takes too long or too much memory to unpack") from None
    finally:
        worker.kill()
        worker.wait()
    if isinstance(answer, str):
        raise UnusableFile(answer)
    return [(str(name), int(size)) for name, size in answer]
