"""Every file of an input is in the output or in the report."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile

import pytest

JXL = b"\xff\x0a\xfa\x7f" + bytes(40)


def zipped(members) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize("packed", [True, False])
def test_pages_are_told_by_their_bytes(tmp_path, run, archive, gray_page, outcomes, is_red, members, files, packed):
    content = {
        "001.jfif": gray_page(1, "JPEG"),
        "002.dat": gray_page(2),
        "003.jxl": JXL,
        "004.png": gray_page(4, "JPEG"),
        "details.json": b"{}",
        "notes": b"mine",
    }
    source = tmp_path / ("v.cbz" if packed else "v")
    if packed:
        archive(source, content)
    else:
        source.mkdir()
        for name, data in content.items():
            (source / name).write_bytes(data)
    out = tmp_path / "out"
    report = run(source, out)
    assert outcomes(report) == {"001.jfif": "done", "002.dat": "done", "003.jxl": "copied", "004.png": "done"}
    assert report.exit_code == 1 and report.volumes[0].others == ["details.json", "notes"]
    assert "003.jxl: copied: cannot be decoded: no decoder for JPEG XL" in "\n".join(report.lines())
    assert "other files copied: 2" in "\n".join(report.lines())
    made = members(out / "v.cbz") if packed else files(out)
    assert {name for name, data in made.items() if name in content and data == content[name]} == {
        "003.jxl",
        "details.json",
        "notes",
    }
    assert all(is_red(made[name]) for name in ("001.jfif", "002.dat", "004.png"))


def test_archives_in_an_archive_are_colored_one_level_down(
    tmp_path, run, archive, gray_page, outcomes, is_red, members
):
    deep = zipped({"1.png": gray_page(9)})
    first = zipped({"1.png": gray_page(1), "2.png": gray_page(2), "ComicInfo.xml": b"<ComicInfo/>", "deep.cbz": deep})
    content = {"cover.png": gray_page(0), "Chapter 001.cbz": first, "Chapter 002.cbz": zipped({"1.png": gray_page(3)}),
               "Chapter 003.cbr": b"Rar!\x1a\x07\0" + bytes(20), "notes.zip": zipped({"a.txt": b"mine"})}  # fmt: skip
    report = run(archive(tmp_path / "v.zip", content), tmp_path / "out")
    made = members(tmp_path / "out/v.zip")
    assert list(made) == list(content) and is_red(made["cover.png"])
    for name, pages in (("Chapter 001.cbz", ["1.png", "2.png"]), ("Chapter 002.cbz", ["1.png"])):
        with zipfile.ZipFile(io.BytesIO(made[name])) as inner:
            assert inner.testzip() is None and all(is_red(inner.read(page)) for page in pages)
    with zipfile.ZipFile(io.BytesIO(made["Chapter 001.cbz"])) as inner:
        assert inner.namelist() == ["1.png", "2.png", "ComicInfo.xml", "deep.cbz"] and inner.read("deep.cbz") == deep
    found = {page.name: page.reason for page in report.volumes[0].pages if page.outcome == "copied"}
    assert found == {
        "Chapter 003.cbr": "is a RAR file in an archive: unpack the archive first",
        "Chapter 001.cbz/deep.cbz": "lies in an archive in an archive: unpack that first",
    }
    assert report.exit_code == 1 and made["notes.zip"] == content["notes.zip"]


def test_an_archive_bomb_in_layers_is_refused(tmp_path, run, archive):
    zeros = bytes(8 * 2**20)
    layer = io.BytesIO()
    with zipfile.ZipFile(layer, "w", zipfile.ZIP_DEFLATED) as inner:
        for number in range(40):
            inner.writestr(f"{number}.bin", zeros)
        inner.writestr("1.png", b"")
    report = run(archive(tmp_path / "bomb.cbz", {"v.cbz": layer.getvalue()}, zipfile.ZIP_DEFLATED), tmp_path / "out")
    assert report.volumes[0].outcome == "failed" and "no pictures in it" in report.volumes[0].reason
    flat = {f"{number}.bin": zeros for number in range(40)} | {"1.png": b""}
    report = run(archive(tmp_path / "flat.cbz", flat, zipfile.ZIP_DEFLATED), tmp_path / "out")
    assert report.volumes[0].outcome == "failed" and report.volumes[0].reason.endswith("an archive bomb")


def test_a_tar_file_becomes_a_cbz(tmp_path, run, gray_page, members, is_red, outcomes):
    with tarfile.open(tmp_path / "v.cbt", "w") as archive:
        for name, data in {"1.png": gray_page(1), "a/2.jpg": gray_page(2, "JPEG"), "notes.txt": b"mine"}.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("3.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    report = run(tmp_path / "v.cbt", tmp_path / "out")
    made = members(tmp_path / "out/v.cbz")
    assert is_red(made["1.png"]) and is_red(made["a/2.jpg"]) and made["notes.txt"] == b"mine"
    assert outcomes(report) == {"1.png": "done", "a/2.jpg": "done", "3.png": "left out"} and report.exit_code == 1


def test_a_seven_zip_file_becomes_a_cbz(tmp_path, run, gray_page, members, is_red, outcomes, monkeypatch):
    py7zr = pytest.importorskip("py7zr", reason="py7zr is not installed (pip install -e '.[7z]')")
    with py7zr.SevenZipFile(tmp_path / "v.cb7", "w") as archive:
        for name, data in {"10.png": gray_page(1), "a/2.jpg": gray_page(2, "JPEG"), "notes.txt": b"mine"}.items():
            archive.writestr(data, name)
    report = run(tmp_path / "v.cb7", tmp_path / "out")
    made = members(tmp_path / "out/v.cbz")
    assert is_red(made["10.png"]) and is_red(made["a/2.jpg"]) and made["notes.txt"] == b"mine"
    assert report.exit_code == 0 and outcomes(report) == {"10.png": "done", "a/2.jpg": "done"}
    fast = [{"id": py7zr.FILTER_LZMA2, "preset": 0}]
    with py7zr.SevenZipFile(tmp_path / "bomb.cb7", "w", filters=fast) as archive:
        archive.writestr(bytes(300 * 2**20), "1.bin")
    assert run(tmp_path / "bomb.cb7", tmp_path / "out").volumes[0].reason.endswith("an archive bomb")
    data = (tmp_path / "v.cb7").read_bytes()
    (tmp_path / "v.cb7").write_bytes(data[: len(data) // 2])
    report = run(tmp_path / "v.cb7", tmp_path / "half")
    assert report.volumes[0].reason.startswith("is not a readable 7-Zip file")


def test_pictures_without_a_decoder_are_named_whatever_their_bytes(tmp_path, run, archive, gray_page, outcomes):
    content = {"1.png": gray_page(1)} | {f"2.{suffix}": b"no" for suffix in ("jxl", "heic", "svg")}
    report = run(archive(tmp_path / "v.cbz", content), tmp_path / "out")
    assert report.exit_code == 1 and outcomes(report) == {"1.png": "done"} | {
        name: "copied" for name in content if name != "1.png"
    }


def test_an_epub_of_pictures_stays_an_epub(tmp_path, run, archive, gray_page, is_red):
    content = {
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": b"<container/>",
        "OEBPS/1.xhtml": b"<html/>",
        "OEBPS/images/1.jpg": gray_page(1, "JPEG"),
    }
    report = run(archive(tmp_path / "v.epub", content), tmp_path / "out")
    assert report.exit_code == 0
    with zipfile.ZipFile(tmp_path / "out/v.epub") as made:
        assert made.namelist() == list(content) and made.infolist()[0].compress_type == zipfile.ZIP_STORED
        assert is_red(made.read("OEBPS/images/1.jpg")) and made.read("mimetype") == content["mimetype"]


def test_files_of_a_shelf_are_kept_beside_its_volumes(tmp_path, run, archive, gray_page, files):
    (tmp_path / "shelf/a").mkdir(parents=True)
    archive(tmp_path / "shelf/a/v.cbz", {"1.png": gray_page(1)})
    (tmp_path / "shelf/series.json").write_text("{}")
    (tmp_path / "shelf/w.cb7").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(30))
    report = run(tmp_path / "shelf", tmp_path / "out", to="cbz")
    assert sorted(files(tmp_path / "out")) == ["a/v.cbz", "series.json"] and report.exit_code == 1
    assert {volume.title: volume.outcome for volume in report.volumes} == {
        "shelf": "done",
        "shelf/a/v.cbz": "done",
        "shelf/w.cb7": "failed",
    }


def test_nothing_is_called_copied_where_nothing_is_written(tmp_path, run, archive, outcomes):
    report = run(archive(tmp_path / "bad.cbz", {"1.png": b"no", "2.png": b"picture"}), tmp_path / "out")
    assert outcomes(report) == {"1.png": "left out", "2.png": "left out"} and not (tmp_path / "out/bad.cbz").exists()
    assert "0x" not in "\n".join(report.lines())


def test_names_cannot_forge_lines_of_the_report(tmp_path, run, archive, gray_page):
    name = "1\x1b]0;title\x07\nshelf: done -> out.png"
    report = run(archive(tmp_path / "v.cbz", {name: gray_page(1), "2.png": gray_page(2)}), tmp_path / "out")
    text = "".join(report.lines())
    assert report.exit_code == 1 and "\x1b" not in text and "\n" not in text and "\\x1b]0;title\\x07\\n" in text


def test_a_finished_page_that_was_changed_is_made_again(tmp_path, run, book, redden, members):
    def color(page):
        if page.name == "sub/p1.jpg":
            raise KeyboardInterrupt
        return redden(page)

    run(book, tmp_path / "whole.cbz")
    run(book, tmp_path / "out.cbz", color=color)
    work = tmp_path / ".out.cbz.coloring"
    pages = sorted(file for file in work.iterdir() if len(file.name) == 64)
    assert len(pages) == 2
    pages[0].write_bytes(pages[0].read_bytes()[:-9])
    pages[1].write_bytes(os.urandom(pages[1].stat().st_size))
    assert run(book, tmp_path / "out.cbz").exit_code == 0
    assert members(tmp_path / "out.cbz") == members(tmp_path / "whole.cbz")


def test_a_page_whose_source_is_gone_leaves_the_unfinished_folder(tmp_path, run, gray_page, redden, files):
    def color(page):
        if page.name == "3.png":
            raise KeyboardInterrupt
        return redden(page)

    pages = tmp_path / "pages"
    pages.mkdir()
    for number in range(4):
        (pages / f"{number}.png").write_bytes(gray_page(number))
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.png").write_bytes(b"mine")
    assert run(pages, tmp_path / "out", color=color).exit_code == 130
    (pages / "1.png").unlink()
    run(pages, tmp_path / "out")
    assert sorted(files(tmp_path / "out")) == ["0.png", "2.png", "3.png", "mine.png"]


def test_a_result_that_is_older_than_its_source_is_named(tmp_path, run, archive, gray_page, outcomes):
    (tmp_path / "in").mkdir()
    for name in ("in/1.png", "in/2.png"):
        (tmp_path / name).write_bytes(gray_page(1))
    archive(tmp_path / "v.cbz", {"1.png": gray_page(1)})
    sources = [tmp_path / "in", tmp_path / "v.cbz"]
    assert run(sources, tmp_path / "out").exit_code == 0
    assert run(sources, tmp_path / "out").exit_code == 0
    later = (tmp_path / "out/v.cbz").stat().st_mtime + 10
    for name in ("in/2.png", "v.cbz"):
        os.utime(tmp_path / name, (later, later))
    report = run(sources, tmp_path / "out")
    assert report.exit_code == 1 and outcomes(report) == {"1.png": "exists", "2.png": "outdated"}
    assert [volume.outcome for volume in report.volumes] == ["done", "outdated"]
    assert "its source is newer than the result that exists" in report.volumes[1].reason
    assert run(sources, tmp_path / "out", overwrite=True).exit_code == 0


def test_two_volumes_of_one_result_do_not_cost_the_others(tmp_path, run, archive, gray_page, files):
    (tmp_path / "shelf").mkdir()
    for name in ("v.cbz", "v.cbr", "w.cbz"):
        archive(tmp_path / "shelf" / name, {"1.png": gray_page(1)})
    report = run(tmp_path / "shelf", tmp_path / "out")
    assert {volume.title: volume.outcome for volume in report.volumes} == {
        "shelf/v.cbr": "done",
        "shelf/v.cbz": "failed",
        "shelf/w.cbz": "done",
    }
    assert "would both become" in report.volumes[1].reason and sorted(files(tmp_path / "out")) == ["v.cbz", "w.cbz"]


@pytest.mark.parametrize("output", ["out", "out.cbz"])
def test_long_names_in_japanese(tmp_path, run, archive, gray_page, output):
    name = 83 * "漫"
    source = archive(tmp_path / f"{name}.cbz", {f"{83 * '頁'}.png": gray_page(1)})
    assert run(source, tmp_path / output).exit_code == 0
    assert (tmp_path / output).exists()


def test_names_that_differ_in_bytes_alone_stay_two(tmp_path, run, gray_page, members):
    folder = tmp_path / "in"
    folder.mkdir()
    try:
        for name in (b"\xff.png", b"%FF.png"):
            (folder / os.fsdecode(name)).write_bytes(gray_page(1))
    except OSError:
        pytest.skip("this file system stores names as Unicode")
    assert run(folder, tmp_path / "out", to="cbz").exit_code == 0
    assert sorted(members(tmp_path / "out/in.cbz")) == ["%FF.png", "%FF_.png", "ComicInfo.xml"]
