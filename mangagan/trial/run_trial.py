"""A trial from its pages to its tables: what `mangagan trial` does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mangagan.evaluate.restoration.conditions import Truth
from mangagan.images.atomic import write_atomically
from mangagan.images.errors import UnusableFile
from mangagan.images.picture import Pixels
from mangagan.infer.network import Network
from mangagan.trial.characters import check_boxes, read_characters
from mangagan.trial.palette_modes import WAYS, Way, sorted_out
from mangagan.trial.predict_pages import Look
from mangagan.trial.trial_pages import Kind, kept
from mangagan.trial.trial_result import Found, Trial, table


@dataclass(frozen=True)
class TrialPlan:
    """What a trial measures: inputs of each kind in each way, and in the first way also sizes, hints and characters."""

    kinds: Sequence[Kind]
    ways: Sequence[Way]
    sizes: Sequence[int] = ()  # working sizes, none or several
    hints: int = 0  # true hints of each page
    characters: Path | None = None


def open_trial(
    network: Network,
    folder: Path,
    pages: Sequence[Truth],
    *,
    characters: Path | None = None,
    perceptual: bool = True,
) -> Trial:
    """Read the true pages and claim the folder of a trial, in which all pictures are kept.

    Args:
        network: The network that colours the pages.
        folder: The folder of the trial: new, or that of the same network and pages.
        pages: The true pages in colour.
        characters: A JSON file with the boxes of characters, checked against the pages.
        perceptual: Whether LPIPS and VFD are measured.

    Raises:
        ValueError: A page or the file of characters cannot be used, or the folder belongs to another trial.
    """
    found = {page.name.rsplit(".", 1)[0]: page for page in pages}
    _claim(folder, [page.name for page in pages], network.info.digest)
    sorted_pages = sorted_out(
        {name: _pixels(page) for name, page in found.items()}, {name: page.work for name, page in found.items()}
    )
    if characters:
        check_boxes(read_characters(characters), sorted_pages.truth)
    for name, pixels in sorted_pages.truth.items():
        kept(folder / "truth", name, lambda pixels=pixels: pixels)  # type: ignore[misc]
    return Trial(network, sorted_pages, folder, perceptual=perceptual)


def run_trial(trial: Trial, plan: TrialPlan) -> str:
    """Measure all that the plan names, write trial.json and trial.md, and return the tables as Markdown."""
    content: dict[str, Any] = {"pages": len(trial.pages.truth), "works": sorted(set(trial.pages.works.values()))}
    parts = []
    for kind in plan.kinds:
        content[kind] = found = _measure(trial, plan, kind)
        parts.append(table(kind, found))
        if plan.sizes:
            parts.append(_compare_sizes(trial, plan, kind, content))
        if plan.characters:
            parts.append(_compare_characters(trial, plan, kind, content))
    text = "\n\n".join(parts)
    write_atomically(trial.folder / "trial.json", (json.dumps(content, indent=1) + "\n").encode())
    write_atomically(trial.folder / "trial.md", (text + "\n").encode())
    return text


def _measure(trial: Trial, plan: TrialPlan, kind: Kind) -> dict[str, Found]:
    found = {"bare": trial.bare(kind)} | {way: trial.figures(Look(kind, way)) for way in plan.ways}
    if plan.hints:
        found[f"{plan.ways[0]}, {plan.hints} hints"] = trial.figures(Look(kind, plan.ways[0], hints=plan.hints))
    return found


def _compare_sizes(trial: Trial, plan: TrialPlan, kind: Kind, content: dict[str, Any]) -> str:
    way, sizes = plan.ways[0], tuple(plan.sizes)
    content[f"{kind} at sizes"] = at = trial.at_sizes(kind, way, sizes)
    content[f"{kind} between sizes"] = between = trial.between_sizes(kind, way, sizes)
    values = ", ".join(f"{value:.2f} at {size}" for size, value in at.items())
    return f"CIEDE2000 at working sizes, {way}: {values}; between them {between:.2f}"


def _compare_characters(trial: Trial, plan: TrialPlan, kind: Kind, content: dict[str, Any]) -> str:
    assert plan.characters
    ways = [way for way in WAYS if way in ("work", *plan.ways)]
    content[f"{kind} spread of characters"] = spreads = trial.spreads(kind, ways, read_characters(plan.characters))
    values = ", ".join(f"{way} {value:.2f}" for way, value in spreads.items())
    return f"spread of a character's a and b over the pages of a work: {values}"


def _pixels(page: Truth) -> Pixels:
    try:
        return page.pixels()
    except UnusableFile as reason:
        raise ValueError(f"{page.name}: {reason}") from reason


def _claim(folder: Path, pages: Sequence[str], network: str) -> None:
    """Raise ValueError if a folder has pictures of another network or other pages."""
    file, content = folder / "of.json", json.dumps({"network": network, "pages": sorted(pages)}, indent=1)
    if file.is_file() and file.read_text("utf-8") != content:
        raise ValueError(f"{folder} has the trial of another network, or of other pages: choose another --output")
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(file, content.encode())
