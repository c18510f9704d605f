"""The thread that owns the networks: the page that somebody looks at goes before the run of a volume."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from mangagan.images.encode import Quality
from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits
from mangagan.images.names import printable
from mangagan.images.volume import Volume
from mangagan.infer.volume.page_stages import Keep, PageInput, error_text
from mangagan.infer.volume.process_volumes import Settings, iterate_pages
from mangagan.infer.volume.report import PageReport, Report
from mangagan.studio.project import Project
from mangagan.studio.stages import EditedPages, EditedVolume, Tools

log = logging.getLogger(__name__)

# Called with the project, the name of a page and what became of it, or None for its run.
Listener = Callable[[Project, str | None], None]


@dataclass
class Run:
    """The run of a volume, or of some of its pages.

    Attributes:
        pages: Names; None for the volume, whose result is written at the end.
        state: "running", "paused", "finished" or "failed".
        done: Pages so far.
        total: Pages in all.
        pause_after: Pages after which it pauses by itself.
        reason: Why it failed, or what happened to the result.
        seconds: That were spent on pages that were new.
    """

    project: Project
    pages: Sequence[str] | None
    total: int
    pause_after: int | None = None
    state: str = "running"
    done: int = 0
    reason: str = ""
    seconds: list[float] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return what the web page shows."""
        # The mean of the last pages: the first ones wait for programs to be compiled.
        last = self.seconds[-10:]
        left = (self.total - self.done) * sum(last) / len(last) if last else None
        values = {name: getattr(self, name) for name in ("state", "done", "total", "pause_after", "reason")}
        return values | {"seconds_left": None if left is None else round(left, 1)}


