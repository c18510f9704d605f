"""A project: a page or volume that was opened in the studio, and what was done to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mangagan.images.atomic import write_atomically
from mangagan.images.files import is_page_file
from mangagan.images.limits import Limits
from mangagan.images.names import IMAGE_SUFFIXES
from mangagan.images.volume import Volume
from mangagan.infer.volume.jobs import Job
from mangagan.infer.volume.plan import plan
from mangagan.studio.edits import Edits
from mangagan.studio.project_settings import ProjectSettings, changed, to_json

FILE, SOURCES = "project.json", "source"
_VERSION = 1


class Project:
    """An opened project; its folder holds all of it, and its source is only read.

    Attributes:
        folder: In the user's data folder; its name is the project's id.
        source: The page, folder, archive or PDF that was opened.
        job: The volume, and where its result goes.
        names: Of the pages, in their order.
        edits: What was drawn on the pages.
        sizes: Width and height of the pages that were decoded, by fingerprint and name.
    """

    def __init__(self, folder: Path) -> None:
        """Open a project. Raises ValueError where its source is gone or has no pages."""
        self.folder, self._lock = folder, threading.RLock()
        self._values = json.loads((folder / FILE).read_text(encoding="utf-8"))
        self.source = folder / self._values["source"]
        if not self.source.exists():
            raise ValueError(f"{self.source} is gone: put it back, or remove this project")
        self.job = _job(self.source, folder / "result")
        self.edits = Edits(folder / "edits.jsonl")
        self.sizes: dict[tuple[str, str], tuple[int, int]] = {}
        with self.open() as volume:
            self.names = tuple(member.name for member in volume.members if member.is_page)
        if not self.names:
            raise ValueError(f"{self.source.name} has no pages that can be read")
        for name in ("pictures", "thumbnails", "hints", "palette"):
            (folder / name).mkdir(exist_ok=True)

    @property
    def id(self) -> str:
        """The name of the project in addresses."""
        return self.folder.name

    @property
    def title(self) -> str:
        """The name of the source."""
        return self.source.name

    @property
    def settings(self) -> ProjectSettings:
        """How the pages are made."""
        return changed(ProjectSettings(), self._values["settings"])

    def set_settings(self, values: Any) -> ProjectSettings:
        """Change settings, and write them.

        Args:
            values: A JSON object of some settings.

        Raises:
            ValueError: A setting cannot have its value.
        """
        with self._lock:
            settings = changed(self.settings, values)
            if isinstance(settings.palette, str) and settings.palette.startswith("page:"):
                self.number_of(settings.palette.removeprefix("page:"))
            self._put(settings=to_json(settings))
            return settings

    @property
    def swatches(self) -> list[dict[str, Any]]:
        """Named colours: name, color and locked."""
        return self._values.get("swatches", [])

    def set_swatches(self, values: Any) -> list[dict[str, Any]]:
        """Replace the named colours.

        Args:
            values: A JSON list of objects with name, color and locked.

        Raises:
            ValueError: The list has another form.
        """
        if not isinstance(values, list) or len(values) > 500:
            raise ValueError("swatches are a list of at most 500")
        swatches = [_swatch(value) for value in values]
        with self._lock:
            self._put(swatches=swatches)
        return swatches

    def number_of(self, name: str) -> int:
        """Return the number of a page.

        Raises:
            ValueError: There is no page of this name.
        """
        if name not in self.names:
            raise ValueError(f"there is no page {name[:80]!r}")
        return self.names.index(name)

    @contextmanager
    def open(self) -> Iterator[Volume]:
        """Open the volume to read its pages."""
        with self.job.open(Limits()) as volume:
            yield volume

    def load(self, name: str) -> bytes:
        """Return the file of a page. Raises UnusableFile where it cannot be read."""
        with self.open() as volume:
            return next(member for member in volume.members if member.name == name).load()

    @property
    def fingerprint(self) -> str:
        """Tells this source from one that was changed under the same name."""
        status = self.source.stat()
        return f"{self.source} {status.st_size} {status.st_mtime_ns}"

    @property
    def changed_at(self) -> float:
        """When settings or edits were changed last, in seconds since 1970."""
        files = (self.folder / FILE, self.folder / "edits.jsonl")
        return max(file.stat().st_mtime for file in files if file.exists())

    def _put(self, **values: Any) -> None:
        self._values |= values
        write_atomically(self.folder / FILE, json.dumps(self._values, indent=1, ensure_ascii=False).encode())


def create(folder: Path, source: str) -> None:
    """Write the file of a new project, unless there is one.

    Args:
        folder: Of the project.
        source: The path of a page, folder, archive or PDF; a relative one is below the folder.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (folder / FILE).exists():
        values = {"version": _VERSION, "source": source, "settings": to_json(ProjectSettings())}
        write_atomically(folder / FILE, json.dumps(values, indent=1, ensure_ascii=False).encode())


def _job(source: Path, result: Path) -> Job:
    """Return the only volume of a source, whose result is a CBZ, or a picture for a picture."""
    result.mkdir(exist_ok=True)
    if source.is_file() and is_page_file(source):
        suffix = source.suffix if source.suffix.lower() in IMAGE_SUFFIXES else ".png"
    else:
        suffix = ".cbz"
    jobs = plan([source], result / f"{source.stem}-color{suffix}")
    if len(jobs) > 1:
        raise ValueError(f"{source.name} holds {len(jobs)} volumes: open one of them, such as {jobs[1].title}")
    return jobs[0]


def _swatch(value: Any) -> dict[str, Any]:
    form = {"name": str, "color": str, "locked": bool}
    if not isinstance(value, dict) or set(value) != set(form):
        raise ValueError("a swatch has a name, a color and locked")
    if not all(isinstance(value[key], kind) for key, kind in form.items()) or len(value["name"]) > 100:
        raise ValueError("a swatch has a name, a color and locked")
    changed(ProjectSettings(), {"palette": [value["color"]]})
    return dict(value)
