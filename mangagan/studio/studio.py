"""The studio without HTTP: projects, pages, edits and runs, for the routes."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mangagan.images.atomic import write_atomically
from mangagan.images.errors import UnusableFile
from mangagan.images.names import printable
from mangagan.infer.volume.page_stages import Keep
from mangagan.studio.events import Events
from mangagan.studio.layers import open_raster
from mangagan.studio.library import Library
from mangagan.studio.operations import HINTS, parse_operation, to_json
from mangagan.studio.pictures import (
    original,
    picture_file,
    png,
    read_picture,
    thumbnail,
    thumbnail_file,
    write_hints,
)
from mangagan.studio.project import Project
from mangagan.studio.project_settings import STAGES
from mangagan.studio.project_settings import to_json as settings_json
from mangagan.studio.rasters import mask_of
from mangagan.studio.stages import Tools, revision_of, stages_on
from mangagan.studio.worker import Run, Worker


class Studio:
    """All that the web page can do. Its methods may be called from any thread."""

    def __init__(self, library: Library, tools: Tools) -> None:
        """Take the projects and the networks, and start the thread that owns these."""
        self.library, self.tools, self.events = library, tools, Events()
        self.worker = Worker(tools, self._tell)
        self.worker.start()

    def close(self) -> None:
        """End after the page at work; what is finished is kept."""
        self.worker.end()

    def state(self, version: str, device: str, upload_bytes: int) -> dict[str, Any]:
        """Return what the main screen shows."""
        color, inpaint, denoise = self.tools.names
        info = self.tools.color.network.info
        return {
            "version": version,
            "device": device,
            "models": {"color": color, "inpaint": inpaint or None, "denoise": denoise or None},
            "takes": {
                "hints": info.hints,
                "palette": info.palette,
                "sigma": bool(self.tools.denoise and self.tools.denoise.takes_sigma),
            },
            "projects": [self._summary(id) for id in self.library.ids],
            "limits": {"upload_bytes": upload_bytes},
        }

    def project(self, project: Project) -> dict[str, Any]:
        """Return a project with its pages."""
        run = self.worker.runs.get(project.id)
        return {
            "id": project.id,
            "title": printable(project.title),
            "source": printable(project.title),
            "settings": settings_json(project.settings),
            "swatches": project.swatches,
            "pages": [self._entry(project, name) for name in project.names],
            "run": _run_json(run, project),
        }

    def page(self, project: Project, name: str) -> dict[str, Any]:
        """Return a page with its operations. Raises UnusableFile where it cannot be read."""
        width, height = _size(project, name)
        edits = project.edits.of_page(name)
        return self._entry(project, name) | {
            "width": width,
            "height": height,
            "operations": [to_json(operation) for operation in edits.active],
            "can_undo": bool(edits.active),
            "can_redo": bool(edits.undone),
            "results": self._results(project, name),
            "last": self._last_stage(project, name),
        }

    def draw(self, project: Project, name: str, value: Any, preview: bool) -> dict[str, Any]:
        """Add an operation to a page. Raises ValueError for one of another form."""
        operation = parse_operation(value, *_size(project, name))
        project.edits.add(name, operation)
        return self._after_edit(project, name, operation.kind in HINTS, preview)

    def undo(self, project: Project, name: str, redo: bool) -> dict[str, Any]:
        """Undo the last operation of a page, or do it again."""
        (project.edits.redo if redo else project.edits.undo)(name)
        return self._after_edit(project, name, True, True)

    def thumbnail(self, project: Project, name: str) -> bytes:
        """Return a small JPEG of a page after its last stage, or as it was opened."""
        stage = self._last_stage(project, name)
        revision = stage and self._results(project, name)[stage]
        file = thumbnail_file(project, name, revision or "original")
        if not file.exists():
            made = self._last(project, name) if revision else None
            write_atomically(file, thumbnail(original(project, name) if made is None else Image.fromarray(made)))
        return file.read_bytes()

    def original(self, project: Project, name: str) -> bytes:
        """Return a PNG of a page as it was opened."""
        return png(original(project, name))

    def mask(self, project: Project, name: str) -> bytes:
        """Return a PNG of a page's holes, white where they are."""
        width, height = _size(project, name)
        operations = project.edits.of_page(name).active
        hole = mask_of(operations, "mask", height, width) | mask_of(operations, "white", height, width)
        return png(Image.fromarray(hole.astype(np.uint8) * 255))

    def result(self, project: Project, name: str, stage: str, revision: str) -> bytes | None:
        """Return a PNG of a page after a stage; None where it was not made, or has other edits by now."""
        if stage not in STAGES or revision != self._revision(project, name, stage):
            return None
        file = picture_file(project, name, stage, revision)
        if file.exists():
            return file.read_bytes()
        # A page that is in colour already is shown as it is.
        made = read_picture(project, name, stage, revision)
        return self.original(project, name) if isinstance(made, Keep) else None

    def set_settings(self, project: Project, values: Any) -> dict[str, Any]:
        """Change how pages are made. Raises ValueError for values that settings cannot have."""
        settings = settings_json(project.set_settings(values))
        self.worker.outdate(project)
        return settings

    def remove(self, project: Project) -> None:
        """Remove a project, once the page at work is done; a source that was opened in place stays."""
        self.worker.forget(project)
        self.library.remove(project)
        self.events.publish({"kind": "projects"})

    def page_file(self, project: Project, name: str) -> bytes:
        """Return a PNG of a page after its last stage.

        Raises:
            ValueError: It was not made yet.
        """
        made = self._last(project, name)
        if made is None:
            raise ValueError("this page has no result yet: make it first")
        return png(Image.fromarray(made))

    def layers(self, project: Project, name: str) -> bytes:
        """Return an OpenRaster file of a page with its ink, colours and hints as layers.

        Raises:
            ValueError: The page was not made yet.
        """
        made = self._last(project, name)
        if made is None:
            raise ValueError("this page has no result yet: make it first")
        return open_raster(np.asarray(original(project, name)), made, project.edits.of_page(name).active)

    def set_running(self, project: Project, running: bool) -> Run:
        """Pause the run of a project, or go on with it. Raises ValueError where there is none."""
        return self.worker.set_running(project, running)

    def start_run(self, project: Project, numbers: Sequence[int] | None, pause_after: int | None) -> Run:
        """Begin to make the pages of a project.

        Args:
            project: Of the pages.
            numbers: Of the pages to make; None: all, and the file of the result.
            pause_after: Pages after which the run pauses by itself; None: it does not.

        Raises:
            ValueError: There is no page of a number.
        """
        if numbers is not None and any(not 0 <= number < len(project.names) for number in numbers):
            raise ValueError("there is no page of such a number")
        names = None if numbers is None else [project.names[number] for number in numbers]
        run = Run(project, names, len(project.names if names is None else names), pause_after)
        return self.worker.start_run(run)

    def finished(self, project: Project) -> Path:
        """Return the file of a finished volume.

        Raises:
            ValueError: There is none, or a run is at work on it.
        """
        run, file = self.worker.runs.get(project.id), project.job.target.path
        if run and run.state in ("running", "paused"):
            raise ValueError("the run is not finished: wait for it, or go on with it")
        if project.job.target.rename:
            file = file / project.job.target.rename
        if not file.is_file():
            raise ValueError("there is no result yet: run all pages first")
        if file.stat().st_mtime < project.changed_at:
            raise ValueError("the result lacks what was edited since: run all pages again, which takes moments")
        return file

    def command(self, project: Project) -> str:
        """Return the command line that makes the same volume, without what only the studio can do."""
        settings, source = project.settings, project.source
        words = ["mangagan", "colorize", str(source), f"--output={source.stem}-color{project.job.target.path.suffix}"]
        if self.tools.names[0] != "base":
            words.append(f"--checkpoint={self.tools.names[0]}")
        if isinstance(settings.palette, tuple):
            words.append("--palette=colors.json")
        elif settings.palette.startswith("page:"):
            number = project.number_of(settings.palette.removeprefix("page:"))
            words.append(f"--palette={project.folder / 'palette' / f'{number:05d}.png'}")
        elif settings.palette != "auto":
            words.append(f"--palette={settings.palette}")
        if any((project.folder / "hints").rglob("*.json")):
            words.append(f"--hints={project.folder / 'hints'}")
        words += ["--ink=off"] * (not settings.ink) + ["--protect=off"] * (not settings.protect)
        return " ".join(shlex.quote(word) for word in words + [f"--size={settings.size}"] * bool(settings.size))

    def _after_edit(self, project: Project, name: str, hints: bool, preview: bool) -> dict[str, Any]:
        if hints:
            pixels = np.asarray(original(project, name))
            write_hints(project, name, project.edits.of_page(name).active, pixels)
        self.worker.outdate(project)
        if preview:
            self.worker.look_at(project, name)
        return self.page(project, name)

    def _summary(self, id: str) -> dict[str, Any]:
        try:
            project = self.library.project(id)
        except (ValueError, UnusableFile, OSError, KeyError) as error:
            return {"id": id, "title": "", "pages": 0, "done": 0, "opened": 0.0, "reason": printable(str(error))}
        done = sum(self._page_state(project, name)[0] in ("done", "color") for name in project.names)
        opened = os.stat(project.folder).st_mtime
        return {
            "id": id,
            "title": printable(project.title),
            "pages": len(project.names),
            "done": done,
            "opened": opened,
        }

    def _entry(self, project: Project, name: str) -> dict[str, Any]:
        state, reason = self._page_state(project, name)
        return {
            "number": project.number_of(name),
            "name": printable(name),
            "state": state,
            "reason": reason,
            "edited": bool(project.edits.of_page(name).active),
            "revision": self._revision(project, name, "color"),
        }

    def _page_state(self, project: Project, name: str) -> tuple[str, str]:
        if self.worker.current == (project.id, name):
            return "running", ""
        if reason := self.worker.failed.get((project.id, name)):
            return "failed", reason
        last = self._last_stage(project, name)
        if last is None:
            return "todo", ""
        file = picture_file(project, name, last, self._revision(project, name, last))
        if file.exists():
            return "done", ""
        if file.with_suffix(".json").exists():
            return "color", "it is in colour already"
        return "todo", ""

    def _results(self, project: Project, name: str) -> dict[str, str | None]:
        stages = stages_on(project.settings, self.tools, project.edits.of_page(name).active)
        found: dict[str, str | None] = dict.fromkeys(STAGES)
        for stage in stages:
            revision = self._revision(project, name, stage)
            file = picture_file(project, name, stage, revision)
            found[stage] = revision if file.exists() or file.with_suffix(".json").exists() else None
        return found

    def _last_stage(self, project: Project, name: str) -> str | None:
        stages = stages_on(project.settings, self.tools, project.edits.of_page(name).active)
        return stages[-1] if stages else None

    def _last(self, project: Project, name: str) -> np.ndarray | None:
        for stage in reversed(stages_on(project.settings, self.tools, project.edits.of_page(name).active)):
            made = read_picture(project, name, stage, self._revision(project, name, stage))
            if made is not None and not isinstance(made, Keep):
                return made
        return None

    def _revision(self, project: Project, name: str, stage: str) -> str:
        return revision_of(project, project.settings, self.tools, name, stage)

    def _tell(self, project: Project, name: str | None) -> None:
        if name is None:
            run = self.worker.runs.get(project.id)
            self.events.publish({"kind": "run", "project": project.id, "run": _run_json(run, project)})
        elif name in project.names:
            page, results = self._entry(project, name), self._results(project, name)
            made = {"results": results, "last": self._last_stage(project, name)}
            self.events.publish({"kind": "page", "project": project.id, "page": page} | made)


def _run_json(run: Run | None, project: Project) -> dict[str, Any]:
    return run.to_json() if run else {"state": "idle", "done": 0, "total": len(project.names)}


def _size(project: Project, name: str) -> tuple[int, int]:
    """Return the width and height of a page, upright."""
    key = (project.fingerprint, name)
    if key not in project.sizes:
        project.sizes[key] = original(project, name).size
    return project.sizes[key]
