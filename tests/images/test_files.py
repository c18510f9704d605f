from __future__ import annotations

import os

import pytest

from mangagan.images.errors import UnusableFile
from mangagan.images.files import image_files, is_page_file, list_files, read_file

PNG, ZIP = b"\x89PNG\r\n\x1a\n", b"PK\x03\x04"


def make(root, *names, content=b""):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)


def test_hidden_files_and_other_suffixes_are_not_listed(tmp_path):
    make(tmp_path, "b/2.PNG", "b/10.jpg", ".hidden/1.png", "b/._2.png", "__MACOSX/1.png", "notes.txt")
    assert image_files(tmp_path) == ["b/2.PNG", "b/10.jpg"]
    assert list_files(tmp_path).names == ("b/2.PNG", "b/10.jpg", "notes.txt")
    with pytest.raises(ValueError, match="there is no folder"):
        image_files(tmp_path / "absent")


def test_what_cannot_be_read_is_named_with_its_reason(tmp_path):
    make(tmp_path, "in/1.png", "other/secret.txt")
    make(tmp_path, "other/page", content=PNG)
    make(tmp_path, "other/volume", content=ZIP)
    os.mkfifo(tmp_path / "in/pipe.png")
    for name, target in {
        "broken.png": "nowhere",
        "linked": "../other",
        "secret.png": "../other/secret.txt",
        "page.png": "../other/page",
        "v.cbz": "../other/volume",
        "zero.png": "/dev/zero",
    }.items():
        (tmp_path / "in" / name).symlink_to(target)
    found = list_files(tmp_path / "in")
    assert found.names == ("1.png", "page.png", "v.cbz")
    assert dict(found.faults) == {
        "broken.png": "is a link to a file that does not exist",
        "linked": "is a link to a folder: links are not followed",
        "pipe.png": "is no regular file",
        "secret.png": "is a link to a file that is neither a picture nor an archive",
        "zero.png": "is no regular file",
    }
    for name in ("pipe.png", "zero.png"):
        with pytest.raises(UnusableFile, match="is no regular file"):
            read_file(tmp_path / "in" / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable for root")
def test_an_unreadable_folder_is_named(tmp_path):
    make(tmp_path, "in/a/1.png", "in/2.png")
    (tmp_path / "in/a").chmod(0)
    try:
        found = list_files(tmp_path / "in")
    finally:
        (tmp_path / "in/a").chmod(0o700)
    assert found.names == ("2.png",) and found.faults == (("a", "cannot be read: Permission denied"),)


def test_a_page_is_told_by_its_bytes_where_its_suffix_says_nothing(tmp_path):
    make(tmp_path, "page", "page.txt", content=PNG)
    make(tmp_path, "notes.txt", "empty", content=b"notes")
    make(tmp_path, "broken.jfif")
    found = [name for name in list_files(tmp_path).names if is_page_file(tmp_path / name)]
    assert found == ["broken.jfif", "page", "page.txt"]
