import os
import shutil

import numpy as np
import pytest

from mangagan.evaluate.true_pages import describe_pages, true_pages, unusable_files
from mangagan.images.errors import UnusableFile


def test_works_are_chosen_and_pictures_evenly_spread(folder):
    assert [truth.name for truth in true_pages(folder)] == [f"{name}.png" for name in
        ("E01", "E01P1", "E01P2", "E02P1", "E10P1")]  # fmt: skip
    assert [truth.name for truth in true_pages(folder, ["E10", "E01"], 2)] == ["E01.png", "E01P2.png"]
    assert len(true_pages(folder, count=99)) == 5
    with pytest.raises(ValueError, match="there is no work E03 in .*; there are E01, E02, E10"):
        true_pages(folder, ["E01", "E03"])


def test_a_folder_without_pictures(tmp_path):
    with pytest.raises(ValueError, match="there is no picture in"):
        true_pages(tmp_path)
    with pytest.raises(ValueError, match="there is no folder"):
        true_pages(tmp_path / "nowhere")


def test_a_truth_is_rgb_whole_or_its_middle(folder):
    by_name = {truth.name: truth for truth in true_pages(folder)}
    assert by_name["E02P1.png"].pixels().shape == (60, 50, 3)
    gray = by_name["E01P2.png"].pixels()
    assert (gray == gray[..., :1]).all()
    page = by_name["E01.png"]
    np.testing.assert_array_equal(page.center(20, None), page.pixels()[15:35, 20:40])
    assert page.center(16, 999).shape == (16, 16, 3)


def test_the_hash_of_pages_is_that_of_their_bytes(folder):
    one, more = describe_pages(true_pages(folder, ["E02"])), describe_pages(true_pages(folder, ["E02", "E10"]))
    assert one["works"] == ["E02"] and more["works"] == ["E02", "E10"] and (one["pages"], more["pages"]) == (1, 2)
    page = true_pages(folder, ["E02"])[0]
    content = page.file.read_bytes()
    page.file.write_bytes(content + b"0")
    try:
        changed = describe_pages([page])
    finally:
        page.file.write_bytes(content)
    assert changed["sha256"] != one["sha256"] == describe_pages([page])["sha256"]


def test_files_that_cannot_be_read_are_named(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "pages")
    os.mkfifo(tmp_path / "pages" / "pipe.png")
    (tmp_path / "pages" / "broken.png").symlink_to("nowhere")
    told = {"pipe.png": "is no regular file", "broken.png": "is a link to a file that does not exist"}
    assert unusable_files(tmp_path / "pages") == told
    found = true_pages(tmp_path / "pages")
    assert [page.name for page in found] == [page.name for page in true_pages(folder)]
    # A page that vanishes is skipped when it is evaluated: its hash is no reason to stop.
    known = describe_pages(found)
    found[0].file.unlink()
    assert describe_pages(found)["pages"] == known["pages"] == 5
    with pytest.raises(UnusableFile, match="cannot be read"):
        found[0].pixels()
