import pytest

from mangagan.infer.guidance.hints_folder import HintsFolder

TEXT = '{"version": 1, "size": [10, 20], "points": [{"at": [1, 2], "color": "#ff0000"}]}'


@pytest.fixture
def folder(tmp_path):
    for name in ("kite.cbz/p1.png.json", "kite/p2.json", "p2.json", "deep/p3.json", "typo.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(TEXT.replace("[1, 2]", f"[1, {len(name) % 20}]"))
    return HintsFolder(tmp_path)


@pytest.mark.parametrize(
    ("page", "found"),
    [("p1.png", "kite.cbz/p1.png.json"), ("p2.jpg", "kite/p2.json"), ("deep/p3.png", "deep/p3.json"), ("p4.png", None)],
)
def test_the_nearest_file_of_the_page_s_name_counts(folder, page, found):
    hints = folder.hints("kite.cbz", page)
    assert (hints is None) == (found is None)
    if hints and found:
        assert hints.hints[0].places == ((1.0, len(found) % 20),) and (hints.width, hints.height) == (10, 20)


def test_files_that_no_page_asks_for_are_told(folder):
    for page in ("p1.png", "p2.png", "deep/p3.png"):
        folder.text("kite.cbz", page)
    assert [file.name for file in folder.unused] == ["p2.json", "typo.json"]


def test_broken_hints_and_no_hints_at_all(folder, tmp_path):
    for text in ("{", ""):
        (tmp_path / "p9.json").write_text(text)
        with pytest.raises(ValueError, match="no valid JSON"):
            folder.hints("kite.cbz", "p9.png")
    (tmp_path / "empty").mkdir()
    for place in ("empty", "nowhere"):
        with pytest.raises(ValueError, match="there are no hints"):
            HintsFolder(tmp_path / place)
