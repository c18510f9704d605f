"""Pair picture files with their results: a folder of results has the tree of the folder of pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mangagan.images.files import image_files


@dataclass(frozen=True)
class PictureJob:
    """A picture's file, its path below the folder that the user named (or its name), and the file of its result."""

    source: Path
    inside: str
    target: Path


def picture_jobs(inputs: Sequence[Path], output: Path, masks: Path | None = None) -> list[PictureJob]:
    """Return the pictures of all inputs in natural order, without results and masks that lie in a folder of pictures.

    Args:
        inputs: Pictures, and folders of any depth.
        output: The folder of the results.
        masks: A folder of masks, or one mask.

    Raises:
        ValueError: An input is missing, there is no picture, two pictures have one result, a picture is its own result,
            or results would lie among the masks.
    """
    if masks and masks.is_dir() and masks.resolve() in (output.resolve(), *output.resolve().parents):
        raise ValueError(f"{output} is a folder of masks; choose another --output")
    others = [folder.resolve() for folder in (output, masks) if folder]
    found: dict[Path, PictureJob] = {}
    for path in inputs:
        for source, inside in _pictures(path, others):
            target = output / inside
            if target.resolve() == source.resolve():
                raise ValueError(f"{source} would become itself; choose another --output")
            if target in found:
                raise ValueError(f"{found[target].source} and {source} would both become {target}")
            found[target] = PictureJob(source, inside, target)
    if not found:
        raise ValueError(f"there is no picture in {', '.join(map(str, inputs))}")
    return list(found.values())


def _pictures(path: Path, others: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    if path.is_dir():
        # A folder of results inside the folder of pictures holds those of an earlier run.
        inside = [other for other in others if path.resolve() in other.parents]
        for name in image_files(path):
            file = (path / name).resolve()
            if not any(other == file or other in file.parents for other in inside):
                yield path / name, name
    elif path.is_file():
        yield path, path.name
    else:
        raise ValueError(f"there is no file or folder {path}")
