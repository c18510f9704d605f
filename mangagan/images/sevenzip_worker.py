"""The process that unpacks a 7-Zip file: its dictionaries may take any memory, and the process is then killed.

Arguments: the file, an empty folder, the most members, the most bytes of one member and of all, and the most seconds
and bytes of memory. It unpacks member N of the file to FOLDER/N, and prints JSON: [[name, bytes], ...] or an error.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import BinaryIO

import py7zr
from py7zr.io import Py7zIO, WriterFactory

from mangagan.images.child_limits import limit_memory, limit_seconds
from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits, check_volume_size


def main() -> None:
    """Unpack one file."""
    file, folder = Path(sys.argv[1]), Path(sys.argv[2])
    members, member_bytes, volume_bytes, seconds, memory = map(int, sys.argv[3:8])
    limit_memory(memory)
    limit_seconds(seconds)
    limits = Limits(members=members, member_bytes=member_bytes, volume_bytes=volume_bytes)
    try:
        answer: object = _unpacked(file, folder, limits)
    except Exception as error:  # a damaged file makes py7zr raise nearly anything
        answer = f"is not a readable 7-Zip file: {error}" if not isinstance(error, UnusableFile) else str(error)
    print(json.dumps(answer))


def _unpacked(file: Path, folder: Path, limits: Limits) -> list[tuple[str, int]]:
    with py7zr.SevenZipFile(file) as archive:
        if archive.needs_password():
            raise UnusableFile("is encrypted and cannot be unpacked: unpack it with its password and give the folder")
        infos = [info for info in archive.list() if not info.is_directory]
        if len(infos) > limits.members:
            raise UnusableFile(f"has {len(infos)} members, more than the limit of {limits.members}")
        declared = sum(info.uncompressed for info in infos)
        check_volume_size(declared, file.stat().st_size, limits)
        factory = _Files(folder, declared)
        archive.extractall(factory=factory)
    return [(name, (folder / str(number)).stat().st_size) for number, name in enumerate(factory.names)]


class _Files(WriterFactory):
    """Writes members to numbered files; all together have no more bytes than the archive declares."""

    def __init__(self, folder: Path, left: int) -> None:
        self.folder, self.left = folder, left
        self.names: list[str] = []

    def create(self, filename: str) -> Py7zIO:
        self.names.append(filename)
        return _File((self.folder / str(len(self.names) - 1)).open("w+b"), self)


class _File(Py7zIO):
    def __init__(self, file: BinaryIO, files: _Files) -> None:
        self._file, self._files = file, files

    def write(self, s: bytes | bytearray) -> int:
        self._files.left -= len(s)
        if self._files.left < 0:
            raise UnusableFile("unpacks to more bytes than it declares")
        return self._file.write(s)

    def read(self, size: int | None = None) -> bytes:
        return self._file.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def flush(self) -> None:
        self._file.flush()

    def size(self) -> int:
        return self._file.seek(0, 2)

    def close(self) -> None:
        self._file.close()


if __name__ == "__main__":
    main()
