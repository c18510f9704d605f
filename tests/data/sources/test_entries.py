from __future__ import annotations

import pytest

from mangagan.data.sources.entries import works


def titles(*names: str) -> list[str]:
    return list(works(names).values())


def test_the_top_folder_is_the_work():
    assert titles("kite/ch1/001.jpg", "kite/002.jpg", "harbour/1.png") == ["kite", "kite", "harbour"]


def test_numbers_before_page_marks_are_episodes():
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
def test_a_title_is_the_name_without_its_last_number(name, work):
    assert titles(name) == [work]


def test_folders_and_loose_files_can_be_mixed():
    assert titles("kite/p1.png", "harbour_01.png") == ["kite", "harbour"]
