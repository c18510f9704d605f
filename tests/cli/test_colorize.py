"""Volumes through untrained runs of every colouriser: every page comes back in colour with its own lines."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from mangagan import pretrained
from mangagan.cli import colorize as command
from mangagan.cli.colorize import main
from mangagan.color import ciede2000, srgb_to_lab
from mangagan.infer.colorizer import VolumeColorizer
from mangagan.infer.volume.report import Report
from mangagan.tasks.base import Variables

ROOT = Path(__file__).parents[2]
COMICS = ROOT.parent / "shared" / "data" / "peppercarrot"
INFO = b"<?xml version='1.0'?><ComicInfo><Title>Kite</Title><BlackAndWhite>Yes</BlackAndWhite></ComicInfo>"
RUNS = {
    "pix2pix": "pix2pix_manga:debug",
    "lab": "pix2pix_lab_manga:debug",
    "siggraph17": "siggraph17_manga:debug",
    "cyclegan": "cyclegan_manga:debug",
    "dcgan": "dcgan_manga:debug",
    "pix2pixhd": "pix2pixhd_manga:debug",
    "steered": "colorizer_base:debug",
}


@pytest.fixture(scope="module")
def runs(named, untrained):
    """Untrained runs by the names that stand for their folders."""
    for name, experiment in RUNS.items():
        named[name] = untrained(experiment)
    named["inpaint"] = untrained("restore_inpaint:debug")
    return named


@pytest.fixture(scope="module")
def pages(composed):
    """Twenty grey pages at a quarter of their size: of real comics if they are present, else of built-in ones."""
    if COMICS.is_dir():
        pictures = [Image.open(file) for file in sorted(COMICS.glob("E*P*.jpg"))[:20]]
    else:
        pictures = [Image.fromarray(np.roll(composed(3, 4).color, 40 * n, 1)) for n in range(20)]
    return [picture.convert("L").reduce(4) for picture in pictures]


@pytest.fixture(scope="module")
def book(tmp_path_factory, pages):
    volume = tmp_path_factory.mktemp("books") / "Kite v01.cbz"
    with zipfile.ZipFile(volume, "w") as archive:
        archive.writestr("ComicInfo.xml", INFO)
        for number, page in enumerate(pages):
            kind = ("png", "jpeg", "webp")[number % 3]
            file = io.BytesIO()
            page.save(file, kind, lossless=True) if kind == "webp" else page.save(file, kind)
            archive.writestr(f"pages/{number:03}.{kind}", file.getvalue())
    return volume


def colorize(run, *arguments):
    return main([f"--checkpoint={run}", *map(str, arguments)])


def members(file):
    with zipfile.ZipFile(file) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def opened(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def filled(outline, shape):
    """The inside of a balloon's outline, without its line."""
    plane = Image.new("1", shape[::-1])
    ImageDraw.Draw(plane).polygon(outline, fill=1)
    return ndimage.binary_erosion(np.array(plane), iterations=3)


def lab(pixels):
    return srgb_to_lab(pixels.astype(np.float32) / 255)


def test_a_volume_of_twenty_grey_pages_comes_back_complete(runs, tmp_path, book):
    report = f"--report={tmp_path / 'report.json'}"
    options = (f"--output={tmp_path}", "--ink=exact", "--jpeg-quality=95", report)
    assert colorize("lab", book, *options) == 0
    before, after = members(book), members(tmp_path / book.name)
    assert list(after) == list(before)
    for name in before:
        if name == "ComicInfo.xml":
            continue
        source, made = opened(before[name]), opened(after[name])
        assert made.shape == source.shape
        assert Image.open(io.BytesIO(after[name])).format == Image.open(io.BytesIO(before[name])).format
        assert np.ptp(made.astype(int), axis=-1).mean() > 1
        ink = lab(source)[..., 0] < 25
        if ink.any():
            away = ciede2000(lab(made), lab(source))[ink]
            # JPEG moves single pixels by more, and most by two or three levels.
            assert np.median(away) < 3 if "jpeg" in name else away.max() < 2
    info = ElementTree.fromstring(after["ComicInfo.xml"])
    assert info.findtext("Title") == "Kite" and info.findtext("BlackAndWhite") == "No"
    assert "by mangagan" in info.findtext("Notes") and info.findtext("Notes").endswith("with lab")
    assert json.loads((tmp_path / "report.json").read_text())["volumes"][0]["counts"] == {"done": 20}


