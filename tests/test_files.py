import os

import pytest

from mangagan.files import write_aside


def test_a_file_is_whole_or_as_it_was(tmp_path, monkeypatch):
    file, aside = tmp_path / "a.txt", tmp_path / "work"
    aside.mkdir()
    write_aside(file, b"old")
    write_aside(file, b"new", aside)
    assert file.read_bytes() == b"new"

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", full)
    for folder in (None, aside):
        with pytest.raises(OSError, match="no space left"):
            write_aside(file, b"newer", folder)
    assert file.read_bytes() == b"new" and sorted(path.name for path in tmp_path.rglob("*")) == ["a.txt", "work"]
