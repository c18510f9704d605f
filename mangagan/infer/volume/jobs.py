"""One volume and where it goes, and which of them cannot be made together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
    rename: str | None = None  # of the volume's only page

    @property
    def exists(self) -> bool:
        """Whether there is a packed file that is not the unfinished work of an earlier run."""
        return self.packed and self.path.exists() and not has_work(self.work)

    def sink(self, overwrite: bool) -> Sink:
        if self.packed:
            return PackedSink(self.path, self.work)
        return FolderSink(self.path, self.work, overwrite, self.inputs, self.rename)


@dataclass(frozen=True)
class Job:
    """One volume: what messages call it, its files, and its target."""

    title: str
    open: OpenVolume
    target: Target


def check_jobs(jobs: Sequence[Job], inputs: Sequence[Path]) -> None:
    """Raises ValueError for outputs that lie in a folder that is read, hold one, or fall together."""
    seen: dict[Path, str] = {}
    for job in jobs:
        path, folders = job.target.path, [source for source in inputs if source.is_dir()]
        if path in seen:
            raise ValueError(f"{seen[path]} and {job.title} would both become {path}")
        seen[path] = job.title
        if any(path.is_relative_to(folder) for folder in folders):
            raise ValueError(f"the output {path} lies in a folder that is read: choose one elsewhere")
        if not job.target.packed and any(folder.is_relative_to(path) for folder in folders):
            raise ValueError(f"the output {path} holds a folder that is read: choose one elsewhere")
