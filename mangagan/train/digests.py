"""The SHA-256 of each file of a checkpoint, kept beside them: changed bytes are noticed when it is read."""

from __future__ import annotations

import json
from hashlib import file_digest
from pathlib import Path

from mangagan.images.atomic import write_atomically

DIGESTS = "sha256.json"


def write_digests(folder: Path) -> None:
    """Write the digests of the files in the folders of a checkpoint, state and metrics, into its file `DIGESTS`.

    Args:
        folder: The checkpoint, of which these files are on disk.
    """
    digests = {name: _sha256(folder / name) for name in sorted(_files(folder))}
    write_atomically(folder / DIGESTS, json.dumps(digests, indent=1).encode(), durable=True)


def check_digests(folder: Path) -> None:
    """Check the files of a checkpoint against its digests. A checkpoint of an earlier version has none, and passes.

    Args:
        folder: The checkpoint.

    Raises:
        ValueError: A file is missing or was changed, or the digests cannot be read.
    """
    file = folder / DIGESTS
    if not file.exists():
        return
    try:
        digests = json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        digests = None
    if not isinstance(digests, dict):
        raise ValueError(f"its {DIGESTS} is damaged")
    present = _files(folder)
    for name, digest in digests.items():
        # Only files of the folder are read, whatever the names in it say.
        if name not in present:
            raise ValueError(f"its file {name} is missing")
        if _sha256(folder / name) != digest:
            raise ValueError(f"its file {name} was changed after it was saved")


def _files(folder: Path) -> set[str]:
    # Not those of the folder itself: Orbax adds the time of the commit to them later.
    files = (file for file in folder.glob("*/**/*") if file.is_file())
    return {file.relative_to(folder).as_posix() for file in files}


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()
