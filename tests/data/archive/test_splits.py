"""Splits by work: shares, patterns and notes."""

from __future__ import annotations

import pytest

from mangagan.data.archive.archive import open_archive
from mangagan.data.archive.splits import SplitCandidate, assign_splits, requested_splits


def pages(works: dict[str, int], colored: bool = True) -> list[SplitCandidate]:
    return [SplitCandidate(work, colored) for work, count in works.items() for _ in range(count)]


def held_out(candidates: list[SplitCandidate]) -> set[str]:
    return {
        page.work for page, split in zip(candidates, assign_splits(candidates)[0], strict=True) if split == "validation"
    }


def test_a_tenth_of_the_works_is_held_out_whole():
    candidates = pages({f"work {n}": 5 + n for n in range(40)})
    chosen = held_out(candidates)
    splits, notes = assign_splits(candidates)
    assert len(chosen) == 4 and notes == ()
    assert all((split == "validation") == (page.work in chosen) for page, split in zip(candidates, splits, strict=True))
    # Neither the order of pages nor their number decides.
    assert held_out(candidates[::-1]) == chosen == held_out(pages({f"work {n}": 1 for n in range(40)}))


def test_two_works_make_two_splits():
    assert len(held_out(pages({"a": 3, "b": 90}))) == 1


def test_a_lone_work_gives_its_last_tenth():
    splits, notes = assign_splits(pages({"kite": 30}))
    assert splits == ["train"] * 27 + ["validation"] * 3
    assert notes == ('split by page: only one work ("kite") in colour',)
    assert assign_splits(pages({"kite": 1}))[0] == ["train"]
    assert assign_splits(pages({"kite": 2}))[0] == ["train", "validation"]


def test_unrelated_titles_leave_both_domains_on_both_sides():
    candidates = pages({f"color {n}": 2 for n in range(10)}) + pages({f"grey {n}": 2 for n in range(10)}, colored=False)
    assert sorted(work.split()[0] for work in held_out(candidates)) == ["color", "grey"]


def test_a_grey_page_goes_with_its_colored_work():
    candidates = [page for n in range(20) for page in (SplitCandidate(f"{n}", True), SplitCandidate(f"{n}", False))]
    splits, _ = assign_splits(candidates)
    assert splits[::2] == splits[1::2] and splits.count("validation") == 4


def test_a_source_may_fix_the_split():
    candidates = [SplitCandidate("a", True, "train"), SplitCandidate("b", True, "validation")]
    assert assign_splits(candidates) == (["train", "validation"], ())


COMIC = [(f"E{n:02}P{page:02}.jpg", f"E{n:02}") for n in range(1, 18) for page in range(3)]


def test_works_are_held_out_by_their_names_and_pages_by_patterns():
    splits = requested_splits("E15, E16,E17", COMIC)
    assert [work for (_, work), split in zip(COMIC, splits, strict=True) if split == "validation"] == [
        work for _, work in COMIC if work in ("E15", "E16", "E17")
    ]
    assert requested_splits("E1[567]*", COMIC) == splits
    photographs = [("train_10.jpg", "train"), ("test_23.jpg", "test"), ("test_4.jpg", "test")]
    assert requested_splits("test_2*", photographs) == ["train", "validation", "train"]
    assert requested_splits("test", photographs) == ["train", "validation", "validation"]


@pytest.mark.parametrize(
    ("held_out", "message"), [("E15,E99", 'is "E99"; the works begin with E01, E02'), ("*", "every page is held out")]
)
def test_invalid_held_out_works_are_reported(held_out, message):
    with pytest.raises(ValueError, match=message):
        requested_splits(held_out, COMIC)


def test_an_archive_holds_out_the_works_requested(tmp_path, write_pages, map_page):
    names = [f"E{n:02}{page}.png" for n in range(1, 6) for page in ("", "P01", "P02")]
    source = f"folder:{write_pages(tmp_path / 'pages', {name: map_page(n) for n, name in enumerate(names)})}"

    def validation(held_out):
        archive = open_archive(source, held_out=held_out, cache=tmp_path, progress=False)
        assert len(archive.split("train")) + len(archive.split("validation")) == len(names)
        return [record.name for record in archive.split("validation")], archive.directory

    asked, directory = validation("E02,E04")
    assert asked == ["E02.png", "E02P01.png", "E02P02.png", "E04.png", "E04P01.png", "E04P02.png"]
    by_default, other = validation("")
    assert len(by_default) == 3 and len({directory, other, validation("E0[24]*")[1]}) == 3
