from __future__ import annotations

import errno
import json
from dataclasses import asdict

import pytest

from mangagan.infer.volume import journal as work
from mangagan.infer.volume.journal import Note, OutOfSpace, clear_work, has_work, note_of, put, put_note, work_folder

NOTE = Note("1.png", "done", "", 0.5, 3, "d" * 64)


def test_finished_work_is_kept_until_it_is_cleared(tmp_path):
    folder = tmp_path / "deep" / "work"
    with work_folder(folder):
        assert not has_work(folder)
        put_note(folder, "a" * 64, NOTE)
    with work_folder(folder):
        assert has_work(folder) and note_of(folder, "a" * 64) == NOTE and note_of(folder, "other") is None
        put(folder, folder / f"{1:064x}", b"page")
        clear_work(folder)
        assert [file.name for file in folder.iterdir()] == ["lock"]
    assert not folder.exists() and folder.parent.is_dir()


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "{}", '{"name": "1.png", "evil": 1}'),
        json.dumps(asdict(NOTE) | {"remark": ["it"]}),
        json.dumps(asdict(NOTE) | {"reason": 1}),
    ],
)
def test_notes_that_cannot_be_read_are_none(tmp_path, text):
    (tmp_path / "key.json").write_text(text)
    assert note_of(tmp_path, "key") is None


def test_notes_of_earlier_versions_are_read(tmp_path):
    earlier = {key: value for key, value in asdict(NOTE).items() if key != "remark"}
    (tmp_path / "key.json").write_text(json.dumps(earlier))
    assert note_of(tmp_path, "key") == NOTE


def test_one_process_at_a_time(tmp_path, monkeypatch):
    with work_folder(tmp_path / "work"), pytest.raises(BlockingIOError, match="another process is at work"):
        with work_folder(tmp_path / "work"):
            pass

    def acquire(lock, **_):
        real(lock, **_)
        (tmp_path / "work" / "lock").unlink()

    real = work.FileLock.acquire
    monkeypatch.setattr(work.FileLock, "acquire", acquire)
    with pytest.raises(BlockingIOError, match="just now"), work_folder(tmp_path / "work"):
        pass


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_no_room_for_the_folder_itself(tmp_path, monkeypatch, code):
    def mkdir(*_, **__):
        raise OSError(code, "full")

    monkeypatch.setattr(work.Path, "mkdir", mkdir)
    with pytest.raises(OutOfSpace, match="no space is left"), work_folder(tmp_path / "work"):
        pass
