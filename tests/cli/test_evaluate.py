"""Untrained runs are evaluated: what is measured matters here, not how good it is."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mangagan.cli import train as training
from mangagan.cli.evaluate import main
from mangagan.data.sources import composed
from mangagan.evaluate.colorization import evaluation_pages as judged_pages
from mangagan.evaluate.colorization.colorization import evaluate_colorizer
from mangagan.evaluate.colorization.session import EvaluationOptions
from mangagan.evaluate.protocol import Protocol
from mangagan.evaluate.result import protocol_differences, read_result, result_file
from mangagan.train import load as trained
from mangagan.train.run_log import GRID_HEADER, draw_grid

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
    """The run, and untrained runs by the names that stand for their folders."""
    named["inpaint"] = untrained("restore_inpaint:debug")
    named["known"] = untrained("restore_denoise:debug", {"data.damage.known": True})
    named["salt"] = untrained("restore_denoise:debug", {"data.damage.kind": "SaltAndPepper"})
    named["paint"] = untrained("pix2pix_manga:debug")
    return {name: name for name in named} | {"denoise": run, "of": dict(named)}


def evaluate(models, name, *arguments):
    return main([f"--checkpoint={models.get(name, name)}", *map(str, arguments)])


def test_denoising_by_sigma_beside_published_figures(models, pages, tmp_path, capsys):
    arguments = (f"--data=folder:{pages}", "--works=a,b", "--pictures=3", "--sigma=15,25")
    assert evaluate(models, "denoise", *arguments, f"--output={tmp_path / '1.json'}") == 0
    out = capsys.readouterr().out
    assert "| PSNR, dB | sigma 15 | sigma 25 |" in out and "| FFDNet, color (published, CBSD68) | - | 31.21 |" in out
    assert "neither clipped nor rounded" in out
    result = read_result(tmp_path / "1.json")
    assert result.task == "denoise" and result.skipped == {} and result.kinds == ("sigma 15", "sigma 25")
    assert [page.name for page in result.pages if page.kind == "sigma 25"] == ["a/0.png", "a/2.png", "b/1.png"]
    assert result.protocol["works"] == ["a", "b"] and result.protocol["pages"] == 3
    assert "rounded=False" in result.protocol["noises"]["sigma 15"] and len(result.protocol["sha256"]) == 64
    mean = result.summary()["sigma 25"]
    assert mean["psnr"].mean == pytest.approx(
        np.mean([page.metrics["psnr"] for page in result.pages if page.kind == "sigma 25"])
    )
    assert 19 < mean["psnr_input"].mean < 22
    assert evaluate(models, "denoise", *arguments, f"--output={tmp_path / '2.json'}") == 0
    assert read_result(tmp_path / "2.json") == result
    assert evaluate(models, "denoise", *arguments, "--noise=8bit", f"--output={tmp_path / '3.json'}") == 0
    rounded = read_result(tmp_path / "3.json")
    other = rounded.summary()["sigma 25"]
    assert other["psnr_input"].mean == pytest.approx(mean["psnr_input"].mean, abs=1e-9)
    assert other["psnr"].mean != mean["psnr"].mean
    assert [line.partition(":")[0] for line in protocol_differences(result, rounded)] == ["noises"]


def test_the_result_of_a_restorer_is_kept_where_its_protocol_differs(models, run, pages, capsys):
    arguments = (f"--data=folder:{pages}", "--sigma=25", "--size=16")
    assert evaluate(models, "denoise", *arguments, "--works=a", "--pictures=1") == 0
    (file,) = (run / "evaluation").iterdir()
    assert file.name.startswith("denoise-sigma-25-folder-")
    kept = file.read_bytes()
    assert evaluate(models, "denoise", *arguments, "--works=b", "--pictures=1") == 2
    assert "differs in works, sha256: it is kept; choose an --output" in capsys.readouterr().err
    assert file.read_bytes() == kept
    assert evaluate(models, "denoise", *arguments, "--works=b", "--pictures=1", f"--output={file}") == 0
    assert read_result(file).protocol["works"] == ["b"]


def test_a_run_that_takes_sigma_and_one_trained_on_other_noise(models, pages, tmp_path, capsys):
    output = f"--output={tmp_path}"
    assert evaluate(models, "known", f"--data=folder:{pages}", "--pictures=1", "--size=32", output) == 0
    assert "| this run |" in capsys.readouterr().out
    assert evaluate(models, "salt", f"--data=folder:{pages}", "--pictures=1", output) == 0
    out = capsys.readouterr().out
    assert "| PSNR, dB | SaltAndPepper |" in out and "published" not in out


def test_inpainting_by_area(models, pages, tmp_path, capsys):
    file = tmp_path / "figures.json"
    arguments = (f"--data=folder:{pages}", "--pictures=2", "--size=32", f"--output={file}")
    (pages / "c" / "broken.png").write_bytes(b"")
    try:
        assert evaluate(models, "inpaint", *arguments, "--works=c") == 0
        broken = (f"--data=folder:{pages}", "--size=32", f"--output={tmp_path}")
        assert evaluate(models, "inpaint", *broken, "--works=c") == 1
        told = capsys.readouterr()
    finally:
        (pages / "c" / "broken.png").unlink()
    assert "| hole, L1 % / PSNR dB / SSIM | mean color | biharmonic | smooth | coarse | refined |" in told.out
    assert "refined beats biharmonic by L1 in" in told.out
    assert "skipped c/broken.png: the file is empty" in told.err
    result = read_result(file)
    assert list(result.kinds) == AREAS and result.protocol["size"] == 32 and result.task == "inpaint"
    assert list(result.baselines) == ["mean color", "biharmonic", "smooth", "coarse"]
    assert result.pages[0].metrics.keys() == {"l1", "psnr", "ssim"}
    errors = [result.summary("mean color")[area]["l1"].mean for area in AREAS]
    assert errors == sorted(errors) and errors[-1] < 1


def test_the_training_set_is_left_out_or_a_warning_is_printed(models, named, pages, tmp_path, capsys):
    source, file = f"folder:{pages}", tmp_path / "own.json"
    for held_out, works, told in (("c", ["c/0.png", "c/2.png"], False), ("", ["a/0.png", "b/2.png"], True)):
        experiment, variables = named["salt"]
        named["own"] = replace(experiment, data=replace(experiment.data, source=source, held_out=held_out)), variables
        assert evaluate({}, "own", f"--data={source}", "--pictures=2", "--size=16", f"--output={file}") == 0
        out = capsys.readouterr().out
        assert [page.name for page in read_result(file).pages] == works and (
            "name works that were held out" in out
        ) == told


def test_colorization_with_intervals_and_pictures(models, pages, tmp_path, capsys):
    arguments = (f"--data=folder:{pages}", "--works=*", "--perceptual=off", "--keep-pages=1", "--pictures=6")
    assert evaluate(models, "paint", *arguments, f"--output={tmp_path}") == 0
    told, file = capsys.readouterr().out, tmp_path / f"paint-{result_file(tmp_path, 'native', f'folder:{pages}').name}"
    assert "| metric | gray |" in told and "| PSNR (RGB), dB\u00a0↑ | " in told and "| works | 3 |" in told
    assert "left out: fid, inception_kernel: needs the weights" in told and str(file) in told
    assert "These pages are of 3 works" in told
    result = read_result(file)
    assert result.name == "paint" and len(result.pages) == 6 and result.protocol["works"] == ["a", "b", "c"]
    assert result.summary()["gray"]["ciede2000"].low < result.summary()["gray"]["ciede2000"].high
    assert {picture.why for picture in result.pictures} == {"spread", "best", "worst"}
    assert all((tmp_path / picture.output).is_file() for picture in result.pictures)
    # Pictures of another program: the true ones.
    folders = (f"--predictions={pages}", f"--truth={pages}", f"--output={tmp_path / 'theirs.json'}")
    assert main([*folders, "--pictures=6", "--perceptual=off"]) == 0
    theirs = read_result(tmp_path / "theirs.json")
    assert protocol_differences(result, replace(theirs, name="x")) == []
    assert theirs.summary()["gray"]["psnr"].mean == pytest.approx(100)


def test_pictures_are_kept_beside_the_result_and_never_among_the_evaluated_ones(pages, tmp_path, capsys):
    theirs = tmp_path / "theirs"
    shutil.copytree(pages / "a", theirs)
    arguments = (f"--predictions={theirs}", f"--truth={pages / 'a'}", "--pictures=2", "--perceptual=off")
    # The same command twice: what the first has written must not come back as predictions.
    for _ in range(2):
        assert main([*arguments, f"--output={tmp_path / 'theirs.json'}"]) == 0
    result = read_result(tmp_path / "theirs.json")
    assert all(picture.output.startswith("theirs-pages/") for picture in result.pictures)
    assert len(list(theirs.rglob("*"))) == 4
    for folder in (theirs, pages / "a"):
        assert main([*arguments, f"--output={folder / 'x.json'}"]) == 2
        assert f"among those of {folder}: choose another --output" in capsys.readouterr().err
        assert len(list(folder.rglob("*"))) == 4


def test_a_result_of_other_pages_is_never_replaced(models, pages, tmp_path, capsys):
    workdir, experiment = tmp_path / "run", models["of"]["paint"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trained, "load_trained", lambda folder: experiment)
        arguments = [f"--checkpoint={workdir}", f"--data=folder:{pages}", "--protocol=256", "--perceptual=off"]
        assert main([*arguments, "--works=a", "--keep-pages=0"]) == 0
        (file,) = (workdir / "evaluation").iterdir()
        assert read_result(file).pictures == ()
        kept = file.read_bytes()
        assert main([*arguments, "--works=a", "--pictures=1"]) == 2
        assert "differs in pages, sha256: it is kept; choose an --output" in capsys.readouterr().err
        assert file.read_bytes() == kept and main([*arguments, "--works=a"]) == 0


def test_built_in_pages_with_and_without_a_number(models, tmp_path, monkeypatch):
    monkeypatch.setattr(composed, "UNSEEN_PAGES", 1)
    # Nobody asks for the pages of a result that is not there.
    monkeypatch.setattr(judged_pages, "open_evaluation_pages", lambda *_: pytest.fail("the pages are opened twice"))
    arguments = ("--protocol=256", "--kind=gray", "--perceptual=off")
    for name, source in (("bare", "unseen"), ("numbered", "unseen:1")):
        assert evaluate(models, "paint", f"--data={source}", *arguments, f"--output={tmp_path / name}.json") == 0
    bare, numbered = (read_result(tmp_path / f"{name}.json") for name in ("bare", "numbered"))
    assert bare.protocol["works"] == ["unseen-01"] and bare.pages == numbered.pages and len(bare.pictures) == 2
    assert any("on which it was trained" in reason for reason in bare.left_out.values())


def test_a_file_that_is_no_result_is_never_replaced(models, pages, tmp_path, capsys):
    (tmp_path / "notes.json").write_text('{"what": "I wrote"}')
    common = ("--perceptual=off", "--pictures=1", "--keep-pages=0", f"--output={tmp_path / 'notes.json'}")
    assert evaluate(models, "paint", f"--data=folder:{pages}", "--works=a", *common) == 2
    assert main([f"--predictions={pages}", f"--truth={pages}", *common]) == 2
    assert capsys.readouterr().err.count("notes.json is no result of mangagan evaluate") == 2
    assert (tmp_path / "notes.json").read_text() == '{"what": "I wrote"}'


def test_pictures_of_one_program_are_evaluated_on_several_sets_of_pages(pages, tmp_path, capsys):
    truths = [tmp_path / name for name in ("first", "second", "漫画", "画")]
    (tmp_path / "results").mkdir()
    for truth in truths:
        shutil.copytree(pages / "a", truth)
    common = ("--perceptual=off", "--pictures=1", "--keep-pages=0", f"--output={tmp_path / 'results'}")
    codes = [main([f"--predictions={pages / 'a'}", f"--truth={truth}", *common]) for truth in (*truths, truths[0])]
    # No letter of the third's and the fourth's own is in a file's name.
    assert codes == [0, 0, 0, 2, 0] and "holds an evaluation of folder:" in capsys.readouterr().err
    judged = {read_result(file).protocol["data"] for file in (tmp_path / "results").iterdir()}
    assert judged == {f"folder:{truth}" for truth in truths[:3]}


def test_an_unwritable_output_is_reported_before_the_evaluation(models, pages, tmp_path, capsys, monkeypatch):
    for judge in (
        "colorization.colorization.evaluate_colorizer",
        "colorization.predictions.evaluate_predictions",
        "restoration.restoration.evaluate_denoiser",
    ):
        monkeypatch.setattr(f"mangagan.evaluate.{judge}", lambda *_, **__: pytest.fail("it is judged"))
    (tmp_path / "results").write_text("mine")
    (tmp_path / "x-pages").write_text("mine")
    data, theirs = f"--data=folder:{pages}", (f"--predictions={pages}", f"--truth={pages}")
    assert evaluate(models, "paint", data, f"--output={tmp_path / 'results'}") == 2
    assert main([*theirs, f"--output={tmp_path / 'results'}"]) == 2
    assert capsys.readouterr().err.count(f"cannot be written: {tmp_path / 'results'} is not a folder") == 2
    assert main([*theirs, f"--output={tmp_path / 'x.json'}"]) == 2
    assert f"pictures would be kept in {tmp_path / 'x-pages'}, which is a file" in capsys.readouterr().err
    assert evaluate(models, "denoise", data, f"--output={tmp_path / 'results'}") == 2
    assert f"cannot be written: {tmp_path / 'results'} is not a folder" in capsys.readouterr().err
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert evaluate(models, "paint", data) == 2
    assert "cannot be written: nothing may be written in" in capsys.readouterr().err


def test_the_result_of_a_run_is_written_into_its_folder(models, pages, tmp_path):
    workdir = tmp_path / "run"
    named = {str(workdir): models["of"]["paint"]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trained, "load_trained", lambda folder: named[str(folder)])
        arguments = (f"--data=folder:{pages}", "--protocol=training", "--perceptual=off", "--pictures=2")
        assert main([f"--checkpoint={workdir}", *arguments]) == 0
    written = read_result(result_file(workdir, "training", f"folder:{pages}"))
    assert written.name == "run" and written.protocol["name"] == "training" and written.pictures
    experiment, variables = models["of"]["paint"]
    protocol = Protocol("training", f"folder:{pages}", pages=2)
    found = evaluate_colorizer("run", experiment, variables, protocol, EvaluationOptions(perceptual=False))
    assert found.pages == written.pages and found.protocol == written.protocol and found.pictures == ()


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
    assert "has 1 picture, and two are needed" in capsys.readouterr().err
    assert main([f"--checkpoint={tmp_path}", f"--progress={tmp_path / 'p.png'}"]) == 2
    assert "has no pictures" in capsys.readouterr().err
    assert not (tmp_path / "p.png").exists()


@pytest.mark.parametrize(
    ("name", "arguments", "complaint"),
    [
        ("denoise", [], "--data=: restoration is evaluated on whole pictures; give --data=folder:DIR"),
        ("inpaint", ["--data=comics:20"], "give --data=folder:DIR"),
        ("denoise", ["--data=folder:{pages}/none"], "there is no folder"),
        ("denoise", ["--data=folder:{pages}", "--works=d"], "there is no work d in {pages}; there are a, b, c"),
        ("denoise", ["--data=folder:{pages}", "--sigma=25,x"], "--sigma=25,x: write whole numbers"),
        ("denoise", ["--data=folder:{pages}", "--output={pages}/none/x.json"], "there is no folder"),
        ("nothing", ["--data=folder:{pages}"], "is neither a run"),
        (
            "denoise",
            ["--data=folder:{pages}", "--protocol=256", "--keep-pages=1"],
            "--keep-pages, --protocol: not for",
        ),
        ("inpaint", ["--data=folder:{pages}", "--sigma=25"], "--sigma: not for a run that fills holes"),
        ("denoise", ["--progress=x.png", "--works=a"], "--works: not for the pictures of a run's training"),
        ("denoise", ["--predictions={pages}"], "either --checkpoint=RUN or --predictions=DIR"),
        ("denoise", ["--truth={pages}"], "--truth and --source belong to --predictions=DIR"),
        ("paint", ["--data=folder:{pages}/none"], "there is no folder"),
        ("paint", ["--data=folder:{pages}", "--sigma=25"], "--sigma: not for a run that colours pages"),
        ("paint", ["--protocol=training", "--kind=bw"], "--kind=bw: --protocol=training uses the kind of input"),
        ("paint", ["--data=folder:{pages}", "--works=d"], "there is no work d in folder:{pages}; there are a, b, c"),
        ("paint", ["--data=folder:{pages}", "--kind=bw"], "has no page in color with its ink and tones"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(models, pages, name, arguments, complaint, capsys):
    assert evaluate(models, name, *(argument.format(pages=pages) for argument in arguments)) == 2
    error = capsys.readouterr().err
    assert (
        error.startswith("mangagan evaluate: error: ")
        and error.count("\n") == 1
        and complaint.format(pages=pages) in error
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "give either --checkpoint=RUN or --predictions=DIR"),
        (["--predictions={pages}"], "--predictions=DIR needs --truth=DIR, the true pages, and --output=FILE"),
        (
            ["--predictions={pages}", "--truth={pages}", "--output=x.json", "--data=comics"],
            "--data: not for pictures of another program",
        ),
        (
            ["--predictions={pages}", "--truth={pages}", "--output=x.json", "--kind=bw"],
            "--kind: not for pictures of another program",
        ),
        (["--predictions={pages}/a", "--truth={pages}/none", "--output={pages}/../x.json"], "there is no folder"),
    ],
)
def test_mistakes_in_pictures_of_another_program(pages, arguments, complaint, capsys):
    assert main([argument.format(pages=pages) for argument in arguments]) == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--keep-pages=x"], ["--keep-pages=-1"], ["--pictures=0"], ["--size=1.5"]])
def test_an_invalid_number_is_reported(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    option, value = arguments[0].split("=")
    assert end.value.code == 2 and f"argument {option}: '{value}' is not a whole number" in capsys.readouterr().err


def test_help_explains_the_protocols(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert "examples:" in out and "neither clipped nor rounded" in out and "exit code" in out
