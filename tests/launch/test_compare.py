"""The command writes what was asked, or says what is wrong, and never writes over what is not its own."""

from __future__ import annotations

import pytest

from launch.compare import main
from mangagan.evaluate.result import PageFigures, Result, result_file, write_result


@pytest.fixture
def runs(tmp_path):
    """Three evaluated runs without pictures, and one that was not evaluated."""
    for worse, name in enumerate(("a", "b", "c")):
        pages = [
            PageFigures(f"{work}/1.png", f"w{work}", "gray", {"ciede2000": 10.0 + worse + work / 100})
            for work in range(8)
        ]
        size = 256 if name != "c" else 512
        write_result(result_file(tmp_path / name, "256"), Result(name, {"name": "256", "size": size}, tuple(pages)))
        (tmp_path / name / "experiment.json").write_text("{}")
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "experiment.json").write_text("{}")
    return tmp_path


def compare(runs, *arguments):
    return main([str(runs / argument) if len(argument) < 6 else argument for argument in arguments])


def test_page_and_markdown_are_written(runs, capsys, monkeypatch):
    monkeypatch.chdir(runs)
    assert compare(runs, "a", "b", "--output=page.html", "--markdown=page.md") == 0
    assert "<title>Comparison of a and b</title>" in (runs / "page.html").read_text()
    assert "Best by CIEDE2000 is **a** with 10.04." in (runs / "page.md").read_text()
    out = capsys.readouterr().out
    assert "Best by CIEDE2000 is a with 10.04. Its lead holds against b." in out
    assert "comparison of 2 runs in page.html" in out
    # Its own files it makes anew.
    assert compare(runs, "a", "b", "--output=page.html", "--markdown=page.md") == 0


def test_without_names_a_page_and_with_markdown_alone_no_page(runs, monkeypatch):
    monkeypatch.chdir(runs)
    assert compare(runs, "a", "--markdown=page.md") == 0
    assert not (runs / "comparison.html").exists()
    assert compare(runs, "a") == 0
    assert (runs / "comparison.html").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("a", "bare"), "bare --protocol=256"),
        (("a", "c"), "size: 256 in a, 512 in c"),
        (("a", "none"), "there is no such folder"),
        (("a", "a"), "is named twice"),
        (("a", "b", "--protocol=native"), "has no evaluation by the protocol native; it has 256"),
        (("a", "b", "--output=nowhere/page.html"), "name a file in a folder that is there"),
        (("a", "b", "--output=mine.html"), "mine.html holds something that is no comparison"),
        (("a", "b", "--markdown=mine.html"), "mine.html holds something that is no comparison"),
        (("a", "b", "--output=one.md", "--markdown=one.md"), "choose two files"),
    ],
)
def test_mistakes_are_said_and_nothing_is_written(runs, capsys, monkeypatch, arguments, said):
    monkeypatch.chdir(runs)
    (runs / "mine.html").write_text("what somebody wrote")
    before = sorted(runs.iterdir())
    assert compare(runs, *arguments) == 2
    assert said in capsys.readouterr().err
    assert sorted(runs.iterdir()) == before and (runs / "mine.html").read_text() == "what somebody wrote"
