from __future__ import annotations

import pytest

from mangagan.data.sources.entries import natural, picture_files, works


def titles(*names: str) -> list[str]:
    return list(works(names).values())


def test_top_folder_is_the_work():
    assert titles("kite/ch1/001.jpg", "kite/002.jpg", "harbour/1.png") == ["kite", "kite", "harbour"]


def test_page_marks_tell_episodes():
    assert titles("E07P03.jpg", "E07.jpg", "E08P01.jpg", "E09.jpg") == ["E07", "E07", "E08", "E09"]
    assert titles("kite v01 p002.png", "kite v01 p010.png", "kite v02 p001.png") == ["kite v01", "kite v01", "kite v02"]


@pytest.mark.parametrize(
    ("name", "work"),
    [
        ("onepiece012.png", "onepiece"),
        ("train_97017.jpg", "train"),
        ("Kite Harbour v03.cbz", "Kite Harbour"),
        ("Kite - Chapter 12.cbz", "Kite"),
        ("comic12.png", "comic"),
        ("000000000139.jpg", ""),
        ("cover.jpg", "cover"),
    ],
)
def test_title_is_the_name_without_its_last_number(name, work):
    assert titles(name) == [work]


def test_folders_and_loose_files_mix():
    assert titles("kite/p1.png", "harbour_01.png") == ["kite", "harbour"]


def test_natural_order():
    assert sorted(["p10.png", "p2.png", "P1.png", "a/2.png", "a/10.png"], key=natural) == [
        "a/2.png",
        "a/10.png",
        "P1.png",
        "p2.png",
        "p10.png",
    ]


def test_hidden_files_and_other_suffixes_are_not_listed(tmp_path):
    for name in ("b/2.PNG", "b/10.jpg", ".hidden/1.png", "b/._2.png", "__MACOSX/1.png", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert picture_files(tmp_path) == ["b/2.PNG", "b/10.jpg"]
    with pytest.raises(ValueError, match="there is no folder"):
        picture_files(tmp_path / "absent")
