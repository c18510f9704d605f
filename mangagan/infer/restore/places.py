"""Which file becomes which: pictures named one by one or by their folder, and a folder of results of the same tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mangagan.data.sources.entries import picture_files
from mangagan.images.decode import SUFFIXES, Unusable


@dataclass(frozen=True)
class Place:
    """A picture's file, its path below the folder that was named (its name, where it was named itself), its result."""

    source: Path
    inside: str
    target: Path


def places(inputs: Sequence[Path], output: Path, masks: Path | None = None) -> list[Place]:
    """The pictures of all inputs in natural order, without results and masks that lie in a folder of pictures.

    Raises ValueError where there is no such input, no picture, one result for two pictures or for the source itself,
    and where results would lie among the masks.
    """
    if masks and masks.is_dir() and masks.resolve() in (output.resolve(), *output.resolve().parents):
        raise ValueError(f"{output} is a folder of masks; choose another --output")
    others = [folder.resolve() for folder in (output, masks) if folder]
    found: dict[Path, Place] = {}
    for path in inputs:
        for source, inside in _pictures(path, others):
            target = output / inside
            if target.resolve() == source.resolve():
                raise ValueError(f"{source} would become itself; choose another --output")
            if target in found:
                raise ValueError(f"{found[target].source} and {source} would both become {target}")
            found[target] = Place(source, inside, target)
    if not found:
        raise ValueError(f"there is no picture in {', '.join(map(str, inputs))}")
    return list(found.values())


def mask_of(place: Place, masks: Path) -> Path:
    """The one mask, or of a folder of masks that of the picture's name (suffixes may differ). Raises Unusable."""
    if not masks.is_dir():
        return masks
    wanted = PurePosixPath(place.inside)
    same = masks / wanted
    if same.is_file():
        return same
    like = same.parent.glob("*") if same.parent.is_dir() else ()
    fitting = sorted(file for file in like if file.stem == wanted.stem and file.suffix.lower() in SUFFIXES)
    if len(fitting) != 1:
        raise Unusable(f"{len(fitting) or 'no'} masks named {wanted.with_suffix('.*')} in {masks}; one is needed")
    return fitting[0]


def _pictures(path: Path, others: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    if path.is_dir():
        # A folder of results inside the folder of pictures holds those of an earlier time.
        inside = [other for other in others if path.resolve() in other.parents]
        for name in picture_files(path):
            file = (path / name).resolve()
            if not any(other == file or other in file.parents for other in inside):
                yield path / name, name
    elif path.is_file():
        yield path, path.name
    else:
        raise ValueError(f"there is no file or folder {path}")
