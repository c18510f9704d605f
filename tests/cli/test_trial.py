"""The trial command continues where it was stopped, and reports mistakes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from mangagan.cli.trial import main


@pytest.fixture
def pages(tmp_path):
    """Two works of two pages in colour, one of which has a cover."""
    rng = np.random.default_rng(0)
    (tmp_path / "pages").mkdir()
    for name in ("E1", "E1P01", "E1P02", "E2P01", "E2P02"):
        small = Image.fromarray(rng.integers(0, 256, (6, 5, 3)).astype(np.uint8))
        small.resize((40, 48), Image.Resampling.BICUBIC).save(tmp_path / "pages" / f"{name}.png")
    return tmp_path / "pages"


@pytest.fixture
def trial(named, pages, tmp_path, monkeypatch, untrained):
    monkeypatch.setitem(named, "steered", untrained("colorizer_base:debug"))
    monkeypatch.setitem(named, "plain", untrained("pix2pix_manga:debug"))

    def run(*arguments):
        given = [f"--pages={pages}", f"--output={tmp_path / 'trial'}", "--checkpoint=steered", "--perceptual=off"]
        return main([*given, "--kinds=gray", "--ways=others,none", *arguments])

    return run


def test_metrics_are_written_and_finished_pages_are_kept(trial, tmp_path, capsys):
    boxes = {name: {"hat": [[2, 3, 20, 30]]} for name in ("E1P01.png", "E1P02.png")}
    (tmp_path / "hats.json").write_text(json.dumps(boxes))
    options = ["--sizes=32,40", "--hints=3", f"--characters={tmp_path / 'hats.json'}"]
    assert trial(*options) == 0
    shown, folder = capsys.readouterr().out, tmp_path / "trial"
    assert shown.strip() == (folder / "trial.md").read_text("utf-8").strip() and "| grey pages | bare | others" in shown
    found = json.loads((folder / "trial.json").read_text("utf-8"))
    assert found["pages"] == 4 and {"bare", "others", "none", "others, 3 hints"} == set(found["gray"])
    assert found["gray between sizes"] > 0
    assert list(found["gray at sizes"]) == ["32", "40"] and min(found["gray at sizes"].values()) > 0
    assert set(found["gray spread of characters"]) == {"truth", "others", "work", "none"}
    kept = folder / "gray-others" / "E1P01.png"
    Image.new("RGB", (40, 48), (1, 2, 3)).save(kept)
    assert trial(*options) == 0
    assert Image.open(kept).getpixel((5, 5)) == (1, 2, 3), "what is there is not painted anew"
    assert json.loads((folder / "trial.json").read_text("utf-8"))["gray"]["others"] != found["gray"]["others"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--checkpoint=plain"], "plain takes no palette: measure it with --ways=none"),
        (["--checkpoint=plain", "--ways=none", "--hints=3"], "plain takes no hints"),
        (["--works=E9"], "E9"),
        (["--checkpoint=nowhere"], "is neither a run"),
        (["--characters={tmp}/none.json"], "none.json"),
    ],
)
def test_mistakes_are_reported_before_any_prediction(trial, tmp_path, capsys, arguments, said):
    assert trial(*(argument.format(tmp=tmp_path) for argument in arguments)) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "trial" / "gray-others").exists()


def test_a_broken_page_is_named(trial, pages, capsys):
    (pages / "E1P03.png").write_bytes((pages / "E1P01.png").read_bytes()[:200])
    trial()
    assert "E1P03" in capsys.readouterr().err


def test_a_folder_of_another_network_is_left_alone(trial, tmp_path, capsys):
    assert trial("--ways=none") == 0
    assert trial("--checkpoint=plain", "--ways=none") == 2
    assert "has the trial of another network" in capsys.readouterr().err
