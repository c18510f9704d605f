"""Process one volume for the library: an iterator over its pages as they are finished."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from mangagan.infer.volume.jobs import Job
from mangagan.infer.volume.page_stages import Processor
from mangagan.infer.volume.plan import To, plan
from mangagan.infer.volume.process_volumes import Settings, iterate_pages
from mangagan.infer.volume.report import PageReport, Report


def process_one(
    processor: Processor, source: str | Path, output: str | Path, to: To | None, overwrite: bool
) -> Iterator[PageReport]:
    """Process one volume, and yield what became of each page as soon as it is finished.

    An iterator that is left early, or killed, keeps its finished pages; the next call resumes.

    Args:
        processor: A colouriser or restorer with its guidance.
        source: A picture, a folder, an archive or a PDF.
        output: A folder, or the file of the result.
        to: What volumes become; None keeps folders folders, and archives CBZ.
        overwrite: Whether existing output is replaced.

    Raises:
        ValueError: There is no such source, the output does not fit it, or the volume cannot be processed.
    """
    # Mistakes in the paths are reported at the call, not at the first page.
    jobs = plan([Path(source)], Path(output), to)
    settings = Settings(f"Coloured by mangagan {version('mangagan')}", overwrite=overwrite, progress=False)
    return _pages(jobs, processor, settings)


def _pages(jobs: Sequence[Job], processor: Processor, settings: Settings) -> Iterator[PageReport]:
    report = Report(settings.began)
    yield from iterate_pages(jobs, processor, settings, report)
    failed = [volume for volume in report.volumes if volume.outcome == "failed"]
    if failed or report.stopped:
        raise ValueError(report.stopped or f"{failed[0].title}: {failed[0].reason}")
