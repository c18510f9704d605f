"""The hints of a run's pages: a folder of JSON files by the names of volumes and pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from mangagan.images.names import page_places
from mangagan.infer.guidance.hints_file import PageHints, parse_hints


@dataclass(frozen=True)
class HintsFolder:
    """Finds VOLUME/PAGE.json, or PAGE.json where there is no such file; PAGE with or without its own suffix.

    Raises ValueError for a folder that holds no JSON file.
    """

    folder: Path
    _used: set[Path] = field(default_factory=set, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self._files():
            raise ValueError(f"there are no hints, which are JSON files, in {self.folder}")

    def text(self, volume: str, page: str) -> str | None:
        """The text of a page's hints, None where it has none."""
        file = next((file for file in self._places(volume, page) if file.is_file()), None)
        if file is None:
            return None
        self._used.add(file)
        return file.read_text("utf-8-sig")  # some editors begin files with a mark of their encoding

    def hints(self, volume: str, page: str) -> PageHints | None:
        """A page's hints. Raises ValueError for a file that holds none."""
        text = self.text(volume, page)
        return None if text is None else parse_hints(text)

    @property
    def unused(self) -> list[Path]:
        """Files that no page has asked for so far: most likely a name is not that of a page."""
        return [file for file in self._files() if file not in self._used]

    def _places(self, volume: str, page: str) -> list[Path]:
        return [self.folder / f"{place}.json" for place in page_places(volume, page)]

    def _files(self) -> list[Path]:
        return sorted(self.folder.rglob("*.json")) if self.folder.is_dir() else []