@pytest.mark.parametrize("run", RUNS)
def test_every_colouriser_colors_a_page_and_its_balloons_stay_white(runs, lettered, tmp_path, run):
    page, outlines = lettered(3, 4)
    gray = np.asarray(Image.fromarray(page.color).convert("L"))
    Image.fromarray(gray).save(tmp_path / "page.png")
    out = tmp_path / "out.png"
    assert colorize(run, tmp_path / "page.png", f"--output={out}", "--size=64") == 0
    made = np.asarray(Image.open(out))
    assert made.shape == (*gray.shape, 3) and np.ptp(made.astype(int), axis=-1).max() > 3
    balloons = [filled(outline, gray.shape) for outline in outlines]
    kept = [np.ptp(made[balloon].astype(int), axis=-1).max() == 0 for balloon in balloons if balloon.sum() > 1500]
    assert len(kept) > 2 and np.mean(kept) >= 0.8


def test_pages_in_color_are_copied_unless_asked(runs, composed, tmp_path):
    (tmp_path / "in").mkdir()
    Image.fromarray(composed(3, 4).color).reduce(4).save(tmp_path / "in" / "1.png")
    before = (tmp_path / "in" / "1.png").read_bytes()
    assert colorize("dcgan", tmp_path / "in", f"--output={tmp_path / 'kept'}", "--size=32") == 0
    assert (tmp_path / "kept" / "1.png").read_bytes() == before
    assert colorize("dcgan", tmp_path / "in", f"--output={tmp_path / 'anew'}", "--size=32", "--recolor") == 0
    assert (tmp_path / "anew" / "1.png").read_bytes() != before


