"""Plan a run: which volumes it processes, and where each of them goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mangagan.images.file_kinds import archive_format
from mangagan.images.files import is_page_file, list_files, read_head, volume_files
from mangagan.images.names import IMAGE_SUFFIXES, VOLUME_SUFFIXES, work_name
from mangagan.images.open_volume import files_volume, folder_volume, open_volume
from mangagan.infer.volume.jobs import Job, Target, checked_jobs

To = Literal["cbz", "folder"]
Kind = Literal["folder", "picture", "volume"]
PACKED_SUFFIXES = frozenset((".cbz", ".zip", ".epub"))


def plan(inputs: Sequence[Path], output: Path, to: To | None = None, apart: Sequence[Path] = ()) -> list[Job]:
    """Return the volumes of all inputs, each with its target in `output`.

    A folder is one volume, and each archive and PDF in it is another one; single pictures together are one volume. One
    folder (or one archive, with to="folder") becomes the folder `output` itself, several become folders in it. ZIP and
    CBZ files keep their names, RAR and PDF files become CBZ. An archive that is unpacked gets its name without suffix,
    unless a folder beside it has that name.

    Args:
        inputs: Pictures, folders, archives and PDFs.
        output: A folder; for one picture or one volume also a file.
        to: What volumes become; None keeps folders folders, and archives CBZ.
        apart: Files and folders that are not read where they lie in a folder of inputs, such as masks or earlier
            results.

    Raises:
        ValueError: An input is missing or of another kind, several volumes would go into one file, or an output would
            replace an input, lie in one, or be that of another volume.
    """
    sources = tuple(path.expanduser().resolve() for path in inputs)
    others = tuple(path.expanduser().resolve() for path in apart)
    planner = _Planner(sources, output.expanduser().resolve(), to, others)
    jobs = list(planner.jobs())
    if not jobs:
        raise ValueError(f"there are no pictures, archives or PDFs in {', '.join(map(str, sources))}")
    planner.check_output(jobs)
    if planner.file and len(jobs) > 1:
        raise ValueError(f"{planner.output.name} can hold one volume, and these are {len(jobs)}: give a folder")
    return checked_jobs(jobs, sources, others)


@dataclass(frozen=True)
class _Planner:
    inputs: tuple[Path, ...]
    output: Path
    to: To | None
    apart: tuple[Path, ...]

    def jobs(self) -> Iterator[Job]:
        kinds = {path: _kind(path) for path in self.inputs}
        self._check_names(kinds)
        pictures = [path for path in kinds if kinds[path] == "picture"]
        if pictures == [*self.inputs] and len(pictures) == 1 and self.output.suffix.lower() in IMAGE_SUFFIXES:
            yield self._picture(pictures[0])
        elif pictures:
            yield self._pictures(pictures)
        for path, kind in kinds.items():
            if kind == "folder":
                yield from self._tree(path)
            elif kind == "volume":
                target = self._target(path, self.output, self.single)
                yield Job(path.name, open_volume(path), target, path.stat().st_mtime)

    @property
    def single(self) -> bool:
        return len(self.inputs) == 1

    @property
    def file(self) -> Path | None:
        """The output, if it is the packed file of the only volume."""
        is_file = self.output.suffix.lower() in PACKED_SUFFIXES and not self.output.is_dir()
        return self.output if is_file and self.to != "folder" else None

    def check_output(self, jobs: Sequence[Job]) -> None:
        """Check that the suffix of the output is of something that is written."""
        name, suffix = self.output.name, self.output.suffix.lower()
        if self.output.is_dir() or self.to == "folder":
            return
        if suffix in VOLUME_SUFFIXES - PACKED_SUFFIXES:
            raise ValueError(f"{name} cannot be written: name a CBZ, a ZIP or a folder")
        if suffix == ".epub" and any(not job.title.lower().endswith(".epub") for job in jobs):
            raise ValueError(f"{name}: an EPUB is written for an EPUB alone; name a CBZ, a ZIP or a folder")
        if suffix in IMAGE_SUFFIXES and not any(job.target.rename for job in jobs):
            raise ValueError(f"{name} names a picture: name a folder for several pages")

    def _picture(self, file: Path) -> Job:
        # A coloured GIF is written as PNG.
        output = self.output.with_suffix(".png") if self.output.suffix.lower() == ".gif" else self.output
        self._check_apart(output)
        work = output.with_name(work_name(output.name))
        target = Target(output.parent, False, work, self.inputs, output.parent, output.name)
        return Job(file.name, files_volume({file.name: file}), target)

    def _pictures(self, files: list[Path]) -> Job:
        target = self._pages("pictures", self.output)
        names: dict[str, Path] = {}
        for file in files:
            if names.setdefault(file.name, file) != file:
                raise ValueError(f"{names[file.name]} and {file} would both become {target.path / file.name}")
            if not target.packed:
                self._check_apart(target.path / file.name)
        return Job("pictures", files_volume(names), target)

    def _check_names(self, kinds: Mapping[Path, Kind]) -> None:
        """Check that each of several inputs has a folder of its own."""
        seen: dict[str, Path] = {}
        for path, kind in kinds.items():
            if kind == "folder" or (kind == "volume" and self.to == "folder"):
                name = path.name if kind == "folder" else _unpacked_name(path)
                if seen.setdefault(name, path) != path:
                    raise ValueError(f"{seen[name]} and {path} would both become {self.output / name}")

    def _check_apart(self, file: Path) -> None:
        if file.exists() and any(file.samefile(source) for source in self.inputs):
            raise ValueError(f"the output {file} is an input: choose a folder elsewhere")

    def _tree(self, folder: Path) -> Iterator[Job]:
        inner = self.output if self.single else self.output / folder.name
        found, volumes = list_files(folder, self.apart), volume_files(folder, self.apart)
        has_pages = any(is_page_file(folder / name) for name in found.names)
        others = len(found.names) > len(volumes) or found.faults
        if has_pages or (volumes and others):
            # Files beside archives are copied as they are, whatever the archives become.
            target = self._pages(folder.name, inner) if has_pages else self._folder(inner)
            yield Job(folder.name, folder_volume(folder, self.apart), target)
        for file in volumes:
            name = file.relative_to(folder)
            target = self._target(file, inner / name.parent)
            title = f"{folder.name}/{name.as_posix()}"
            yield Job(title, open_volume(file), target, file.stat().st_mtime, found=True)

    def _pages(self, name: str, folder: Path) -> Target:
        """The target of loose pages, under a name."""
        is_packed = self.file or self.to == "cbz"
        return self._packed(self.output / f"{name}.cbz") if is_packed else self._folder(folder)

    def _target(self, file: Path, output: Path, only: bool = False) -> Target:
        if self.to == "folder":
            return self._folder(output if only else output / _unpacked_name(file))
        keeps = self.to is None and file.suffix.lower() in PACKED_SUFFIXES
        return self._packed(output / (file.name if keeps else f"{file.stem}.cbz"))

    def _packed(self, usual: Path) -> Target:
        file = self.file or usual
        self._check_apart(file)
        root = file.parent if self.file else self.output
        return Target(file, True, file.with_name(work_name(file.name)), self.inputs, root)

    def _folder(self, folder: Path) -> Target:
        if folder.is_file():
            raise ValueError(f"the output {folder} is a file: name a folder")
        return Target(folder, False, folder / work_name("pages"), self.inputs, self.output)


def _kind(path: Path) -> Kind:
    suffix = path.suffix.lower()
    if path.is_dir():
        return "folder"
    if not path.exists():
        raise ValueError(f"there is no file or folder {path}")
    if not path.is_file():
        raise ValueError(f"{path} is no regular file")
    if suffix in VOLUME_SUFFIXES:
        return "volume"
    if is_page_file(path):
        return "picture"
    if archive_format(read_head(path)):
        return "volume"
    raise ValueError(f"{path} is no folder, and neither a picture nor an archive that can be read")


def _unpacked_name(file: Path) -> str:
    # The pages of a folder of this name already go there.
    return file.name if file.with_suffix("").is_dir() else file.stem
