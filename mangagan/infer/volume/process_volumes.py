"""Volumes in, coloured volumes out; what is finished is kept, and never done again."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

from tqdm import tqdm

from mangagan.images.decode import Unusable
from mangagan.images.encode import Quality
from mangagan.images.limits import Limits
from mangagan.images.names import printable
from mangagan.images.open_volume import Volume
from mangagan.infer.volume.contents import contents
from mangagan.infer.volume.jobs import Job
from mangagan.infer.volume.journal import OutOfSpace, clear_work, has_work, work_folder
from mangagan.infer.volume.page_stages import Begin, Closed, Stages, said
from mangagan.infer.volume.pipeline import flow
from mangagan.infer.volume.report import FAULTS, PageReport, Report, VolumeReport


@dataclass(frozen=True)
class Settings:
    """How volumes are read and written; `note` says in ComicInfo.xml what coloured them.

    Raises ValueError for less than one worker.
    """

    note: str
    overwrite: bool = False
    limits: Limits = Limits()
    quality: Quality = Quality()
    workers: int = 2  # threads that read and write pages
    began: float = field(default_factory=time.monotonic)  # when the run did, by `time.monotonic`

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ValueError(f"pages cannot be read and written by {self.workers} threads")

    @property
    def live_pages(self) -> int:
        """How many are read, being coloured, and not yet written, all together."""
        return self.workers + 4


def color_volumes(jobs: Sequence[Job], begin: Begin, settings: Settings) -> Report:
    """Colours all volumes, one after the other, each as `begin` says; pages in this thread, one by one, in order.

    What goes wrong with a page or a volume is reported, and the others are still done. Only where no space is left,
    and at Ctrl-C, the run ends early; the same call goes on from there.
    """
    report = Report(settings.began)
    with warnings.catch_warnings():
        # Pages are read in threads, where what catch_warnings sets and restores becomes muddled: undone here.
        warnings.simplefilter("ignore")
        for job in jobs:
            volume = VolumeReport(job.title, str(job.target.path))
            report.volumes.append(volume)
            start = report.clock
            try:
                _color_job(job, volume, begin, settings)
            except (Unusable, OSError) as error:
                volume.outcome, volume.reason = "failed", str(error)
            except OutOfSpace as error:
                report.stopped = f"{error}: what is finished is kept; make space, and run it again to go on"
                break
            except KeyboardInterrupt:
                report.stopped, report.interrupted = "interrupted: run it again to go on", True
                break
            # What a hostile file makes a library raise has no common class, and the other volumes are to be done.
            except Exception as error:
                volume.outcome, volume.reason = "failed", said(error)
            finally:
                volume.seconds = round(report.clock - start, 3)
    return report


def _color_job(job: Job, report: VolumeReport, begin: Begin, settings: Settings) -> None:
    if _stays(job, report, settings):
        return
    with job.open(settings.limits) as volume:
        report.pages += [PageReport(name, "left out", reason) for name, reason in volume.left_out]
        if not any(member.is_page for member in volume.members):
            raise Unusable("there are no pictures in it that can be read")
        with work_folder(job.target.work):
            # Another process may have finished it just now.
            if not _stays(job, report, settings):
                _color_volume(job, volume, report, begin, settings)


def _stays(job: Job, report: VolumeReport, settings: Settings) -> bool:
    if settings.overwrite or not job.target.exists:
        return False
    report.outcome, report.reason = "exists", "it is not overwritten"
    return True


def _color_volume(job: Job, volume: Volume, report: VolumeReport, begin: Begin, settings: Settings) -> None:
    sink = job.target.sink(settings.overwrite)
    names = frozenset(member.name for member in volume.members)
    stages = Stages(job.title, names, sink, begin(job.title, volume), settings.limits, settings.quality)
    pages = _color_pages(volume, stages, report, settings)
    if any(page.outcome in ("done", "kept", "exists") for page in pages):
        for name, reason in sink.finish(contents(volume, pages, job.target, report, settings.note)):
            report.leave_out(name, reason)
        report.outcome = "done"
    else:
        report.outcome, report.reason = "failed", "none of its pages could be coloured"
    # Pages that failed may do better the next time, which then needs no more than these.
    if not report.counts["failed"] or not has_work(job.target.work):
        clear_work(job.target.work)


def _color_pages(volume: Volume, stages: Stages, report: VolumeReport, settings: Settings) -> list[Closed]:
    members = [member for member in volume.members if member.is_page]
    title = printable(stages.volume)
    pages = []
    # Without smoothing, the time left follows from the mean of all pages so far.
    with tqdm(total=len(members), desc=title, unit="page", smoothing=0) as bar:
        ways = {"workers": settings.workers, "live": settings.live_pages}
        for page in flow(members, stages.read, stages.make, stages.write, **ways):
            pages.append(page)
            report.pages.append(page.report)
            if report.first_page is None and page.outcome == "done" and page.is_new:
                report.first_page = round(time.monotonic() - settings.began, 3)
            if page.outcome in FAULTS:
                bar.write(page.report.line(title))
            if not page.is_new:
                bar.initial += 1
            bar.update()
    return pages