def test_pages_are_kept_and_colored_anew_by_their_names(runs, composed, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    for name in ("cover.png", "001.png", "002.png"):
        Image.fromarray(composed(3, 4).color).reduce(4).save(tmp_path / "in" / name)
    Image.fromarray(composed(3, 4).color).reduce(4).convert("L").save(tmp_path / "in" / "003.png")
    options = ("--size=32", "--recolor=00?", "--keep=002,003.png")
    assert colorize("dcgan", tmp_path / "in", f"--output={tmp_path / 'out'}", *options) == 0
    told = capsys.readouterr().out
    assert "in: kept (it is in colour already): cover.png" in told
    assert "in: kept (it is to be kept): 002.png, 003.png" in told and "pages: 1 done, 3 kept" in told
    for name in ("cover.png", "002.png", "003.png"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "in" / name).read_bytes()


def test_hints_change_their_page(runs, tmp_path, pages, monkeypatch, capsys):
    experiment, (params, stats) = runs["siggraph17"]
    # Drawn weights hardly hear a hint.
    loud = params["stage_1_conv_1"]["kernel"] * np.array([1, 20000, 20000, 20000], np.float32)[:, None]
    heard = params | {"stage_1_conv_1": params["stage_1_conv_1"] | {"kernel": loud}}
    monkeypatch.setitem(runs, "siggraph17", (experiment, Variables(heard, stats)))
    for name in ("in", "hints"):
        (tmp_path / name).mkdir()
    for number in (1, 2):
        pages[number].save(tmp_path / "in" / f"{number}.png")
    width, height = pages[1].size
    hints = tmp_path / "hints" / "1.json"
    wish = {"version": 1, "size": [width, height], "points": [{"at": [60, 60], "color": "#ff2020"}]}
    hints.write_text(json.dumps(wish))
    (tmp_path / "hints" / "7.json").write_text(json.dumps(wish))
    made = {}
    for name, arguments in (("bare", ()), ("hinted", (f"--hints={hints.parent}",))):
        assert colorize("siggraph17", tmp_path / "in", f"--output={tmp_path / name}", "--size=64", *arguments) == 0
        made[name] = [opened((tmp_path / name / f"{number}.png").read_bytes()).astype(int) for number in (1, 2)]
    away = [np.abs(hinted - bare) for bare, hinted in zip(made["bare"], made["hinted"], strict=True)]
    assert away[0].max() > 8 and away[1].max() == 0
    assert f"hints that match no page: {hints.parent / '7.json'}" in capsys.readouterr().err
    hints.write_text(json.dumps(wish | {"size": [9, 9], "points": []}))
    arguments = (f"--output={tmp_path / 'bad'}", "--size=64", f"--hints={hints.parent}")
    assert colorize("siggraph17", tmp_path / "in", *arguments) == 1
    assert "its hints are for 9 x 9 pixels" in capsys.readouterr().out


def test_finished_pages_are_kept_only_for_the_same_network_and_hints(runs, tmp_path, pages, monkeypatch):
    for name in ("in", "hints"):
        (tmp_path / name).mkdir()
    for number in (1, 2, 3):
        pages[number].save(tmp_path / "in" / f"{number}.png")
    out = tmp_path / "out"

    def hint(color):
        content = {"version": 1, "size": pages[1].size, "points": [{"at": [8, 8], "color": color}]}
        (tmp_path / "hints" / "1.json").write_text(json.dumps(content))

    def color(self, page):
        if page.name == "3.png":  # a page that fails keeps the volume unfinished
            raise ValueError("not today")
        return np.ascontiguousarray(255 - page.pixels)

    def start():
        report = tmp_path / "report.json"
        arguments = (f"--hints={tmp_path / 'hints'}", f"--report={report}")
        assert colorize("siggraph17", tmp_path / "in", f"--output={out}", *arguments) == 1
        assert json.loads(report.read_text())["volumes"][0]["counts"] == {"done": 2, "failed": 1}
        return [(out / f"{number}.png").stat().st_mtime_ns for number in (1, 2)]

    monkeypatch.setattr(VolumeColorizer, "process", color)
    hint("#ff2020")
    first = start()
    assert start() == first
    hint("#2020ff")
    second = start()
    assert second[0] > first[0] and second[1] == first[1]
    experiment, variables = runs["siggraph17"]
    data = replace(experiment.data, window=experiment.data.window + 32)
    monkeypatch.setitem(runs, "siggraph17", (replace(experiment, data=data), variables))
    third = start()
    assert third[0] > second[0] and third[1] > second[1]
    monkeypatch.setattr(command, "version", lambda name: "99")
    assert min(start()) > max(third)


def named_color(color):
    return json.dumps({"version": 1, "colors": [{"color": color}]})


def test_pages_take_the_given_palette_or_that_of_their_cover(runs, tmp_path, pages):
    for name in ("in", "palettes/in"):
        (tmp_path / name).mkdir(parents=True)
    for number in (1, 2):
        pages[number].save(tmp_path / "in" / f"{number}.png")
    red, blue = (tmp_path / name for name in ("red.json", "palettes/in/2.json"))
    red.write_text(named_color("#b04030"))
    blue.write_text(named_color("#3040b0"))
    (tmp_path / "palettes" / "in.json").write_text(red.read_text())
    cover = Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 6, 3)).astype(np.uint8)).resize((60, 90), 0)
    cover.save(tmp_path / "cover.png")

    def painted(output, *arguments):
        assert colorize("steered", tmp_path / "in", f"--output={tmp_path / output}", "--size=64", *arguments) == 0
        return [opened((tmp_path / output / f"{number}.png").read_bytes()).astype(int) for number in (1, 2)]

    def redness(pixels):
        return (pixels[..., 0] - pixels[..., 2]).mean()

    none = painted("none", "--palette=none")
    # Nothing is in colour here: what pages have in the mean is left.
    assert np.abs(np.subtract(painted("auto"), none)).max() > 3
    of_red = painted("red", f"--palette={red}")
    assert min(map(redness, of_red)) > max(map(redness, none)) + 50
    of_folder = painted("folder", f"--palette={tmp_path / 'palettes'}")
    np.testing.assert_array_equal(of_folder[0], of_red[0])
    assert redness(of_folder[1]) < redness(none[1]) - 50
    of_cover = painted("cover", f"--palette={tmp_path / 'cover.png'}")
    cover.save(tmp_path / "in" / "cover.png")
    with_cover = painted("with cover")
    assert np.abs(np.subtract(with_cover, of_cover)).max() > 3  # the mean counts, too
    assert (tmp_path / "with cover" / "cover.png").read_bytes() == (tmp_path / "cover.png").read_bytes()


def test_a_page_is_the_only_required_argument(runs, tmp_path, pages, monkeypatch, capsys):
    monkeypatch.setitem(runs, str(pretrained.shipped_model()), runs["steered"])
    pages[1].save(tmp_path / "page.png")
    assert main([str(tmp_path / "page.png"), "--size=64"]) == 0
    made = (tmp_path / "page-color.png").read_bytes()
    assert np.ptp(opened(made).astype(int), axis=-1).max() > 3
    assert main([str(tmp_path / "page.png"), "--size=32"]) == 0
    assert "1 exists" in capsys.readouterr().out and (tmp_path / "page-color.png").read_bytes() == made
    assert main([str(tmp_path / "page.png"), "-o", str(tmp_path / "out.png"), "--size=32"]) == 0
    assert {file.name for file in tmp_path.iterdir()} == {"page.png", "page-color.png", "out.png"}
    monkeypatch.setattr(pretrained, "_FOLDER", tmp_path / "nowhere")
    assert main([str(tmp_path / "page.png"), "-o", str(tmp_path / "out2.png")]) == 2
    assert "this copy of mangagan lacks its model 'base'" in capsys.readouterr().err


