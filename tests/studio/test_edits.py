"""The journal of edits: undo and redo without end, over restarts and crashes."""

from mangagan.studio.edits import Edits
from mangagan.studio.operations import parse_operation


def dot(x):
    return parse_operation({"kind": "point", "at": [x, 1], "color": "#ff0000"}, 1000, 1000)


def places(edits, page="a"):
    return [operation.places[0][0] for operation in edits.of_page(page).active]


def test_five_hundred_operations_are_undone_and_done_again(tmp_path):
    edits = Edits(tmp_path / "edits.jsonl")
    for x in range(500):
        edits.add("a", dot(x))
    for _ in range(500):
        assert edits.undo("a")
    assert not edits.undo("a") and places(edits) == []
    for _ in range(300):
        assert edits.redo("a")
    assert places(edits) == list(range(300))
    # A new operation ends what could be redone.
    edits.add("a", dot(999))
    assert not edits.redo("a") and places(Edits(tmp_path / "edits.jsonl")) == [*range(300), 999]


def test_pages_have_their_own_operations(tmp_path):
    edits = Edits(tmp_path / "edits.jsonl")
    edits.add("a", dot(1))
    edits.add("b/ü.png", dot(2))
    edits.undo("a")
    again = Edits(tmp_path / "edits.jsonl")
    assert places(again) == [] and places(again, "b/ü.png") == [2] and again.pages == ["b/ü.png"]


def test_a_line_that_a_crash_cut_is_passed_over_and_the_next_one_is_whole(tmp_path):
    file = tmp_path / "edits.jsonl"
    edits = Edits(file)
    edits.add("a", dot(1))
    edits.add("a", dot(2))
    whole = file.read_bytes()
    for length in range(len(whole) - 2, len(whole) - 30, -1):
        file.write_bytes(whole[:length])
        cut = Edits(file)
        assert places(cut) == [1]
        cut.add("a", dot(3))
        assert places(Edits(file)) == [1, 3]


def test_a_journal_of_anything_is_read(tmp_path):
    file = tmp_path / "edits.jsonl"
    file.write_bytes(b'\xff\n[]\n{"page": 3}\n{"page": "a", "do": {"kind": "x"}}\n{"page": "a", "undo": true}\n')
    assert places(Edits(file)) == []
