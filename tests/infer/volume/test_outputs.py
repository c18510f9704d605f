import pytest

from mangagan.infer.volume.outputs import output_beside


@pytest.fixture
def shelf(tmp_path):
    (tmp_path / "scans.v1").mkdir()
    for name in ("page.png", "page.gif", "Kite v1.2.cbz", "kite.PDF", "scans.v1/p1.jpg"):
        (tmp_path / name).write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize(
    ("names", "to", "expected"),
    [
        (["page.png"], None, "page-color.png"),
        (["page.gif"], None, "page-color.gif"),
        (["page.png"], "cbz", "page-color.cbz"),
        (["page.png"], "folder", "page-color"),
        (["Kite v1.2.cbz"], None, "Kite v1.2-color.cbz"),
        (["Kite v1.2.cbz"], "folder", "Kite v1.2-color"),
        (["kite.PDF"], None, "kite-color.cbz"),
        (["scans.v1"], None, "scans.v1-color"),
        (["scans.v1"], "cbz", "scans.v1-color"),
        (["page.png", "kite.PDF"], None, "color"),
    ],
)
def test_what_is_coloured_goes_beside_what_it_is_made_of(shelf, names, to, expected, monkeypatch):
    assert output_beside([shelf / name for name in names], to) == shelf / expected
    monkeypatch.chdir(shelf / names[0] if (shelf / names[0]).is_dir() else shelf)
    if names == ["scans.v1"]:
        assert output_beside([shelf.__class__(".")], to) == shelf / expected


def test_inputs_of_several_folders_need_an_output(shelf):
    with pytest.raises(ValueError, match="say with --output"):
        output_beside([shelf / "page.png", shelf / "scans.v1" / "p1.jpg"])