def test_a_report_that_cannot_be_written_gives_exit_code_1(runs, tmp_path, pages, monkeypatch, capsys):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Report, "write", full)
    pages[0].save(tmp_path / "1.png")
    arguments = (tmp_path / "1.png", f"--output={tmp_path / 'out'}", "--size=32", f"--report={tmp_path / 'r.json'}")
    assert colorize("lab", *arguments) == 1
    shown = capsys.readouterr()
    assert "1 done" in shown.out and "the report could not be written: [Errno 28]" in shown.err


def test_names_may_have_letters_that_a_terminal_cannot_show(tmp_path, monkeypatch):
    shown = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr(sys, "stderr", shown)
    assert main(["--checkpoint=lab", f"--output={tmp_path}", str(tmp_path / "第.cbz")]) == 2
    shown.flush()
    assert b"\\u7b2c.cbz" in shown.buffer.getvalue()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--checkpoint={tmp}"], "is neither a run (no experiment.json) nor a model"),
        (["--checkpoint=inpaint"], "Inpaint from data.input=color does not color pages"),
        (["--checkpoint={tmp}/none.onnx"], "there is no file"),
        (["--hints={tmp}/empty"], "there are no hints"),
        (["--hints={tmp}/hints"], "lab takes no hints"),
        (["--palette={tmp}/mood/red.json"], "lab takes no palette; runs of colorizer_base do"),
        (["--checkpoint=steered", "--palette={tmp}/blue.json"], "there is no file"),
        (["--checkpoint=steered", "--palette={tmp}/in/1.png"], "1.png: the picture is in black and white"),
        (["--palette={tmp}/empty"], "there are no palettes"),
        (["--size=big"], "--size=big: give the pixels"),
        (["--size=3"], "must be at least 16"),
        (["--jpeg-quality=0"], "quality jpeg=0: it must be from 1 to 100"),
        (["--report={tmp}/none/report.json"], "there is no folder"),
        (["{tmp}/none.cbz"], "there is no file or folder"),
        (["--output={tmp}/in"], "lies in a folder that is read"),
        (["--workers=0"], "by 0 threads"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(runs, tmp_path, pages, arguments, complaint, capsys):
    for name in ("in", "hints", "mood", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "hints" / "1.json").write_text("{}") if "hints" in str(arguments) and "/hints" in arguments[0] else None
    (tmp_path / "mood" / "red.json").write_text(named_color("#b04030"))
    pages[0].save(tmp_path / "in" / "1.png")
    given = [argument.format(tmp=tmp_path) for argument in arguments]
    assert main(["--checkpoint=lab", f"--output={tmp_path / 'out'}", str(tmp_path / "in"), *given]) == 2
    error = capsys.readouterr().err
    assert error.startswith("mangagan colorize: error: ") and error.count("\n") == 1
    assert complaint in error
    assert not (tmp_path / "out").exists()


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert (
        "examples:" in out and "--checkpoint=my-colorizer.onnx" in out and '{"version": 1' in out and "exit code" in out
    )


PROGRAM = """
import sys
from mangagan.cli import main
code = main(sys.argv[1:])
assert "jax" not in sys.modules, "JAX is loaded"
sys.exit(code)
"""


def start(*arguments):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-c", PROGRAM, "colorize", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_onnx_needs_no_jax_and_a_killed_command_continues_to_the_same_bytes(runs, tmp_path, book):
    pytest.importorskip("onnx", reason="onnx is not installed (pip install -e '.[onnx]')")
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed (pip install -e '.[onnx]')")
    from mangagan.infer.onnx_export import export_onnx

    export_onnx(tmp_path / "lab.onnx", *runs["lab"])
    options = (f"--checkpoint={tmp_path / 'lab.onnx'}", "--backend=onnx", book)
    whole = start(*options, f"--output={tmp_path / 'whole'}")
    printed, _ = whole.communicate(timeout=300)
    assert whole.returncode == 0 and "20 done" in printed, printed
    out, work = tmp_path / "out", tmp_path / "out" / f".{book.name}.coloring"
    killed = start(*options, f"--output={out}")
    while killed.poll() is None and len(list(work.glob("*.json"))) < 3:
        time.sleep(0.01)
    killed.kill()
    killed.communicate()
    finished = len(list(work.glob("*.json")))
    assert 3 <= finished < 20 and not (out / book.name).exists()
    again = start(*options, f"--output={out}")
    printed, _ = again.communicate(timeout=300)
    assert again.returncode == 0, printed
    assert (out / book.name).read_bytes() == (tmp_path / "whole" / book.name).read_bytes()
    assert [file.name for file in out.iterdir()] == [book.name]
