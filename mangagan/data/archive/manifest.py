"""Read the files that describe an archive, which anything may have happened to since they were written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# By key, the type of its value.
_MANIFEST = {"source": str, "licences": list, "notes": list, "pages": list}
_PAGE = {"name": str, "work": str, "split": str, "size": list, "color": str | None, "bw": str | None}
_REPORT = {"source": str, "used": int, "skipped": list}
_UNUSED = {"name": str, "reason": str}


def read_manifest(file: Path) -> dict[str, Any]:
    """Return the manifest of an archive.

    Raises:
        ValueError: It is missing or damaged.
    """
    manifest = _read(file, _MANIFEST)
    if not all(_has(page, _PAGE) and _is_size(page["size"]) for page in manifest["pages"]):
        raise damaged(file, "a page of it is not described")
    return manifest


def read_report(file: Path) -> dict[str, Any]:
    """Return the report of an archive; archives of earlier versions do not list files of other kinds.

    Raises:
        ValueError: It is missing or damaged.
    """
    report = {"others": []} | _read(file, _REPORT)
    others = report["others"]
    if not isinstance(others, list) or not all(_has(unused, _UNUSED) for unused in [*report["skipped"], *others]):
        raise damaged(file, "a file of it is not described")
    return report


def damaged(file: Path, reason: object) -> ValueError:
    """Return the error for a file of an archive that cannot be used; it names the remedy."""
    folder = file if file.is_dir() else file.parent
    return ValueError(f"{file} is damaged ({reason}): delete {folder}, and the archive is built again")


def _read(file: Path, keys: Mapping[str, Any]) -> dict[str, Any]:
    try:
        content = json.loads(file.read_bytes())
    except OSError as error:
        raise damaged(file, error.strerror) from error
    except (ValueError, RecursionError) as error:
        raise damaged(file, "no JSON") from error
    if not _has(content, keys):
        raise damaged(file, f"it lacks one of {', '.join(keys)}")
    return content


def _has(value: Any, keys: Mapping[str, Any]) -> bool:
    return isinstance(value, dict) and all(key in value and isinstance(value[key], kind) for key, kind in keys.items())


def _is_size(size: list[Any]) -> bool:
    return len(size) == 2 and all(type(side) is int and side > 0 for side in size)
