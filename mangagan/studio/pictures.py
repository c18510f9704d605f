"""The pictures of a project: pages after each stage, thumbnails, and the hints and palettes that colouring reads."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from mangagan.images.atomic import write_atomically
from mangagan.images.decode import decode_srgb
from mangagan.images.errors import UnusableFile
from mangagan.images.picture import Pixels
from mangagan.infer.volume.page_stages import Keep
from mangagan.studio.operations import Operation
from mangagan.studio.project import Project
from mangagan.studio.rasters import hints_json

# Of each page and stage, so that undo and redo show what was there at once.
_KEPT = 8
_THUMBNAIL_HEIGHT = 240


def read_picture(project: Project, page: str, stage: str, revision: str) -> Pixels | Keep | None:
    """Return a page after a stage, if it was made before; a page that is kept as it is has a reason instead."""
    file = picture_file(project, page, stage, revision)
    try:
        if file.exists():
            return np.asarray(decode_srgb(file.read_bytes()).convert("RGB"))
        reason = file.with_suffix(".json")
        return Keep(json.loads(reason.read_text(encoding="utf-8"))["reason"]) if reason.exists() else None
    except (OSError, ValueError, KeyError, UnusableFile):  # cut by a crash, or changed: it is made again
        return None


def write_picture(project: Project, page: str, stage: str, revision: str, made: Pixels | Keep) -> None:
    """Write a page after a stage, and remove the oldest of its pictures."""
    file = picture_file(project, page, stage, revision)
    if isinstance(made, Keep):
        write_atomically(file.with_suffix(".json"), json.dumps({"reason": made.reason}).encode())
    else:
        # Fast rather than small: it is looked at, and removed soon.
        write_atomically(file, _encoded(Image.fromarray(made), "PNG", compress_level=1))
    old = sorted(file.parent.glob(f"{_number(project, page)}-{stage}-*"), key=lambda path: path.stat().st_mtime)
    for path in old[:-_KEPT]:
        path.unlink(missing_ok=True)


def picture_file(project: Project, page: str, stage: str, revision: str) -> Path:
    """Return the file of a page after a stage."""
    return project.folder / "pictures" / f"{_number(project, page)}-{stage}-{revision}.png"


def original(project: Project, page: str) -> Image.Image:
    """Return a page as it was opened, in sRGB. Raises UnusableFile where it cannot be read."""
    return decode_srgb(project.load(page)).convert("RGB")


def png(picture: Image.Image) -> bytes:
    """Return a picture as a PNG file.

    Args:
        picture: Of 8 bits, of any mode that PNG has.
    """
    return _encoded(picture, "PNG", compress_level=1)


def thumbnail(picture: Image.Image) -> bytes:
    """Return a small JPEG file of a page.

    Args:
        picture: In 8-bit sRGB.
    """
    small = picture.copy()
    small.thumbnail((3 * _THUMBNAIL_HEIGHT, _THUMBNAIL_HEIGHT))
    return _encoded(small, "JPEG", quality=85)


def thumbnail_file(project: Project, page: str, revision: str) -> Path:
    """Return the file of a page's thumbnail."""
    return project.folder / "thumbnails" / f"{_number(project, page)}-{revision}.jpg"


def write_hints(project: Project, page: str, operations: Sequence[Operation], pixels: Pixels) -> None:
    """Write the hints of a page where colouring reads them, or remove them where there are none.

    Args:
        project: Of the page.
        page: Its name.
        operations: Those that count.
        pixels: The page in 8-bit sRGB.

    Raises:
        ValueError: The name leads out of the folder of hints.
    """
    folder = project.folder / "hints"
    file = folder / f"{page}.json"
    if not file.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"the name of {page[:80]!r} leads out of its folder")
    hints = hints_json(operations, pixels)
    if hints is None:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, json.dumps(hints).encode())


def palette_file(project: Project, page: str) -> Path:
    """Return a picture of a page whose colours are a palette."""
    file = project.folder / "palette" / f"{_number(project, page)}.png"
    if not file.exists():
        write_atomically(file, png(original(project, page)))
    return file


def _number(project: Project, page: str) -> str:
    return f"{project.number_of(page):05d}"


def _encoded(picture: Image.Image, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
