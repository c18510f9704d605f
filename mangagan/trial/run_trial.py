"""Runs a trial from its pages to its tables, as `mangagan trial` does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mangagan.evaluate.true_pages import TruePage
from mangagan.images.atomic import write_atomically
from mangagan.images.errors import UnusableFile
from mangagan.images.picture import Pixels
from mangagan.infer.network import Network
from mangagan.trial.characters import check_boxes, read_characters
from mangagan.trial.palette_modes import MODES, PaletteMode, split_covers
from mangagan.trial.predict_pages import Condition
from mangagan.trial.trial_pages import TrialInput, keep_picture
from mangagan.trial.trial_result import Found, Trial, table


@dataclass(frozen=True)
class TrialPlan:
    """What a trial measures: inputs of each kind under each palette mode; sizes and hints with the first mode alone."""

    kinds: Sequence[TrialInput]
    modes: Sequence[PaletteMode]
    sizes: Sequence[int] = ()  # working sizes, none or several
    hints: int = 0  # true hints of each page
    characters: Path | None = None


def open_trial(
    network: Network,
    folder: Path,
    pages: Sequence[TruePage],
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
    sorted_pages = split_covers(
        {name: _pixels(page) for name, page in found.items()}, {name: page.work for name, page in found.items()}
    )
    if characters:
        check_boxes(read_characters(characters), sorted_pages.truth)
    for name, pixels in sorted_pages.truth.items():
        keep_picture(folder / "truth", name, partial(np.asarray, pixels))
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


def _measure(trial: Trial, plan: TrialPlan, kind: TrialInput) -> dict[str, Found]:
    found = {"bare": trial.bare(kind)} | {mode: trial.metrics(Condition(kind, mode)) for mode in plan.modes}
    if plan.hints:
        hinted = Condition(kind, plan.modes[0], hints=plan.hints)
        found[f"{plan.modes[0]}, {plan.hints} hints"] = trial.metrics(hinted)
    return found


def _compare_sizes(trial: Trial, plan: TrialPlan, kind: TrialInput, content: dict[str, Any]) -> str:
    mode, sizes = plan.modes[0], tuple(plan.sizes)
    content[f"{kind} at sizes"] = at = trial.at_sizes(kind, mode, sizes)
    content[f"{kind} between sizes"] = between = trial.between_sizes(kind, mode, sizes)
    values = ", ".join(f"{value:.2f} at {size}" for size, value in at.items())
    return f"CIEDE2000 at working sizes, {mode}: {values}; between them {between:.2f}"


def _compare_characters(trial: Trial, plan: TrialPlan, kind: TrialInput, content: dict[str, Any]) -> str:
    assert plan.characters
    modes = [mode for mode in MODES if mode in ("work", *plan.modes)]
    content[f"{kind} spread of characters"] = deviations = trial.spreads(kind, modes, read_characters(plan.characters))
    values = ", ".join(f"{mode} {value:.2f}" for mode, value in deviations.items())
    return f"deviation of a character's a and b over the pages of a work: {values}"


def _pixels(page: TruePage) -> Pixels:
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
