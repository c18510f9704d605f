"""The default output, beside the inputs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mangagan.images.names import IMAGE_SUFFIXES, with_ending
from mangagan.infer.volume.plan import PACKED_SUFFIXES, To

# NAME.png becomes NAME-color.png.
COLORED = "-color"


def output_beside(inputs: Sequence[Path], to: To | None = None, ending: str = COLORED) -> Path:
    """Return a path beside the inputs: PAGE-color.png, VOLUME-color.cbz, FOLDER-color, or `color` for several inputs.

    Args:
        inputs: Pictures, folders, archives and PDFs.
        to: What volumes become; None keeps folders folders, and archives CBZ.
        ending: What is put behind the name.

    Raises:
        ValueError: There are several inputs, in several folders, or the path is a link.
    """
    sources = [path.expanduser().resolve() for path in inputs]
    folder = sources[0].parent
    if len(sources) > 1:
        if any(source.parent != folder for source in sources):
            raise ValueError("these inputs lie in several folders: say with --output where the results are to go")
        return _unlinked(folder / ending.removeprefix("-"))
    return _unlinked(folder / _name(sources[0], to, ending))


def _unlinked(output: Path) -> Path:
    # Nobody has named it: a link of this name came with the inputs, and could lead anywhere.
    if output.is_symlink():
        raise ValueError(f"the output {output} is a link: remove it, or choose an --output")
    return output


def _name(source: Path, to: To | None, ending: str) -> str:
    suffix = source.suffix.lower()
    if source.is_dir():
        return with_ending(source.name, ending)
    if to is None and suffix in IMAGE_SUFFIXES | PACKED_SUFFIXES:
        return with_ending(source.stem, f"{ending}{source.suffix}")
    return with_ending(source.stem, ending if to == "folder" else f"{ending}.cbz")