class Worker(threading.Thread):
    """Makes pages one after the other. Methods are called from any thread; networks run in this one alone."""

    def __init__(self, tools: Tools, listener: Listener) -> None:
        """Take the networks, and who is told when a page or a run has changed."""
        super().__init__(name="networks", daemon=True)
        self.tools, self.runs = tools, dict[str, Run]()
        self.failed: dict[tuple[str, str], str] = {}  # reasons, by project and page
        self.current: tuple[str, str] | None = None  # the project and page at work
        self._listener, self._changed = listener, threading.Condition()
        self._wanted: list[tuple[Project, str]] = []
        self._steps: dict[str, Generator[PageReport]] = {}
        self._dropped: list[Generator[PageReport]] = []  # closed by this thread, which holds their locks
        self._ended = False

    def look_at(self, project: Project, page: str) -> None:
        """Make a page before all others; the one that was asked for last goes first."""
        with self._changed:
            self._wanted = [other for other in self._wanted if other != (project, page)] + [(project, page)]
            self.failed.pop((project.id, page), None)
            self._changed.notify()

    def start_run(self, run: Run) -> Run:
        """Begin a run; an earlier one of its project ends."""
        with self._changed:
            self._close(run.project.id)
            self.runs[run.project.id] = run
            self._changed.notify()
        return run

    def set_running(self, project: Project, running: bool, pause_after: int | None = None) -> Run:
        """Pause a run after the page at work, or go on.

        Raises:
            ValueError: There is no run of the project.
        """
        with self._changed:
            run = self.runs.get(project.id)
            if run is None or run.state not in ("running", "paused"):
                raise ValueError("there is no run of this project")
            run.state, run.pause_after = "running" if running else "paused", pause_after
            self._changed.notify()
        return run

    def outdate(self, project: Project) -> None:
        """Forget that a run has finished: its result lacks what was edited since."""
        with self._changed:
            run = self.runs.get(project.id)
            if run and run.state == "finished":
                self.runs.pop(project.id)
        self._tell(project, None)

    def forget(self, project: Project) -> None:
        """Drop all work of a project, once the page at work is done."""
        with self._changed:
            self._wanted = [other for other in self._wanted if other[0] is not project]
            self._close(project.id)
            self.runs.pop(project.id, None)
            self._changed.notify()
            self._changed.wait_for(lambda: not self._is_at_work(project) or not self.is_alive())

    def end(self) -> None:
        """Stop after the page at work; what is finished is kept."""
        with self._changed:
            self._ended = True
            self._changed.notify()
        self.join(timeout=60)

    def run(self) -> None:
        """Work until `end` is called."""
        with ExitStack() as opened:
            volumes = _OpenVolume(self.tools, opened)
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._ended or self._dropped or self._wanted or self._running())
                    for project in list(self._steps) if self._ended else ():
                        self._close(project)
                    while self._dropped:
                        self._dropped.pop().close()
                    self._changed.notify_all()
                    if self._ended:
                        return
                    wanted, run = self._wanted.pop() if self._wanted else None, self._running()
                if wanted:
                    self._make(volumes, *wanted)
                elif run:
                    self._step(volumes, run)

    def _is_at_work(self, project: Project) -> bool:
        return bool(self._dropped) or (self.current is not None and self.current[0] == project.id)

    def _running(self) -> Run | None:
        return next((run for run in self.runs.values() if run.state == "running"), None)

    def _close(self, project: str) -> None:
        if steps := self._steps.pop(project, None):
            self._dropped.append(steps)

    def _make(self, volumes: _OpenVolume, project: Project, page: str) -> None:
        with self._at(project, page):
            try:
                volumes.make(project, page)
            # What hostile pages make libraries raise has no common class, and the thread must go on.
            except Exception as error:
                self.failed[project.id, page] = printable(str(error) if _is_plain(error) else error_text(error))

    def _step(self, volumes: _OpenVolume, run: Run) -> None:
        """Do the next page of a run."""
        steps = self._steps.get(run.project.id)
        if steps is None:
            steps = self._steps[run.project.id] = self._pages(volumes, run)
        start = time.monotonic()
        try:
            report = next(steps)
        except StopIteration:
            self._steps.pop(run.project.id, None)
            run.state = "failed" if run.reason else "finished"
        except Exception as error:
            self._steps.pop(run.project.id, None)
            run.state, run.reason = "failed", printable(str(error) if _is_plain(error) else error_text(error))
        else:
            run.done += 1
            run.seconds.append(time.monotonic() - start)
            if report.outcome in ("failed", "copied"):
                self.failed[run.project.id, report.name] = printable(report.reason)
            if run.pause_after is not None:
                run.pause_after -= 1
                if run.pause_after <= 0 and run.done < run.total:
                    run.state, run.pause_after = "paused", None
            self._tell(run.project, report.name)
        self._tell(run.project, None)

    def _pages(self, volumes: _OpenVolume, run: Run) -> Generator[PageReport]:
        project = run.project
        if run.pages is None:
            report = Report(time.monotonic())
            settings = Settings(self._note, overwrite=True, progress=False)
            yield from iterate_pages([project.job], EditedPages(project, self.tools), settings, report)
            fault = report.stopped or next((v.reason for v in report.volumes if v.outcome == "failed"), "")
            run.reason = printable(fault)
            return
        for page in run.pages:
            with self._at(project, page):
                yield volumes.report(project, page)

    @property
    def _note(self) -> str:
        return f"Coloured by mangagan {self.tools.color.version} with {self.tools.names[0]}"

    @contextmanager
    def _at(self, project: Project, page: str) -> Iterator[None]:
        self.current = project.id, page
        self._tell(project, page)
        try:
            yield
        finally:
            with self._changed:
                self.current = None
                self._changed.notify_all()
            self._tell(project, page)

    def _tell(self, project: Project, page: str | None) -> None:
        try:
            self._listener(project, page)
        except Exception:  # the project may be gone by now, and this thread must go on
            log.exception("a page was made, and nobody could be told")


class _OpenVolume:
    """The volume whose pages are looked at, which stays open for the next one."""

    def __init__(self, tools: Tools, opened: ExitStack) -> None:
        self._tools, self._opened, self._key = tools, opened, None
        self._volume: Volume
        self._pages: EditedVolume

    def make(self, project: Project, page: str) -> Keep | None:
        """Make all stages of a page; return why it is kept as it is, if it is. Raises what a page raises."""
        self._open(project)
        member = next(member for member in self._volume.members if member.name == page)
        pixels, envelope = self._pages.decode(member.load(), Limits(), Quality())
        made = self._pages.process(PageInput(project.job.title, page, pixels, envelope))
        return made if isinstance(made, Keep) else None

    def report(self, project: Project, page: str) -> PageReport:
        """Make a page, and return what became of it."""
        try:
            kept = self.make(project, page)
        except Exception as error:
            return PageReport(page, "failed", str(error) if _is_plain(error) else error_text(error))
        return PageReport(page, "kept", kept.reason) if kept else PageReport(page, "done")

    def _open(self, project: Project) -> None:
        has_hints = any((project.folder / "hints").rglob("*.json"))
        key: Any = (project.id, project.settings, has_hints, project.fingerprint)
        if key == self._key:
            return
        self._key = None
        self._opened.close()
        self._volume = self._opened.enter_context(project.open())
        self._pages = EditedPages(project, self._tools).begin_volume(project.job.title, self._volume)
        self._key = key


def _is_plain(error: Exception) -> bool:
    """Return whether the message of an error was written for people."""
    return isinstance(error, (UnusableFile, ValueError))
