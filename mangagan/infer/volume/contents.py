"""The contents of a finished volume: its pages, its other files, and a ComicInfo.xml that says what was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mangagan.images.comic_info import colored_info
from mangagan.images.errors import UnusableFile
from mangagan.images.names import COMIC_INFO, is_comic_info, natural_key
from mangagan.images.volume import Volume
from mangagan.infer.volume.jobs import Target
from mangagan.infer.volume.page_stages import FinishedPage
from mangagan.infer.volume.report import PageReport, VolumeReport
from mangagan.infer.volume.sinks import Content


def contents(
    volume: Volume, pages: Sequence[FinishedPage], target: Target, report: VolumeReport, note: str | None
) -> list[Content]:
    """Return the files of the finished volume in the order of its source.

    Args:
        volume: The open source.
        pages: Its pages at their end.
        target: Where the volume goes.
        report: Gets a line for a ComicInfo.xml that cannot be read.
        note: What ComicInfo.xml says of the program that coloured the pages; None leaves it as it is.
    """
    found = list(_contents(volume, pages, target.packed))
    if note is None or not any(page.outcome == "done" for page in pages):
        return found
    # Only a CBZ gets a ComicInfo.xml that its source lacks: it tells catalogues that a machine coloured it.
    is_cbz = target.packed and target.path.suffix.lower() == ".cbz"
    if is_cbz and not any(is_comic_info(content.name) for content in found):
        found.append(Content(COMIC_INFO, "", bytes))
    order = sorted(pages, key=lambda page: natural_key(page.name or page.member.name))
    sizes = {number: page.bytes for number, page in enumerate(order) if page.key}
    return [_noted(content, note, sizes, report) if is_comic_info(content.name) else content for content in found]


def _contents(volume: Volume, pages: Sequence[FinishedPage], packed: bool) -> Iterator[Content]:
    closed = {page.member.name: page for page in pages}
    for member in volume.members:
        page = closed.get(member.name)
        if page and page.key:
            yield Content(page.name, page.key, member.load, member.archive)
        # A folder lacks the pages that failed: a file that exists there would be left alone the next time.
        elif packed or not page or page.outcome == "copied":
            yield Content(member.name, "", member.load, member.archive)


def _noted(content: Content, note: str, sizes: Mapping[int, int], report: VolumeReport) -> Content:
    try:
        data = colored_info(content.load(), note, sizes)
    except UnusableFile as reason:
        report.pages.append(PageReport(content.name, "copied", str(reason)))
        return content
    return replace(content, load=lambda: data)
