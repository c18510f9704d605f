"""Process volumes one after the other; finished pages are kept, and never done again."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tqdm import tqdm

from mangagan.images.encode import Quality
from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits
from mangagan.images.links import check_no_links
from mangagan.images.names import format_of, printable
from mangagan.images.volume import Volume
from mangagan.infer.volume.contents import contents
from mangagan.infer.volume.jobs import Job
from mangagan.infer.volume.journal import OutOfSpace, clear_work, has_work, work_folder
from mangagan.infer.volume.page_stages import OUTDATED, FinishedPage, Processor, Stages, error_text
from mangagan.infer.volume.pipeline import flow
from mangagan.infer.volume.report import FAULTS, PageReport, Report, VolumeReport


@dataclass(frozen=True)
class Settings:
    """How volumes are read and written.

    Attributes:
        note: What ComicInfo.xml says about the program that coloured the pages.
        overwrite: Whether existing output is replaced.
        limits: The largest files that are accepted.
        quality: How pages are encoded.
        max_bytes: The most bytes of a volume, as far as a lower quality of its pages can do it; None: any.
        workers: Threads that read and write pages.
        progress: Whether a progress bar is shown.
        began: When the run began, by `time.monotonic`.

    Raises:
        ValueError: There is less than one worker.
    """

    note: str
    overwrite: bool = False
    limits: Limits = Limits()
    quality: Quality = Quality()
    max_bytes: int | None = None
    workers: int = 2
    progress: bool = True
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ValueError(f"pages cannot be read and written by {self.workers} threads")

    @property
    def live_pages(self) -> int:
        """The most pages that are in memory at once: read, being processed, or not yet written."""
        return self.workers + 4


def process_volumes(jobs: Sequence[Job], processor: Processor, settings: Settings) -> Report:
    """Process all volumes and return what became of them.

    A fault of a page or a volume is reported, and the others are still done. Only where no space is left, and at
    Ctrl-C, the run ends early; the same call resumes it.

    Args:
        jobs: The volumes and their targets (see `plan`).
        processor: A colouriser or restorer; it processes pages in this thread, one by one, in order.
        settings: How volumes are read and written.
    """
    report = Report(settings.began)
    with warnings.catch_warnings():
        # Pages are read in threads, where what catch_warnings sets and restores becomes muddled: undone here.
        warnings.simplefilter("ignore")
        for _ in iterate_pages(jobs, processor, settings, report):
            pass
    return report


def iterate_pages(
    jobs: Sequence[Job], processor: Processor, settings: Settings, report: Report
) -> Iterator[PageReport]:
    """Process all volumes, and yield what became of each page as soon as it is finished.

    An iterator that is closed early leaves the finished pages in place, and a second call resumes. See
    `process_volumes` for the arguments; `report` is filled in.
    """
    for job in jobs:
        volume = VolumeReport(job.title, str(job.target.path))
        report.volumes.append(volume)
        start = report.clock
        try:
            yield from _process_job(job, volume, processor, settings)
        except (UnusableFile, OSError) as error:
            volume.outcome, volume.reason = "failed", str(error)
        except OutOfSpace as error:
            report.stopped = f"{error}: what is finished is kept; make space, and run it again to go on"
            break
        except KeyboardInterrupt:
            report.stopped, report.interrupted = "interrupted: run it again to go on", True
            break
        # What a hostile file makes a library raise has no common class, and the other volumes are to be done.
        except Exception as error:
            volume.outcome, volume.reason = "failed", error_text(error)
        finally:
            volume.seconds = round(report.clock - start, 3)


def _process_job(job: Job, report: VolumeReport, processor: Processor, settings: Settings) -> Iterator[PageReport]:
    if job.fault:
        raise UnusableFile(job.fault)
    if _stays(job, report, settings):
        return
    with job.open(settings.limits) as volume:
        report.pages += [PageReport(name, "left out", reason) for name, reason in volume.left_out]
        check_no_links(job.target.path, job.target.root)
        # A folder without pages lies above archives: its other files are copied.
        if not any(member.is_page for member in volume.members) and (job.target.packed or not volume.members):
            raise UnusableFile("there are no pictures in it that can be read")
        with work_folder(job.target.work):
            # Another process may have finished it just now.
            if not _stays(job, report, settings):
                yield from _process_volume(job, volume, report, processor, settings)


def _stays(job: Job, report: VolumeReport, settings: Settings) -> bool:
    if settings.overwrite or not job.target.exists:
        return False
    if job.modified is not None and job.modified > job.target.path.stat().st_mtime:
        report.outcome, report.reason = "outdated", OUTDATED
    else:
        report.outcome, report.reason = "exists", "it is not overwritten"
    return True


def _process_volume(
    job: Job, volume: Volume, report: VolumeReport, processor: Processor, settings: Settings
) -> Iterator[PageReport]:
    sink = job.target.sink(settings.overwrite)
    names = frozenset(member.name for member in volume.members)
    volume_processor = processor.begin_volume(job.title, volume)
    quality = _quality(job, volume, settings)
    stages = Stages(job.title, names, sink, volume_processor, settings.limits, quality)
    pages = []
    for page in _process_pages(volume, stages, report, settings):
        pages.append(page)
        yield page.report
    if not pages or any(page.outcome in ("done", "kept", "exists", "outdated") for page in pages):
        note = settings.note if processor.colors else None
        for name, reason in sink.finish(contents(volume, pages, job.target, report, note)):
            report.leave_out(name, reason)
        report.pages += [PageReport(name, "copied", reason) for name, reason in volume.remarks]
        named = {page.name for page in report.pages}
        report.others += [member.name for member in volume.members if member.name not in named]
        report.outcome = "done"
    else:
        report.outcome, report.reason = "failed", f"none of its pages could be {processor.participle}"
        report.leave_out_copies()
    # Pages that failed may do better the next time, which then needs no more than these.
    if not report.counts["failed"] or not has_work(job.target.work):
        clear_work(job.target.work)


def _quality(job: Job, volume: Volume, settings: Settings) -> Quality:
    """Return how the pages of a volume are encoded: in the format of its output, each with its share of bytes."""
    quality = settings.quality
    if job.target.rename:
        wanted = format_of(job.target.rename)
        # A GIF becomes a PNG by itself, and stays a GIF if it is kept.
        from_gif = volume.members[0].name.lower().endswith(".gif") and wanted == "PNG"
        quality = replace(quality, format=None if from_gif else wanted)
    if settings.max_bytes:
        pages = sum(member.is_page for member in volume.members)
        quality = replace(quality, page_bytes=settings.max_bytes // max(1, pages))
    return quality


def _process_pages(volume: Volume, stages: Stages, report: VolumeReport, settings: Settings) -> Iterator[FinishedPage]:
    members = [member for member in volume.members if member.is_page]
    title = printable(stages.volume)
    threads: dict[str, Any] = {"workers": settings.workers, "live": settings.live_pages, "abort": volume.abort}
    # Without smoothing, the time left follows from the mean of all pages so far.
    with tqdm(total=len(members), desc=title, unit="page", smoothing=0, disable=not settings.progress) as bar:
        for page in flow(members, stages.read, stages.process, stages.write, **threads):
            report.pages.append(page.report)
            if report.first_page is None and page.outcome == "done" and page.is_new:
                report.first_page = round(time.monotonic() - settings.began, 3)
            if settings.progress and page.outcome in FAULTS:
                bar.write(page.report.line(title))
            if settings.progress and not page.is_new:
                bar.initial += 1
            bar.update()
            yield page
