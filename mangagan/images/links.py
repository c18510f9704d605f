"""Nothing is written, replaced or removed through a link that lies in a folder of outputs."""

from __future__ import annotations

from pathlib import Path

from mangagan.images.errors import UnusableFile


def check_no_links(path: Path, root: Path) -> None:
    """Check that no folder between a root and a path is a link, which could lead anywhere.

    Args:
        path: A file or folder below `root`, which need not exist.
        root: The folder that the user named, which may be reached through links.

    Raises:
        UnusableFile: A folder on the way is a link.
    """
    for parent in [path, *path.parents][1:]:
        if parent == root or not parent.is_relative_to(root):
            return
        if parent.is_symlink():
            raise UnusableFile(f"{parent} is a link: nothing is written through it")


def make_folder(folder: Path, root: Path) -> None:
    """Create a folder below a root, with those above it.

    Raises:
        UnusableFile: A folder on the way is a link.
        OSError: It cannot be created.
    """
    check_no_links(folder / "file", root)
    folder.mkdir(parents=True, exist_ok=True)
