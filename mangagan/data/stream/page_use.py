"""What a run uses of its archive: how many pages, and how large the crops of them are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, get_args

import numpy as np
from jaxtyping import Int

from mangagan.data.archive.archive import Archive
from mangagan.data.settings import Data
from mangagan.data.sources.entries import Split
from mangagan.data.stream.domains import Domain, domains_of
from mangagan.images.names import printable, shown

# Of the shorter side of a page: crops of this side differ, and show nearly all of the page.
_SUGGESTED_SHARE = 0.9


@dataclass(frozen=True)
class PageUse:
    """What a run uses of its archive.

    Attributes:
        used: Pages, or pairs, that have the forms which the run needs.
        total: Those that the source has, whether they fit or not.
        skipped: Files that are not in the archive.
        unit: "pairs" or "pages".
        crop: Median side of the crops, in page pixels, without jitter: less than `data.window` for small pages.
    """

    used: int
    total: int
    skipped: int
    unit: str
    crop: int

    def line(self, source: str) -> str | None:
        """Return what a run says of it, None where all pages are used.

        Args:
            source: The source as the user named it.
        """
        if self.used >= self.total and not self.skipped:
            return None
        return (
            f"{self.used} of {self.total} {self.unit} are used, {self.skipped} files were skipped; "
            f"`mangagan prepare --source={shown(printable(source))}` shows why"
        )

    def record(self) -> dict[str, Any]:
        """Return the same as values of JSON."""
        return asdict(self)


def page_use(data: Data, archive: Archive) -> PageUse:
    """Return what a run uses of its archive.

    Args:
        data: The configuration of the run.
        archive: Its archive.
    """
    splits: tuple[Split, ...] = get_args(Split)
    used = sum(len({page for one in domains_of(data, archive, split) for page in one.numbers}) for split in splits)
    report = archive.report
    skipped, pairs = len(report["skipped"]), report.get("pairs", 0)
    total = pairs or len(archive.manifest["pages"]) + skipped
    sides = np.minimum(_sizes(domains_of(data, archive, "train"), archive).min(axis=1), data.window)
    crop = int(np.median(sides)) if len(sides) else data.window
    return PageUse(used, max(used, total), skipped, "pairs" if pairs else "pages", crop)


def jitter_warning(data: Data, domains: Sequence[Domain], archive: Archive) -> str | None:
    """Return a warning if the crops of most pages are as large as the page allows, all of them; else None.

    Args:
        data: The configuration.
        domains: Those of the training set.
        archive: Their archive.
    """
    sizes = _sizes(domains, archive)
    if not len(sizes):
        return None
    side, smallest = int(np.median(sizes.min(axis=1))), data.window * (1 - data.jitter) / 2**data.octaves
    if data.window <= side or smallest < side:
        return None
    height, width = np.median(sizes, axis=0).astype(int)
    return (
        f"the median page is {width} x {height} pixels, and data.window={data.window} takes all of its shorter side: "
        f"its crops have no jitter; set data.window={max(1, round(_SUGGESTED_SHARE * side))}"
    )


def _sizes(domains: Sequence[Domain], archive: Archive) -> Int[np.ndarray, "n 2"]:
    """Return height and width of each training page of the domains."""
    pages = archive.pages("train")
    return np.array([pages[n]["size"] for one in domains for n in one.numbers], int).reshape(-1, 2)
