"""Building an archive: stage the pages, split them by work, pack them, put the whole into place at once."""

from __future__ import annotations

import json
import os
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

from mangagan.data.archive.splits import Placed, demanded, patterns, place
from mangagan.data.archive.staging import stage, staged, staged_bytes
from mangagan.data.sources.entries import Source

FORMAT = 1
_REASONS_SHOWN = 5


def build(source: Source, text: str, directory: Path, *, held_out: str, progress: bool) -> None:
    """Writes a source's archive to a directory that is not there yet, going on where an interrupted build stopped.

    The caller keeps other processes away. Raises ValueError with reasons for a source without a usable picture, and
    for a `held_out` (see `mangagan.data.archive.splits.demanded`) that does not fit its works.
    """
    staging = directory.with_name(directory.name + ".staging")
    entries = source.entries()
    stage(entries, staging / "pages", progress=progress)
    notes = list(enumerate(staged(staging / "pages", len(entries))))
    usable = [(number, note) for number, note in notes if "skipped" not in note]
    skipped = [{"name": note["name"], "reason": note["skipped"]} for _, note in notes if "skipped" in note]
    if not usable:
        shutil.rmtree(staging)
        raise ValueError(_nothing_usable(text, skipped))
    pages, remarks = _manifest_pages(usable, staging / "pages", held_out)
    manifest = {"format": FORMAT, "source": text, "licences": source.licences, "notes": remarks}
    packed = _pack(pages, staging)
    for page in pages:
        del page["number"]
    _write_json(packed / "manifest.json", manifest | {"pages": pages})
    _write_json(packed / "report.json", {"source": text, "used": len(pages), "skipped": skipped})
    os.replace(packed, directory)
    shutil.rmtree(staging)


def _manifest_pages(
    usable: list[tuple[int, dict[str, Any]]], folder: Path, held_out: str
) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    pages = []
    for number, note in usable:
        color, bw = (sha256(data).hexdigest() if data else None for data in staged_bytes(folder, number))
        page = {"name": note["name"], "work": note["work"], "split": note["split"], "size": note["size"]}
        pages.append(page | {"color": color, "bw": bw, "number": number})
    asked = [page["split"] for page in pages]
    if patterns(held_out):
        wanted = demanded(held_out, [(page["name"], page["work"]) for page in pages])
        asked = [own if own == "validation" else one for own, one in zip(asked, wanted, strict=True)]
    splits, remarks = place(
        [Placed(page["work"], page["color"] is not None, split) for page, split in zip(pages, asked, strict=True)]
    )
    for page, split in zip(pages, splits, strict=True):
        page["split"] = split
    return sorted(pages, key=lambda page: page["split"]), remarks


def _pack(pages: list[dict[str, Any]], staging: Path) -> Path:
    from mangagan.data.archive.pack import pack  # tensorflow_datasets takes a second to import

    labels = {page["number"]: page for page in pages}

    def read(number: int) -> dict[str, Any]:
        color, bw = staged_bytes(staging / "pages", number)
        return {"name": labels[number]["name"], "work": labels[number]["work"], "color": color, "bw": bw}

    shutil.rmtree(staging / "packed", ignore_errors=True)
    splits = sorted({page["split"] for page in pages})
    numbers = {split: [page["number"] for page in pages if page["split"] == split] for split in splits}
    return pack(numbers, read, staging / "packed")


def _nothing_usable(text: str, skipped: list[dict[str, str]]) -> str:
    if not skipped:
        return f"data source {text} has no pictures: no file in it has the suffix of a picture"
    reasons = "; ".join(f"{skip['name']}: {skip['reason']}" for skip in skipped[:_REASONS_SHOWN])
    more = len(skipped) - _REASONS_SHOWN
    return f"data source {text} has no usable picture: {reasons}{f'; and {more} more' if more > 0 else ''}"


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n")
