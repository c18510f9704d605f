from pathlib import Path

import pytest

from mangagan.images.errors import UnusableFile
from mangagan.infer.restore.holes import mask_of
from mangagan.infer.restore.picture_jobs import PictureJob, picture_jobs


def made(*files):
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def test_trees_are_kept_in_natural_order(tmp_path):
    pages = tmp_path / "pages"
    made(pages / "10.png", pages / "2.png", pages / "a" / "1.JPG", pages / "notes.txt", tmp_path / "one.webp")
    found = picture_jobs([pages, tmp_path / "one.webp"], tmp_path / "out")
    assert [place.inside for place in found] == ["2.png", "10.png", "a/1.JPG", "one.webp"]
    assert [place.target for place in found] == [tmp_path / "out" / place.inside for place in found]
    assert found[2].source == pages / "a" / "1.JPG"


def test_results_inside_the_folder_of_pictures_are_no_pictures(tmp_path):
    made(tmp_path / "1.png", tmp_path / "out" / "1.png")
    assert [place.inside for place in picture_jobs([tmp_path], tmp_path / "out")] == ["1.png"]


def test_masks_inside_the_folder_of_pictures_are_no_pictures(tmp_path):
    masks = tmp_path / "masks"
    made(tmp_path / "1.png", masks / "1.png")
    assert [place.inside for place in picture_jobs([tmp_path], tmp_path / "out", masks)] == ["1.png"]
    for output in (masks, masks / "deeper"):
        with pytest.raises(ValueError, match="is a folder of masks; choose another --output"):
            picture_jobs([tmp_path], output, masks)
    made(tmp_path / "mask.png")
    assert [place.inside for place in picture_jobs([tmp_path], tmp_path / "out", tmp_path / "mask.png")] == [
        "1.png",
        "masks/1.png",
    ]


def test_a_source_is_never_a_result(tmp_path):
    made(tmp_path / "1.png")
    for path in (tmp_path, tmp_path / "1.png"):
        with pytest.raises(ValueError, match="would become itself; choose another --output"):
            picture_jobs([path], tmp_path)


def test_two_pictures_of_one_name(tmp_path):
    made(tmp_path / "a" / "1.png", tmp_path / "b" / "1.png")
    with pytest.raises(ValueError, match="would both become"):
        picture_jobs([tmp_path / "a", tmp_path / "b"], tmp_path / "out")


def test_nothing_there(tmp_path):
    with pytest.raises(ValueError, match="there is no picture in"):
        picture_jobs([tmp_path], tmp_path / "out")
    with pytest.raises(ValueError, match="there is no file or folder .*nowhere"):
        picture_jobs([tmp_path / "nowhere"], tmp_path / "out")


def test_the_mask_of_a_picture(tmp_path):
    place = PictureJob(Path("x"), "a/1.jpg", Path("y"))
    assert mask_of(place.inside, tmp_path / "one.png") == tmp_path / "one.png"
    with pytest.raises(UnusableFile, match="no masks named a/1"):
        mask_of(place.inside, tmp_path)
    made(tmp_path / "a" / "1.png", tmp_path / "a" / "1.txt", tmp_path / "a" / "11.png")
    assert mask_of(place.inside, tmp_path) == tmp_path / "a" / "1.png"
    made(tmp_path / "a" / "1.bmp")
    with pytest.raises(UnusableFile, match="2 masks named"):
        mask_of(place.inside, tmp_path)
    made(tmp_path / "a" / "1.jpg")
    assert mask_of(place.inside, tmp_path) == tmp_path / "a" / "1.jpg"
