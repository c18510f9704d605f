"""Mistakes in folders of pictures, each with what is wrong and where."""

import os
import shutil
from dataclasses import replace

import pytest
from PIL import Image

from mangagan.data.settings import Data
from mangagan.evaluate.colorization.evaluation_pages import open_evaluation_pages
from mangagan.evaluate.colorization.predictions import evaluate_predictions
from mangagan.evaluate.colorization.session import EvaluationOptions
from mangagan.evaluate.protocol import Protocol

PLAIN = EvaluationOptions(perceptual=False, progress=False)


@pytest.fixture
def folders(pages, tmp_path):
    """Predictions and truth, the same pictures."""
    for name in ("predictions", "truth"):
        shutil.copytree(pages, tmp_path / name)
    return tmp_path / "predictions", tmp_path / "truth"


def judged(folders, protocol=Protocol(), **more):  # noqa: B008
    return evaluate_predictions(*folders, protocol, PLAIN, **more)


def test_the_truth_itself_has_no_difference(folders):
    for file in list(folders[0].rglob("*.png")):
        Image.open(file).save(file.with_suffix(".bmp"))
        file.unlink()
    result = judged(folders, Protocol(works=("a",), pages=2))
    assert [page.name for page in result.pages] == ["a/0.png", "a/2.png"] and result.skipped == {}
    for page in result.pages:
        assert page.metrics["l1"] == 0 and page.metrics["psnr"] == pytest.approx(100) and page.kind == "gray"
    assert result.protocol["data"] == f"folder:{folders[1]}" and result.protocol["works"] == ["a"]


def test_pictures_that_cannot_be_used_are_skipped_with_the_reason(folders):
    predictions, truth = folders
    (predictions / "a/0.png").write_bytes(b"")
    (truth / "a/1.png").write_bytes(b"no picture")
    Image.new("L", (48, 72), 70).save(truth / "a/2.png")
    result = judged(folders, Protocol(works=("a",)))
    assert [page.name for page in result.pages] == ["a/3.png"] and result.protocol["pages"] == 1
    assert result.skipped["a/0.png"] == f"its picture in {predictions}: the file is empty"
    assert result.skipped["a/1.png"].startswith("cannot be decoded")
    assert "is black and white" in result.skipped["a/2.png"]
    with pytest.raises(ValueError, match="no page of .*truth can be evaluated: a/0.png: its picture"):
        judged(folders, Protocol(works=("a",), pages=1))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_pages_are_those_that_a_run_is_judged_by(folders, count):
    predictions, truth = folders
    (truth / "a/0.png").write_bytes(b"no picture")
    Image.new("L", (48, 72), 70).save(truth / "b/0.png")
    protocol = Protocol(pages=count)
    found = judged(folders, protocol)
    own = open_evaluation_pages(replace(protocol, data=f"folder:{truth}", works=("*",)), Data(source="comics:7"))
    assert [page.name for page in found.pages] == [name for name, _ in own.labels]
    assert found.protocol == own.described() and found.skipped.keys() == {"a/0.png", "b/0.png"}


def test_few_pairs_are_those_that_a_run_is_judged_by(inked_pages, tmp_path):
    for name in ("bw", "color"):
        shutil.copytree(inked_pages.parent / name, tmp_path / name)
    (tmp_path / "bw" / "a/0.png").unlink()
    found = judged((tmp_path / "color", tmp_path / "color"), Protocol(pages=2), source=tmp_path / "bw")
    source = f"pairs:{tmp_path / 'bw'},{tmp_path / 'color'}"
    own = open_evaluation_pages(Protocol(data=source, works=("*",), pages=2, kinds=("bw",)), Data(source="comics:7"))
    assert found.protocol == own.described() and [page.name for page in found.pages] == ["a/1", "b/2"]
    assert "there is no picture of this name in" in found.skipped["a/0"]


def test_names_that_only_one_folder_has(folders):
    predictions, truth = folders
    (predictions / "b/1.png").unlink()
    with pytest.raises(ValueError, match="predictions lacks b/1, which .*truth has"):
        judged(folders)
    shutil.copy(truth / "b/1.png", predictions / "b/1.png")
    for n in range(9):
        shutil.copy(truth / "b/1.png", predictions / f"b/x{n}.png")
    with pytest.raises(ValueError, match="truth has no truth of b/x0, .*, b/x5 and 3 more in .*predictions"):
        judged(folders)
    with pytest.raises(ValueError, match="truth.a lacks a/0, a/1, .* and 6 more, which"):
        evaluate_predictions(truth, truth, Protocol(), PLAIN, source=predictions.parent / "truth" / "a")


def test_two_pictures_of_one_name(folders):
    Image.open(folders[0] / "a/0.png").save(folders[0] / "a/0.jpg")
    with pytest.raises(ValueError, match="predictions has both a/0.jpg and a/0.png; keep one of them"):
        judged(folders)


def test_sizes_must_agree_unless_the_protocol_makes_them(folders):
    for file in (folders[0] / "a").iterdir():
        Image.open(file).resize((24, 36)).save(file)
    with pytest.raises(ValueError, match=r"0.png of 24 x 36 for 48 x 72, .* 512x800 and 256 bring both to one size"):
        judged(folders)
    # A file that is on its side is as large as it is shown.
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (72, 48), (200, 30, 30)).save(folders[0] / "b/0.png", exif=exif)
    assert len(judged(folders, Protocol(works=("b",), pages=1)).pages) == 1


def test_folders_that_are_not_there(folders, tmp_path):
    with pytest.raises(ValueError, match="there is no folder .*none"):
        judged((tmp_path / "none", folders[1]))
    with pytest.raises(ValueError, match="there is no folder .*none"):
        judged((folders[0], tmp_path / "none"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="there is no picture in .*empty"):
        judged((folders[0], tmp_path / "empty"))
    with pytest.raises(ValueError, match="there is no work d in .*truth; there are a, b, c"):
        judged(folders, Protocol(works=("d",)))


def test_training_windows_are_of_runs_alone(folders):
    with pytest.raises(ValueError, match="evaluate pictures by native, 512x800 or 256"):
        judged(folders, Protocol("training"))


def test_a_scaled_picture_under_256(folders):
    file = folders[0] / "c/0.png"
    Image.open(file).resize((96, 144), Image.Resampling.NEAREST).save(file)
    (page,) = judged(folders, Protocol("256", works=("c",), pages=1)).pages
    assert page.metrics["ciede2000"] < 3


def test_files_that_cannot_be_read_are_skipped_with_the_reason(folders):
    predictions, truth = folders
    os.mkfifo(truth / "a" / "pipe.png")
    (truth / "broken.png").symlink_to(truth / "nowhere")
    (predictions / "zero.png").symlink_to("/dev/zero")
    result = judged(folders, Protocol(works=("a",)))
    assert [page.name for page in result.pages] == [f"a/{n}.png" for n in range(4)]
    assert result.skipped == {
        "a/pipe.png": "is no regular file",
        "broken.png": "is a link to a file that does not exist",
        f"{predictions}/zero.png": "is no regular file",
    }
