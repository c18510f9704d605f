from __future__ import annotations

import pytest

from mangagan.images.files import image_files


def test_hidden_files_and_other_suffixes_are_not_listed(tmp_path):
    for name in ("b/2.PNG", "b/10.jpg", ".hidden/1.png", "b/._2.png", "__MACOSX/1.png", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert image_files(tmp_path) == ["b/2.PNG", "b/10.jpg"]
    with pytest.raises(ValueError, match="there is no folder"):
        image_files(tmp_path / "absent")
