"""The journal of a project: every operation, undo and redo as a line of JSON, written as soon as it is made."""

from __future__ import annotations

import json
import os
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mangagan.images.atomic import read_json_line
from mangagan.studio.operations import Operation, parse_operation, to_json

# Places were checked when they were written: here they only have to be numbers.
_ANY_SIDE = 10**6


@dataclass
class PageEdits:
    """The operations of one page: those that count, and those that can be redone, the next one last."""

    active: list[Operation] = field(default_factory=list)
    undone: list[Operation] = field(default_factory=list)


class Edits:
    """The operations of all pages of a project; used from several threads."""

    def __init__(self, file: Path) -> None:
        """Read a journal, or begin one. What a crash left of its last line is passed over."""
        self._file, self._lock = file, threading.Lock()
        self._pages: dict[str, PageEdits] = defaultdict(PageEdits)
        if file.exists():
            for line in file.read_bytes().split(b"\n"):
                self._apply(read_json_line(line))

    def of_page(self, page: str) -> PageEdits:
        """Return the operations of a page, as they are now."""
        with self._lock:
            edits = self._pages[page]
            return PageEdits(list(edits.active), list(edits.undone))

    @property
    def pages(self) -> list[str]:
        """The names of the pages with operations that count."""
        with self._lock:
            return [name for name, edits in self._pages.items() if edits.active]

    def add(self, page: str, operation: Operation) -> None:
        """Add an operation; what was undone before cannot be redone any more."""
        self._write({"page": page, "do": to_json(operation)})

    def undo(self, page: str) -> bool:
        """Undo the last operation of a page; return whether there was one."""
        return bool(self.of_page(page).active) and self._write({"page": page, "undo": True})

    def redo(self, page: str) -> bool:
        """Do again what was undone last; return whether there was something."""
        return bool(self.of_page(page).undone) and self._write({"page": page, "redo": True})

    def _write(self, entry: dict[str, Any]) -> bool:
        text = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
        with self._lock:
            with self._file.open("ab") as opened:
                # After a crash the last line may lack its end.
                opened.write((b"" if self._ends_whole() else b"\n") + text)
                opened.flush()
                os.fsync(opened.fileno())
            self._apply(entry)
        return True

    def _ends_whole(self) -> bool:
        if not self._file.stat().st_size:
            return True
        with self._file.open("rb") as opened:
            opened.seek(-1, os.SEEK_END)
            return opened.read() == b"\n"

    def _apply(self, entry: dict[str, Any] | None) -> None:
        if entry is None or not isinstance(page := entry.get("page"), str):
            return
        edits = self._pages[page]
        if entry.get("undo") and edits.active:
            edits.undone.append(edits.active.pop())
        elif entry.get("redo") and edits.undone:
            edits.active.append(edits.undone.pop())
        elif "do" in entry:
            try:
                edits.active.append(parse_operation(entry["do"], _ANY_SIDE, _ANY_SIDE))
            except ValueError:  # a journal that was changed by hand
                return
            edits.undone.clear()
