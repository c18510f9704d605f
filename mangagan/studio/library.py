"""All projects of a user: opened, listed and removed."""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import platformdirs

from mangagan.images.decode import decode_srgb
from mangagan.images.errors import UnusableFile
from mangagan.images.names import printable
from mangagan.studio.project import FILE, SOURCES, Project, create


def projects_folder() -> Path:
    """Return the folder of the studio's projects in the user's data folder."""
    return Path(platformdirs.user_data_dir("mangagan")) / "projects"


class Library:
    """The projects in a folder; used from several threads."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, and make it if there is none."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder, self._lock = folder, threading.Lock()
        self._opened: dict[str, Project] = {}

    def open_source(self, source: Path) -> Project:
        """Return the project of a page, folder, archive or PDF, which stays where it is.

        Raises:
            ValueError: There is no such file, or nothing in it can be read.
        """
        source = source.expanduser().resolve()
        if not source.exists():
            raise ValueError(f"there is no file or folder {source}")
        folder = self.folder / sha256(str(source).encode()).hexdigest()[:16]
        is_new = not folder.exists()
        create(folder, str(source))
        return self._checked(folder, is_new)

    def new_upload(self, name: str) -> Path:
        """Return the path at which an uploaded file is to be written; its folder has no other file.

        Args:
            name: The name that a browser gave; only its last part counts.
        """
        plain = printable(name.replace("\\", "/").rsplit("/", 1)[-1]).lstrip(".")[-120:] or "upload"
        folder = self.folder / secrets.token_hex(8) / SOURCES
        folder.mkdir(parents=True, mode=0o700)
        return folder / plain.replace("\\", "_")

    def open_upload(self, file: Path) -> Project:
        """Return the project of an uploaded file; it is removed if it cannot be read.

        Raises:
            ValueError: Nothing in it can be read.
        """
        folder = file.parent.parent
        create(folder, f"{SOURCES}/{file.name}")
        return self._checked(folder, is_new=True)

    def drop_upload(self, file: Path) -> None:
        """Remove an upload that was not finished."""
        shutil.rmtree(file.parent.parent, ignore_errors=True)

    def project(self, id: str) -> Project:
        """Return a project by its id.

        Raises:
            KeyError: There is none of this id.
            ValueError: It cannot be opened.
        """
        with self._lock:
            if id not in self._opened:
                # An id comes from a browser: it is compared, and never made a part of a path.
                folder = next(folder for folder in self._folders() if folder.name == id) if id in self.ids else None
                if folder is None:
                    raise KeyError(id)
                self._opened[id] = Project(folder)
            return self._opened[id]

    @property
    def ids(self) -> list[str]:
        """The ids of all projects, the one that was changed last first."""
        return [folder.name for folder in self._folders()]

    def remove(self, project: Project) -> None:
        """Remove a project with all that it holds; a source that was opened in place stays."""
        with self._lock:
            self._opened.pop(project.id, None)
        shutil.rmtree(project.folder)

    def _folders(self) -> Iterator[Path]:
        found = [file.parent for file in self.folder.glob(f"*/{FILE}")]
        yield from sorted(found, key=lambda folder: (folder / FILE).stat().st_mtime, reverse=True)

    def _checked(self, folder: Path, is_new: bool) -> Project:
        try:
            project = self.project(folder.name)
            if is_new and project.job.target.rename:
                decode_srgb(project.load(project.names[0]))
            return project
        except (ValueError, UnusableFile, OSError) as error:
            if is_new:
                self._opened.pop(folder.name, None)
                shutil.rmtree(folder, ignore_errors=True)
            raise ValueError(f"{printable(str(error))}") from None
