"""Find the hints of a run's pages: JSON files in a folder, by the names of volumes and pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mangagan.images.names import page_places
from mangagan.infer.guidance.hints_file import PageHints, parse_hints
from mangagan.infer.guidance.json_text import read_json_text


@dataclass(frozen=True)
class HintsFolder:
    """Finds VOLUME/PAGE.json, or PAGE.json where there is no such file; PAGE with or without its own suffix.

    Raises:
        ValueError: The folder holds no JSON file.
    """

    folder: Path
    _used: set[Path] = field(default_factory=set, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self._files():
            raise ValueError(f"there are no hints, which are JSON files, in {self.folder}")

    def text(self, volume: str, page: str) -> str | None:
        """Return the text of a page's hints, or None if it has none."""
        file = next((file for file in self._places(volume, page) if file.is_file()), None)
        if file is None:
            return None
        self._used.add(file)
        return read_json_text(file)

    def hints(self, volume: str, page: str) -> PageHints | None:
        """Return a page's hints, or None if it has none. Raises ValueError for a file of another form."""
        text = self.text(volume, page)
        return None if text is None else parse_hints(text)

    @property
    def unused(self) -> list[Path]:
        """The files that no page has used so far: most likely their names are not those of pages."""
        return [file for file in self._files() if file not in self._used]

    def _places(self, volume: str, page: str) -> list[Path]:
        return [self.folder / f"{place}.json" for place in page_places(volume, page)]

    def _files(self) -> list[Path]:
        return sorted(self.folder.rglob("*.json")) if self.folder.is_dir() else []


def choose_hints(choice: Any) -> PageHints | None:
    """Return the hints that a user's choice stands for.

    Args:
        choice: None, `PageHints`, or the path of a JSON file.

    Raises:
        ValueError: There is no such file, or it has another form.
    """
    if choice is None or isinstance(choice, PageHints):
        return choice
    file = Path(choice).expanduser()
    if not file.is_file():
        raise ValueError(f"there is no file {file}; hints are a JSON file")
    return parse_hints(read_json_text(file))
