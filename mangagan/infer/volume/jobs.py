"""A job is one volume and its target; some jobs exclude each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mangagan.images.volume import OpenVolume
from mangagan.infer.volume.journal import has_work
from mangagan.infer.volume.sinks import FolderSink, PackedSink, Sink


@dataclass(frozen=True)
class Target:
    """A folder, or a packed file, and the work folder of its volume, which lies in the same file system."""

    path: Path
    packed: bool
    work: Path
    inputs: tuple[Path, ...]  # files that are never overwritten
    root: Path  # the folder that the user named: below it, nothing is written through links
    rename: str | None = None  # of the volume's only page

    @property
    def exists(self) -> bool:
        """Whether there is a finished packed file, with no unfinished work of an earlier run beside it."""
        return self.packed and self.path.exists() and not has_work(self.work)

    def sink(self, overwrite: bool) -> Sink:
        """Return what takes the finished pages."""
        if self.packed:
            return PackedSink(self.path, self.work)
        return FolderSink(self.path, self.work, overwrite, self.inputs, self.rename)


@dataclass(frozen=True)
class Job:
    """One volume: its name in messages, how it is opened, and its target."""

    title: str
    open: OpenVolume
    target: Target
    modified: float | None = None  # when its file was changed last, seconds since 1970
    found: bool = False  # whether it was found in a folder, and not named by the user
    fault: str = ""  # why it cannot be processed, while others can


def checked_jobs(jobs: Sequence[Job], inputs: Sequence[Path], apart: Sequence[Path] = ()) -> list[Job]:
    """Return the jobs, after a check that they do not write into inputs or into each other's output.

    Where two volumes of a folder would have one output, the second one gets a fault, and the others are done.

    Args:
        jobs: The volumes and their targets.
        inputs: What is read.
        apart: Files and folders inside the inputs that are not read.

    Raises:
        ValueError: An output lies in a folder that is read, contains one, or is that of another volume that the user
            named.
    """
    seen: dict[Path, str] = {}
    checked = []
    for job in jobs:
        path, folders = job.target.path, [source for source in inputs if source.is_dir()]
        if any(_is_inside(path, folder) and not path.is_relative_to(folder) for folder in folders):
            raise ValueError(f"the output {path} lies in a folder that is read, by another name: choose one elsewhere")
        clash = f"{seen[path]} and {job.title} would both become {path}" if path in seen else ""
        if clash and not job.found:
            raise ValueError(clash)
        seen.setdefault(path, job.title)
        checked.append(replace(job, fault=clash))
        if any(path.is_relative_to(folder) and not _is_apart(path, folder, apart) for folder in folders):
            raise ValueError(f"the output {path} lies in a folder that is read: choose one elsewhere")
        if not job.target.packed and any(folder.is_relative_to(path) for folder in folders):
            raise ValueError(f"the output {path} holds a folder that is read: choose one elsewhere")
    return checked


def _is_apart(path: Path, folder: Path, apart: Sequence[Path]) -> bool:
    return any(folder in other.parents and path.is_relative_to(other) for other in apart)


def _is_inside(path: Path, folder: Path) -> bool:
    """Return whether a path lies in a folder, by identity: one folder may have several names."""
    return any(parent.exists() and parent.samefile(folder) for parent in (path, *path.parents))
