"""Short names by which a comparison tells runs apart."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path


def short_names(paths: Sequence[Path], protocols: Collection[str]) -> list[str]:
    """Return a name for each run: the last part of its path, and as many parts before it as make names unique.

    Names of files in the same folder also have the file's name. Two paths keep the same name if no part differs.

    Args:
        paths: The folders of runs, or files of results.
        protocols: Names of files that only name a protocol and hence say nothing about the run.
    """
    parts = [_parts(path, protocols) for path in paths]
    shares_folder = [path.is_file() and parts.count(part) > 1 for path, part in zip(paths, parts, strict=True)]
    parts = [
        (*part[:-1], f"{part[-1]}/{path.stem}") if shared else part
        for path, part, shared in zip(paths, parts, shares_folder, strict=True)
    ]
    names: list[str] = []
    for depth in range(1, max(map(len, parts)) + 1):
        names = ["/".join(part[-depth:]) for part in parts]
        if len(set(names)) == len(names):
            break
    return names


def _parts(path: Path, protocols: Collection[str]) -> tuple[str, ...]:
    """Return the path of a run's folder, or of a result that lies in no run's folder, in parts."""
    if path.is_dir():
        return path.resolve().parts
    folder = path.resolve().parent
    if folder.name == "evaluation":
        return folder.parent.parts
    return folder.parts if path.stem in protocols else (*folder.parts, path.stem)
