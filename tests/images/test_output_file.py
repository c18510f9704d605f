import os

import pytest

from mangagan.images.atomic import write_atomically
from mangagan.images.output_file import check_output, contains, is_picture


def test_only_what_is_of_its_own_kind_is_replaced(tmp_path):
    file = tmp_path / "out"
    check_output(file, "a picture", is_picture)
    for content in (b"", b"GIF89a and more"):
        file.write_bytes(content)
        check_output(file, "a picture", is_picture)
    file.write_bytes(b'{"exit_code": 0}')
    with pytest.raises(ValueError, match="out exists and is not a picture; it is kept"):
        check_output(file, "a picture", is_picture)
    check_output(file, "a report", contains(b'"exit_code"'))


def test_an_input_is_known_by_its_identity(tmp_path):
    (tmp_path / "page.png").write_bytes(b"GIF89a")
    os.link(tmp_path / "page.png", tmp_path / "hard.png")
    (tmp_path / "soft.png").symlink_to("page.png")
    for name in ("page.png", "hard.png", "soft.png"):
        with pytest.raises(ValueError, match="is an input and is kept"):
            check_output(tmp_path / name, "a picture", is_picture, [tmp_path / "absent", tmp_path / "page.png"])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_pipes_and_devices_are_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for file in (tmp_path / "pipe", tmp_path / "link"):
        if file.name == "link":
            file.symlink_to("/dev/null")
        with pytest.raises(ValueError, match="is no regular file"):
            check_output(file, "a picture", is_picture)
        with pytest.raises(OSError, match="is no regular file"):
            write_atomically(file, b"report")
    with pytest.raises(ValueError, match="is a folder"):
        check_output(tmp_path, "a picture", is_picture)
