import os
from pathlib import Path

import pytest

from mangagan.images.atomic import check_writable, read_json_lines, write_atomically


def test_a_file_is_replaced_as_a_whole_or_unchanged(tmp_path, monkeypatch):
    file, aside = tmp_path / "a.txt", tmp_path / "work"
    aside.mkdir()
    write_atomically(file, b"old")
    write_atomically(file, b"new", aside)
    assert file.read_bytes() == b"new"

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", full)
    for folder in (None, aside):
        with pytest.raises(OSError, match="no space left"):
            write_atomically(file, b"newer", folder)
    assert file.read_bytes() == b"new" and sorted(path.name for path in tmp_path.rglob("*")) == ["a.txt", "work"]


def test_paths_that_cannot_be_written_are_refused_beforehand(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("mine")
    check_writable(tmp_path / "file")
    check_writable(tmp_path / "run" / "evaluation" / "x.json")
    with pytest.raises(ValueError, match=f"{tmp_path} is a folder; name a file"):
        check_writable(tmp_path)
    with pytest.raises(ValueError, match=f"x.json cannot be written: {tmp_path / 'file'} is not a folder"):
        check_writable(tmp_path / "file" / "evaluation" / "x.json")
    monkeypatch.setattr(os, "access", lambda folder, _: Path(folder) != tmp_path)
    with pytest.raises(ValueError, match=f"x.json cannot be written: nothing may be written in {tmp_path}"):
        check_writable(tmp_path / "run" / "x.json")
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_only_objects_on_complete_lines_are_read(tmp_path):
    file = tmp_path / "lines.jsonl"
    assert read_json_lines(file) == []
    file.write_text('{"step": 1}\n[2]\n{"step": 3}\n{"step": 4, "lo')
    assert read_json_lines(file) == [{"step": 1}, {"step": 3}]
