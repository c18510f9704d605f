from __future__ import annotations

from pathlib import Path

import pytest

from mangagan.images.limits import Limits
from mangagan.infer.volume.plan import plan


@pytest.fixture
def shelf(tmp_path):
    """Folders with pictures and archives, all empty files."""
    for name in (
        "shelf/kite/1.png",
        "shelf/kite/v1.5.cbz",
        "shelf/harbour.pdf",
        "shelf/notes.txt",
        "one.v2.cbr",
        "p.jpg",
        "q.jpg",
        "twins/kite/1.png",
        "twins/kite.cbz",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_results_and_masks_among_the_pictures_are_not_read(tmp_path):
    for name in ("1.png", "out/1.png", "masks/1.png", "mask.png", "a/1.png", "out/v.cbz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    def pages(*apart):
        (job,) = plan([tmp_path], tmp_path / "out", None, [tmp_path / name for name in apart])
        with job.open(Limits()) as volume:
            return [member.name for member in volume.members]

    assert pages("out", "masks") == ["1.png", "a/1.png", "mask.png"]
    assert pages("out", "mask.png") == ["1.png", "a/1.png", "masks/1.png"]
    with pytest.raises(ValueError, match="lies in a folder that is read"):
        pages("masks")


def targets(root: Path, inputs: list[str], output: str, to=None) -> list[tuple[str, bool]]:
    jobs = plan([root / name for name in inputs], root / output, to)
    for job in jobs:
        assert job.target.work.name.startswith(".") and job.target.work.name.endswith(".coloring")
    return [(job.target.path.relative_to(root).as_posix(), job.target.packed) for job in jobs]


@pytest.mark.parametrize(
    ("inputs", "output", "to", "expected"),
    [
        (["p.jpg"], "out", None, [("out", False)]),
        (["p.jpg"], "new/q.jpeg", None, [("new", False)]),
        (["p.jpg"], "new/q.png", None, [("new", False)]),
        (["one.v2.cbr"], "out", None, [("out/one.v2.cbz", True)]),
        (["one.v2.cbr"], "b.cbz", None, [("b.cbz", True)]),
        (["one.v2.cbr"], "out", "folder", [("out", False)]),
        (["shelf"], "out", None, [("out", False), ("out/harbour.cbz", True), ("out/kite/v1.5.cbz", True)]),
        (["shelf"], "out", "cbz", [("out/shelf.cbz", True), ("out/harbour.cbz", True), ("out/kite/v1.5.cbz", True)]),
        (["shelf"], "out", "folder", [("out", False), ("out/harbour", False), ("out/kite/v1.5", False)]),
        (["shelf/kite", "p.jpg"], "out", None, [("out", False), ("out/kite", False), ("out/kite/v1.5.cbz", True)]),
        (["p.jpg"], "b.cbz", None, [("b.cbz", True)]),
        (["p.jpg", "q.jpg"], "b.cbz", "cbz", [("b.cbz", True)]),
        (["p.jpg", "q.jpg"], "out", "cbz", [("out/pictures.cbz", True)]),
        (["p.jpg", "q.jpg"], ".", "cbz", [("pictures.cbz", True)]),
        (["one.v2.cbr"], "b.cbz", "folder", [("b.cbz", False)]),
        (["twins"], "out", "folder", [("out", False), ("out/kite.cbz", False)]),
    ],
)
def test_outputs_mirror_inputs(shelf, inputs, output, to, expected):
    assert targets(shelf, inputs, output, to) == expected


@pytest.mark.parametrize(
    ("inputs", "output", "reason"),
    [
        (["absent.cbz"], "out", "there is no file or folder"),
        (["shelf/notes.txt"], "out", "neither a picture nor an archive"),
        (["empty"], "out", "there are no pictures"),
        (["p.jpg"], ".", "is an input"),
        (["p.jpg"], "p.jpg", "is an input"),
        (["shelf"], "shelf", "lies in a folder that is read"),
        (["shelf"], "shelf/out", "lies in a folder that is read"),
        (["shelf/kite"], "shelf", "holds a folder that is read"),
        (["shelf/kite/v1.5.cbz"], "shelf/kite", "is an input"),
        (["shelf/kite/v1.5.cbz"], "link.cbz", "is an input"),
        (["p.jpg", "shelf/p.jpg"], "out", "would both become"),
        (["shelf/kite/v1.5.cbz", "v1.5.pdf"], "out", "would both become"),
        (["shelf/kite", "twins/kite"], "out", "would both become"),
        (["one.v2.cbr", "twins/kite.cbz"], "b.cbz", "can hold one volume, and these are 2"),
        (["one.v2.cbr", "p.jpg"], "b.zip", "can hold one volume"),
        (["shelf"], "p.jpg", "is a file: name a folder"),
        (["one.v2.cbr"], "b.pdf", "b.pdf cannot be written: name a CBZ, a ZIP or a folder"),
        (["one.v2.cbr"], "b.CB7", "cannot be written"),
        (["one.v2.cbr"], "b.epub", "an EPUB is written for an EPUB alone"),
        (["shelf"], "out.png", "names a picture: name a folder"),
        (["p.jpg", "q.jpg"], "out.webp", "names a picture: name a folder"),
        (["shelf"], "b.cbz", "can hold one volume"),
    ],
)
def test_plans_that_would_do_harm_are_refused(shelf, inputs, output, reason):
    (shelf / "empty").mkdir()
    (shelf / "shelf/p.jpg").touch()
    (shelf / "v1.5.pdf").touch()
    (shelf / "link.cbz").symlink_to(shelf / "shelf/kite/v1.5.cbz")
    with pytest.raises(ValueError, match=reason):
        targets(shelf, inputs, output)
