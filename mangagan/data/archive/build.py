"""Build an archive: stage the pages, split them by work, pack them, and move the result into place atomically."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from mangagan.data.archive.splits import SplitCandidate, assign_splits, parse_patterns, requested_splits
from mangagan.data.archive.staging import stage, staged, staged_bytes
from mangagan.data.sources.entries import Source
from mangagan.images.names import shown

FORMAT = 1  # part of the cache key: increase it when archives change in a way that old ones must be built again
_REASONS_SHOWN = 5


def build(source: Source, text: str, directory: Path, *, held_out: str, progress: bool) -> None:
    """Write the archive of a source to a new directory; an interrupted build is continued.

    The caller must hold the lock of the directory.

    Args:
        source: the source.
        text: how the user named it.
        directory: of the archive; it must not exist.
        held_out: see `mangagan.data.archive.splits.requested_splits`.
        progress: whether a progress bar is shown.

    Raises:
        ValueError: with the reasons, for a source without a usable picture, or works that it does not have.
    """
    staging = directory.with_name(directory.name + ".staging")
    entries = source.entries()
    stage(entries, staging / "pages", progress=progress)
    notes = list(enumerate(staged(staging / "pages", len(entries))))
    # A broken picture is reported, not fatal: large collections always have some.
    usable = [(number, note) for number, note in notes if "skipped" not in note]
    skipped = [{"name": note["name"], "reason": note["skipped"]} for _, note in notes if "skipped" in note]
    if not usable:
        shutil.rmtree(staging)
        raise ValueError(_nothing_usable(text, skipped))
    pages, split_notes = _manifest_pages(usable, held_out)
    manifest = {"format": FORMAT, "source": text, "licences": source.licences, "notes": split_notes}
    # The manifest is written last and is moved with the packed records.
    packed = _pack(pages, staging)
    for page in pages:
        del page["number"]
    _write_json(packed / "manifest.json", manifest | {"pages": pages})
    _write_json(packed / "report.json", _report(source, text, len(pages), skipped))
    # A rename: an archive appears complete, or not at all.
    os.replace(packed, directory)
    shutil.rmtree(staging)


def _report(source: Source, text: str, used: int, skipped: list[dict[str, str]]) -> dict[str, Any]:
    others = [{"name": name, "reason": reason} for name, reason in source.others()]
    pairs = {"pairs": source.pairs} if source.pairs else {}
    return {"source": text, "used": used, **pairs, "skipped": skipped, "others": others}


def _manifest_pages(
    usable: list[tuple[int, dict[str, Any]]], held_out: str
) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    pages = []
    for number, note in usable:
        kept = ("name", "work", "split", "size", "color", "bw")
        pages.append({key: note[key] for key in kept} | {"number": number})
    fixed = [page["split"] for page in pages]
    if parse_patterns(held_out):
        requested = requested_splits(held_out, [(page["name"], page["work"]) for page in pages])
        # What the source itself holds out stays held out.
        fixed = [own if own == "validation" else one for own, one in zip(fixed, requested, strict=True)]
    candidates = [
        SplitCandidate(page["work"], page["color"] is not None, split) for page, split in zip(pages, fixed, strict=True)
    ]
    splits, notes = assign_splits(candidates)
    for page, split in zip(pages, splits, strict=True):
        page["split"] = split
    # The sort is stable, so that pages keep the order of their source within a split.
    return sorted(pages, key=lambda page: page["split"]), notes


def _pack(pages: list[dict[str, Any]], staging: Path) -> Path:
    from mangagan.data.archive.pack import pack  # the import of tensorflow_datasets takes a second

    labels = {page["number"]: page for page in pages}

    def read(number: int) -> dict[str, Any]:
        color, bw = staged_bytes(staging / "pages", number)
        return {"name": labels[number]["name"], "work": labels[number]["work"], "color": color, "bw": bw}

    # What an interrupted run has packed is incomplete; packing is fast compared with staging.
    shutil.rmtree(staging / "packed", ignore_errors=True)
    splits = sorted({page["split"] for page in pages})
    numbers = {split: [page["number"] for page in pages if page["split"] == split] for split in splits}
    return pack(numbers, read, staging / "packed")


def _nothing_usable(text: str, skipped: list[dict[str, str]]) -> str:
    if not skipped:
        return f"data source {text} has no pictures: no file in it is one"
    reasons = "; ".join(f"{shown(skip['name'])}: {skip['reason']}" for skip in skipped[:_REASONS_SHOWN])
    more = len(skipped) - _REASONS_SHOWN
    return f"data source {text} has no usable picture: {reasons}{f'; and {more} more' if more > 0 else ''}"


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n")
