from __future__ import annotations

from mangagan.data.splits import Placed, place


def pages(works: dict[str, int], colored: bool = True) -> list[Placed]:
    return [Placed(work, colored) for work, count in works.items() for _ in range(count)]


def held_out(placed: list[Placed]) -> set[str]:
    return {page.work for page, split in zip(placed, place(placed)[0], strict=True) if split == "validation"}


def test_a_tenth_of_the_works_is_held_out_whole():
    placed = pages({f"work {n}": 5 + n for n in range(40)})
    chosen = held_out(placed)
    splits, notes = place(placed)
    assert len(chosen) == 4 and notes == ()
    assert all((split == "validation") == (page.work in chosen) for page, split in zip(placed, splits, strict=True))
    # Neither the order of pages nor their number decides.
    assert held_out(placed[::-1]) == chosen == held_out(pages({f"work {n}": 1 for n in range(40)}))


def test_two_works_make_two_splits():
    assert len(held_out(pages({"a": 3, "b": 90}))) == 1


def test_a_lone_work_gives_its_last_tenth():
    splits, notes = place(pages({"kite": 30}))
    assert splits == ["train"] * 27 + ["validation"] * 3
    assert notes == ('split by page: only one work ("kite") in colour',)
    assert place(pages({"kite": 1}))[0] == ["train"]
    assert place(pages({"kite": 2}))[0] == ["train", "validation"]


def test_unrelated_titles_leave_both_domains_on_both_sides():
    placed = pages({f"color {n}": 2 for n in range(10)}) + pages({f"grey {n}": 2 for n in range(10)}, colored=False)
    assert sorted(work.split()[0] for work in held_out(placed)) == ["color", "grey"]


def test_a_grey_page_goes_with_its_colored_work():
    placed = [page for n in range(20) for page in (Placed(f"{n}", True), Placed(f"{n}", False))]
    splits, _ = place(placed)
    assert splits[::2] == splits[1::2] and splits.count("validation") == 4


def test_a_source_may_demand_the_split():
    placed = [Placed("a", True, "train"), Placed("b", True, "validation")]
    assert place(placed) == (["train", "validation"], ())
