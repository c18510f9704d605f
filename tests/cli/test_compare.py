"""The command writes a comparison or reports a mistake, and never overwrites the files of others."""

from __future__ import annotations

import pytest

from mangagan.cli.compare import main
from mangagan.evaluate.result import PageMetrics, Result, result_file, write_result


@pytest.fixture
def runs(tmp_path):
    """Three evaluated runs without pictures, and one that was not evaluated."""
    for worse, name in enumerate(("a", "b", "c")):
        pages = [
            PageMetrics(f"{work}/1.png", f"w{work}", "gray", {"ciede2000": 10.0 + worse + work / 100})
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
    assert "**a** has the best CIEDE2000, 10.04." in (runs / "page.md").read_text()
    out = capsys.readouterr().out
    assert "a has the best CIEDE2000, 10.04. Its lead over b is statistically significant." in out
    assert "comparison of 2 runs in page.html" in out
    # Its own files it makes anew.
    assert compare(runs, "a", "b", "--output=page.html", "--markdown=page.md") == 0


def test_the_default_is_a_page_but_markdown_alone_writes_none(runs, monkeypatch):
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
        (("a", "b", "--output=nowhere/page.html"), "name a file in a folder that exists"),
        (("a", "b", "--output=mine.html"), "mine.html exists and is not a comparison"),
        (("a", "b", "--markdown=mine.html"), "mine.html exists and is not a comparison"),
        (("a", "b", "--output=one.md", "--markdown=one.md"), "choose two files"),
    ],
)
def test_a_mistake_is_reported_and_nothing_is_written(runs, capsys, monkeypatch, arguments, said):
    monkeypatch.chdir(runs)
    (runs / "mine.html").write_text("what somebody wrote")
    before = sorted(runs.iterdir())
    assert compare(runs, *arguments) == 2
    assert said in capsys.readouterr().err
    assert sorted(runs.iterdir()) == before and (runs / "mine.html").read_text() == "what somebody wrote"
