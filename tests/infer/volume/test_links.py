"""Folders that came from somebody else, with links in them."""

from __future__ import annotations

import os

import pytest

from mangagan.infer.volume.outputs import output_beside


@pytest.fixture
def documents(tmp_path, monkeypatch):
    """A folder of the user's that no run may touch."""
    folder = tmp_path / "Documents"
    folder.mkdir()
    (folder / "thesis.odt").write_text("mine")
    (folder / "1.png").write_text("mine")
    yield folder
    assert {file.name: file.read_text() for file in folder.iterdir()} == {"thesis.odt": "mine", "1.png": "mine"}


@pytest.mark.parametrize("output", ["page-color.png", "page-color.cbz"])
def test_a_work_folder_that_is_a_link_is_refused(tmp_path, run, gray_page, documents, output):
    (tmp_path / "page.png").write_bytes(gray_page(1))
    (tmp_path / f".{output}.coloring").symlink_to(documents)
    report = run(tmp_path / "page.png", tmp_path / output)
    assert report.exit_code == 1 and "is no folder of unfinished work: move it" in report.volumes[0].reason
    assert not (tmp_path / output).exists()


def test_a_work_folder_of_somebody_elses_files_is_refused_and_kept(tmp_path, run, book):
    work = tmp_path / ".out.cbz.coloring"
    work.mkdir()
    for name in ("thesis.odt", f"{1:064x}"):
        (work / name).write_text("mine")
    assert "holds thesis.odt, which is no part of unfinished work" in run(book, tmp_path / "out.cbz").volumes[0].reason
    (work / "thesis.odt").unlink()
    (work / f"{1:064x}").unlink()
    (work / f"{1:064x}").symlink_to("/etc/passwd")
    assert "which is no part of unfinished work" in run(book, tmp_path / "out.cbz").volumes[0].reason
    (work / f"{1:064x}").unlink()
    assert run(book, tmp_path / "out.cbz").exit_code == 0 and not work.exists()


def test_work_folders_are_private(tmp_path, run, book, redden):
    modes = []

    def color(page):
        modes.append((tmp_path / ".out.cbz.coloring").stat().st_mode & 0o777)
        return redden(page)

    run(book, tmp_path / "out.cbz", color=color)
    assert set(modes) == {0o700}


def test_nothing_is_written_through_links_in_the_output(tmp_path, run, archive, gray_page, documents, outcomes):
    out = tmp_path / "out"
    (out / "a").mkdir(parents=True)
    (out / "sub").symlink_to(documents)
    (out / "a/b").symlink_to(documents)
    members = {"1.png": gray_page(1), "sub/1.png": gray_page(2), "a/b/2.png": gray_page(3), "sub/notes.txt": b"new"}
    report = run(archive(tmp_path / "v.cbz", members), out, to="folder", overwrite=True)
    assert report.exit_code == 1
    assert outcomes(report) == {
        "1.png": "done",
        "sub/1.png": "failed",
        "a/b/2.png": "failed",
        "sub/notes.txt": "left out",
    }
    assert {page.reason for page in report.volumes[0].pages if "sub" in page.name} == {
        f"{out / 'sub'} is a link: nothing is written through it"
    }


def test_a_shelf_is_not_written_through_links(tmp_path, run, archive, gray_page, documents):
    (tmp_path / "shelf/sub").mkdir(parents=True)
    for name in ("shelf/sub/v.cbz", "shelf/w.cbz"):
        archive(tmp_path / name, {"1.png": gray_page(1)})
    (tmp_path / "out").mkdir()
    (tmp_path / "out/sub").symlink_to(documents)
    report = run(tmp_path / "shelf", tmp_path / "out")
    assert [volume.outcome for volume in report.volumes] == ["failed", "done"]
    assert "is a link: nothing is written through it" in report.volumes[0].reason


def test_a_default_output_that_is_a_link_is_refused(tmp_path, documents):
    (tmp_path / "book.cbz").touch()
    (tmp_path / "book-color").symlink_to(documents)
    with pytest.raises(ValueError, match="book-color is a link: remove it"):
        output_beside([tmp_path / "book.cbz"], "folder")


def test_an_output_that_is_the_input_by_another_name_is_refused(tmp_path, run, gray_page):
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "1.png").write_bytes(gray_page(1))
    (tmp_path / "same").symlink_to(pages)
    with pytest.raises(ValueError, match="lies in a folder that is read"):
        run(pages, tmp_path / "same", overwrite=True)
    with pytest.raises(ValueError, match="lies in a folder that is read"):
        run(tmp_path / "same", pages / "out")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_links_and_pipes_of_the_input_are_named(tmp_path, run, gray_page, documents, outcomes):
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "1.png").write_bytes(gray_page(1))
    (pages / "2.png").symlink_to("nowhere")
    (pages / "3.png").symlink_to(documents / "thesis.odt")
    os.mkfifo(pages / "4.png")
    report = run(pages, tmp_path / "out")
    assert report.exit_code == 1 and sorted(os.listdir(tmp_path / "out")) == ["1.png"]
    assert outcomes(report) == {"1.png": "done"} | dict.fromkeys(("2.png", "3.png", "4.png"), "left out")
