"""A data source becomes an archive, and its summary, contact sheet, palette and pictures."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mangagan.cli.prepare import main
from mangagan.data.archive.archive import Record
from mangagan.data.archive.unpack import unpack
from mangagan.infer.guidance.palette_file import parse_palette
from mangagan.palette import named_colors


@pytest.fixture
def folder(tmp_path) -> Path:
    noise = np.random.default_rng(0)
    for number in range(8):
        path = tmp_path / "pages" / f"work{number % 4}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(noise.integers(0, 255, (60, 40, 3), dtype=np.uint8)).save(path)
    (tmp_path / "pages" / "work1" / "bad.png").write_bytes(b"bad")
    return tmp_path / "pages"


def test_summary_and_contact_sheet(folder, tmp_path, capsys):
    options = [f"--source=folder:{folder}", f"--cache={tmp_path / 'cache'}", f"--sheet={tmp_path / 'sheet.png'}"]
    assert main(options) == 0
    out = capsys.readouterr().out
    assert "train          6 pages of 3 works: 6 color, 0 bw, 0 both" in out
    assert "validation     2 pages of 1 works" in out and "held out       work" in out
    assert "skipped        1" in out and "work1/bad.png: cannot be decoded" in out
    sheet = Image.open(tmp_path / "sheet.png")
    assert sheet.width > 6 * 180 and sheet.height > 4 * 252
    pixels = np.asarray(sheet, int)
    # Colour above, grey below.
    assert np.ptp(pixels[6:258, 6:186], axis=-1).max() > 50 and np.ptp(pixels[264:516, 6:186], axis=-1).max() == 0


@pytest.mark.parametrize("source", ["nothing:here", "folder:/no/such/folder", "pairs:one"])
def test_mistakes_are_one_line(source, tmp_path, capsys):
    assert main([f"--source={source}", f"--cache={tmp_path}"]) == 2
    error = capsys.readouterr().err
    assert (
        error.startswith("mangagan prepare: error: ")
        and error.count("\n") == 1
        and source.split(":")[1].strip("/") in error
    )


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert "examples:" in out and "--source=pairs:" in out and "hf:" in out


def test_the_mean_palette_is_written_and_can_be_read(folder, tmp_path, capsys):
    options = [f"--source=folder:{folder}", f"--cache={tmp_path / 'cache'}"]
    assert main([*options, f"--palette={tmp_path / 'palette.json'}"]) == 0
    read = parse_palette((tmp_path / "palette.json").read_text("utf-8"))
    assert read.any() and named_colors(read)
    assert main([*options, "--input=drawn"]) == 2
    assert "give --sheet=FILE, too" in capsys.readouterr().err
    assert main([*options, "--input=drawn", f"--sheet={tmp_path / 'drawn.png'}"]) == 0
    assert Image.open(tmp_path / "drawn.png").height > 5 * 256


def test_white_pages_have_no_palette(tmp_path, capsys):
    for number in range(4):
        page = np.full((60, 40, 3), (255, 252, 245), np.uint8)
        (tmp_path / "white" / str(number)).mkdir(parents=True)
        Image.fromarray(page).save(tmp_path / "white" / str(number) / "1.png")
    source = f"--source=folder:{tmp_path / 'white'}"
    assert main([source, f"--cache={tmp_path / 'cache'}", f"--palette={tmp_path / 'palette.json'}"]) == 2
    assert "there is no palette" in capsys.readouterr().err and not (tmp_path / "palette.json").exists()


def test_pages_are_written_as_files(folder, tmp_path, capsys):
    options = [f"--source=folder:{folder}", f"--cache={tmp_path / 'cache'}", f"--pictures={tmp_path / 'out'}"]
    for _ in range(2):
        assert main(options) == 0
        assert "pictures       8 in" in capsys.readouterr().out
    names = sorted(f"work{number % 4}/{number}.png" for number in range(8))
    assert sorted(file.relative_to(tmp_path / "out").as_posix() for file in (tmp_path / "out").rglob("*.png")) == names
    for name in names:
        np.testing.assert_array_equal(Image.open(tmp_path / "out" / name), Image.open(folder / name))
    mine = tmp_path / "out" / "work2" / "6.png"
    mine.write_bytes(b"mine")
    assert main(options) == 2
    assert "6.png is another picture" in capsys.readouterr().err and mine.read_bytes() == b"mine"


def test_a_page_is_never_written_outside_the_folder(tmp_path):
    class Hostile:
        def split(self, name):
            return [Record("../page", "work", b"\x89PNG", b"")]

    with pytest.raises(ValueError, match="no name of a picture"):
        unpack(Hostile(), tmp_path / "out")


@pytest.mark.parametrize("option", ["sheet", "palette"])
def test_inputs_and_what_is_no_file_are_never_replaced(option, folder, tmp_path, capsys):
    page, other = folder / "work0" / "0.png", tmp_path / "mine.png"
    (tmp_path / "link.png").symlink_to(page)
    os.link(page, tmp_path / "same.png")
    os.mkfifo(tmp_path / "pipe.png")
    other.write_text("my notes")
    (tmp_path / "device.png").symlink_to("/dev/null")
    before = page.read_bytes()
    for file, reason in (
        (page, "is an input"),
        (folder / "." / "work0" / ".." / "work0" / "0.png", "is an input"),
        (tmp_path / "link.png", "is an input"),
        (tmp_path / "same.png", "is an input"),
        (tmp_path / "pipe.png", "no regular file"),
        (tmp_path / "device.png", "no regular file"),
        (other, "exists and is not a"),
        (tmp_path, "suffix of no picture" if option == "sheet" else "is a folder"),
    ):
        assert main([f"--source=folder:{folder}", f"--cache={tmp_path / 'cache'}", f"--{option}={file}"]) == 2
        error = capsys.readouterr().err
        assert reason in error and error.count("\n") == 1
    assert page.read_bytes() == before and other.read_text() == "my notes" and not (tmp_path / "cache").exists()


def test_a_sheet_is_named_like_a_picture_and_pictures_lie_apart(folder, tmp_path, capsys):
    source = [f"--source=folder:{folder}", f"--cache={tmp_path / 'cache'}"]
    assert main([*source, f"--sheet={tmp_path / 'sheet.txt'}"]) == 2
    assert "suffix of no picture" in capsys.readouterr().err
    assert main([*source, f"--pictures={folder / 'new'}"]) == 2
    assert "among the pages of" in capsys.readouterr().err and not (folder / "new").exists()


def test_odd_names_are_told_in_lines_that_a_terminal_can_show(folder, tmp_path, capsys):
    (folder / "\x1b[2J\nskipped 0.png").write_bytes(b"bad")
    (folder / "notes.txt").write_text("notes")
    assert main([f"--source=folder:{folder}", f"--cache={tmp_path / 'cache'}"]) == 0
    out = capsys.readouterr().out
    assert "\\x1b[2J\\nskipped 0.png: cannot be decoded" in out and "\x1b" not in out
    assert "skipped        2" in out and "other files    1, which are no pages" in out
