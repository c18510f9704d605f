"""Untrained runs are judged: what matters is what is counted, not how good they are."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from launch import run as training
from launch.evaluate import main
from mangagan.train.log import GRID_HEADER, draw_grid

AREAS = ["1-10 %", "10-20 %", "20-30 %", "30-40 %", "40-50 %", "50-60 %"]


@pytest.fixture(scope="module")
def run(pages, tmp_path_factory):
    """The folder of a denoising run of two steps, with pictures of both."""
    workdir = tmp_path_factory.mktemp("runs") / "tiny"
    arguments = ["--exp=restore_denoise:debug", f"data.source=folder:{pages}", "train.every_grid_steps=1"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["launch/run.py", *arguments])
        assert training.main([*arguments, f"--workdir={workdir}"]) == 0
    return workdir


@pytest.fixture(scope="module")
def models(run, named, untrained):
    """The run, and names that the command takes for the folders of others."""
    named["inpaint"] = untrained("restore_inpaint:debug")
    named["known"] = untrained("restore_denoise:debug", {"data.damage.known": True})
    named["salt"] = untrained("restore_denoise:debug", {"data.damage.kind": "SaltAndPepper"})
    named["paint"] = untrained("pix2pix_manga:debug")
    return {name: name for name in named} | {"denoise": run}


def evaluate(models, name, *arguments):
    return main([f"--checkpoint={models.get(name, name)}", *map(str, arguments)])


def read(file):
    return json.loads(file.read_text())


def test_denoising_by_sigma_beside_published_figures(models, pages, tmp_path, capsys):
    arguments = (f"--data=folder:{pages}", "--works=a,b", "--pictures=3", "--sigma=15,25")
    assert evaluate(models, "denoise", *arguments, f"--output={tmp_path / '1.json'}") == 0
    out = capsys.readouterr().out
    assert "| PSNR, dB | sigma 15 | sigma 25 |" in out and "| FFDNet, color (published, CBSD68) | - | 31.21 |" in out
    assert "neither clipped nor rounded" in out
    figures = read(tmp_path / "1.json")
    assert figures["task"] == "Denoise" and figures["pictures"] == 3 and figures["skipped"] == {}
    assert list(figures["by_picture"]) == ["a/0.png", "a/2.png", "b/1.png"]
    assert figures["protocol"]["works"] == ["a", "b"] and "rounded=False" in figures["protocol"]["noises"]["sigma 15"]
    one = [picture["sigma 25"]["output"] for picture in figures["by_picture"].values()]
    assert figures["mean"]["sigma 25"]["output"] == pytest.approx(np.mean(one))
    assert 19 < figures["mean"]["sigma 25"]["input"] < 22
    assert evaluate(models, "denoise", *arguments, f"--output={tmp_path / '2.json'}") == 0
    assert read(tmp_path / "2.json") == figures
    assert evaluate(models, "denoise", *arguments, "--noise=8bit", f"--output={tmp_path / '3.json'}") == 0
    other = read(tmp_path / "3.json")["mean"]
    assert other["sigma 25"]["input"] == pytest.approx(figures["mean"]["sigma 25"]["input"], abs=1e-9)
    assert other["sigma 25"]["output"] != figures["mean"]["sigma 25"]["output"]


def test_a_run_that_knows_sigma_and_one_of_other_noise(models, pages, capsys):
    assert evaluate(models, "known", f"--data=folder:{pages}", "--pictures=1", "--size=32") == 0
    assert "| this run |" in capsys.readouterr().out
    assert evaluate(models, "salt", f"--data=folder:{pages}", "--pictures=1") == 0
    out = capsys.readouterr().out
    assert "| PSNR, dB | SaltAndPepper |" in out and "published" not in out


def test_inpainting_by_area(models, pages, tmp_path, capsys):
    file = tmp_path / "figures.json"
    arguments = (f"--data=folder:{pages}", "--pictures=2", "--size=32", f"--output={file}")
    (pages / "c" / "broken.png").write_bytes(b"")
    try:
        assert evaluate(models, "inpaint", *arguments, "--works=c") == 0
        assert evaluate(models, "inpaint", f"--data=folder:{pages}", "--size=32", "--works=c") == 1
        told = capsys.readouterr()
    finally:
        (pages / "c" / "broken.png").unlink()
    assert "| hole, L1 % / PSNR dB / SSIM | mean color | biharmonic | smooth | coarse | refined |" in told.out
    assert "refined beats biharmonic by L1 in" in told.out
    assert "skipped c/broken.png: the file is empty" in told.err
    figures = read(file)
    assert list(figures["mean"]) == AREAS and figures["protocol"]["size"] == 32
    assert list(figures["mean"]["1-10 %"]) == ["mean color", "biharmonic", "smooth", "coarse", "refined"]
    assert figures["mean"]["1-10 %"]["refined"].keys() == {"l1", "psnr", "ssim"}
    errors = [figures["mean"][area]["mean color"]["l1"] for area in AREAS]
    assert errors == sorted(errors)


def test_what_a_run_has_learned_from_is_left_out_or_said(models, named, pages, tmp_path, capsys):
    source, file = f"folder:{pages}", tmp_path / "own.json"
    for held_out, works, told in (("c", ["c/0.png", "c/2.png"], False), ("", ["a/0.png", "b/2.png"], True)):
        experiment, variables = named["salt"]
        named["own"] = replace(experiment, data=replace(experiment.data, source=source, held_out=held_out)), variables
        assert evaluate({}, "own", f"--data={source}", "--pictures=2", "--size=16", f"--output={file}") == 0
        out = capsys.readouterr().out
        assert list(read(file)["by_picture"]) == works and ("name works that were held out" in out) == told


def test_coloring_gives_the_figures_of_training(models, pages, tmp_path, capsys):
    file = tmp_path / "figures.json"
    assert evaluate(models, "paint", f"--data=folder:{pages}", f"--output={file}") == 0
    assert "evaluation/ciede2000 " in capsys.readouterr().out
    figures = read(file)
    assert figures["task"] == "Paired" and figures["pictures"] == 4 and figures["mean"]["evaluation/psnr"] > 0


def grid(run, step, gray):
    picture = np.full((2, 8, 12, 3), gray, np.float32)
    columns = {name: picture + shift / 100 for shift, name in enumerate(("input", "output", "average", "truth"))}
    (run / "grids").mkdir(parents=True, exist_ok=True)
    draw_grid(columns).save(run / "grids" / f"{step:07d}.png")


def test_progress_shows_the_first_and_the_last_pictures(tmp_path, capsys):
    file, run = tmp_path / "progress.png", tmp_path / "run"
    for step, gray in ((900, 0.0), (1000, 0.3), (12000, 0.6)):
        grid(run, step, gray)
    assert main([f"--checkpoint={run}", f"--progress={file}"]) == 0
    drawn = Image.open(file)
    assert drawn.size == (4 * 12, 2 * 8 + GRID_HEADER)
    shown = [np.asarray(drawn)[GRID_HEADER + 5, 12 * column + 6, 0] for column in range(4)]
    wanted = (0.0, 0.01, 0.62, 0.63)
    np.testing.assert_allclose(shown, [round((gray + 1) * 127.5) for gray in wanted], atol=1)
    assert str(file) in capsys.readouterr().out


def test_progress_of_a_run(run, tmp_path):
    assert main([f"--checkpoint={run}", f"--progress={tmp_path / 'progress.png'}"]) == 0
    first, last, drawn = (
        np.asarray(Image.open(file).convert("RGB"))[GRID_HEADER:]
        for file in (*sorted((run / "grids").iterdir()), tmp_path / "progress.png")
    )
    side = first.shape[1] // 4
    np.testing.assert_array_equal(drawn[:, : 2 * side], first[:, : 2 * side])
    np.testing.assert_array_equal(drawn[:, 2 * side :], last[:, 2 * side :])


def test_progress_needs_a_first_and_a_last(tmp_path, capsys):
    grid(tmp_path / "run", 5, 0)
    assert main([f"--checkpoint={tmp_path / 'run'}", f"--progress={tmp_path / 'p.png'}"]) == 2
    assert "has 1 picture, and a first and a last are needed" in capsys.readouterr().err
    assert main([f"--checkpoint={tmp_path}", f"--progress={tmp_path / 'p.png'}"]) == 2
    assert "has no pictures" in capsys.readouterr().err
    assert not (tmp_path / "p.png").exists()


@pytest.mark.parametrize(
    ("name", "arguments", "complaint"),
    [
        ("denoise", [], "--data=: restoration is judged on whole pictures; give --data=folder:DIR"),
        ("inpaint", ["--data=comics:20"], "give --data=folder:DIR"),
        ("denoise", ["--data=folder:{pages}/none"], "there is no folder"),
        ("denoise", ["--data=folder:{pages}", "--works=d"], "there is no work d in {pages}; there are a, b, c"),
        ("denoise", ["--data=folder:{pages}", "--sigma=25,x"], "--sigma=25,x: write whole numbers"),
        ("denoise", ["--data=folder:{pages}", "--output={pages}/none/x.json"], "there is no folder"),
        ("nothing", ["--data=folder:{pages}"], "is neither a run"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(models, pages, name, arguments, complaint, capsys):
    assert evaluate(models, name, *(argument.format(pages=pages) for argument in arguments)) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1 and complaint.format(pages=pages) in error


def test_help_says_how_it_is_judged(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert "examples:" in out and "neither clipped nor rounded" in out and "exit code" in out
