"""Volumes in and out: what comes out, what is reported, what stays when things go wrong."""

from __future__ import annotations

import gc
import io
import json
import threading
import weakref
from xml.etree import ElementTree

import pytest
from PIL import Image

from mangagan.images import page_file
from mangagan.infer.volume import process_volumes as volume
from mangagan.infer.volume.page_stages import Keep


def test_a_cbz_comes_back_in_color(tmp_path, run, book, outcomes, files, members, is_red):
    before = book.read_bytes()
    report = run(book, tmp_path / "out")
    made = members(tmp_path / "out/book.cbz")
    assert list(made) == ["p10.png", "p2.png", "sub/p1.jpg", "a.txt", "ComicInfo.xml"]
    assert all(is_red(made[name]) for name in list(made)[:3]) and made["a.txt"] == b"hello"
    assert Image.open(io.BytesIO(made["sub/p1.jpg"])).format == "JPEG"
    root = ElementTree.fromstring(made["ComicInfo.xml"])
    assert root.findtext("BlackAndWhite") == "No" and root.findtext("Notes") == "Coloured in a test"
    assert report.exit_code == 0 and set(outcomes(report).values()) == {"done"}
    assert book.read_bytes() == before
    assert list(files(tmp_path / "out")) == ["book.cbz"]


def test_a_zip_gets_no_comic_info_that_it_had_not(tmp_path, run, book, members):
    run(book.rename(tmp_path / "book.zip"), tmp_path / "out")
    assert "ComicInfo.xml" not in members(tmp_path / "out/book.zip")


def test_comic_info_is_kept_and_its_sizes_are_new(tmp_path, run, archive, gray_page, members):
    pages = "".join(f'<Page Image="{n}" ImageSize="1"/>' for n in range(3))
    info = f"<ComicInfo><Title>Kite</Title><Pages>{pages}</Pages></ComicInfo>".encode()
    book = {"ComicInfo.xml": info, "10.png": gray_page(1), "9.png": gray_page(2), "8.png": b"broken"}
    run(archive(tmp_path / "b.cbz", book), tmp_path / "out")
    made = members(tmp_path / "out/b.cbz")
    root = ElementTree.fromstring(made["ComicInfo.xml"])
    sizes = [page.get("ImageSize") for page in root.iter("Page")]
    assert root.findtext("Title") == "Kite"
    assert sizes == ["1", str(len(made["9.png"])), str(len(made["10.png"]))]


def test_broken_comic_info_is_copied_and_reported(tmp_path, run, archive, gray_page, outcomes, members):
    report = run(archive(tmp_path / "b.cbz", {"ComicInfo.xml": b"<x", "1.png": gray_page()}), tmp_path / "out")
    assert members(tmp_path / "out/b.cbz")["ComicInfo.xml"] == b"<x"
    assert outcomes(report) == {"1.png": "done", "ComicInfo.xml": "copied"} and report.exit_code == 1


def test_folders_keep_their_tree(tmp_path, run, gray_page, archive, files, members, is_red):
    root = tmp_path / "shelf"
    (root / "kite/deep").mkdir(parents=True)
    (root / "kite/2.png").write_bytes(gray_page(2))
    (root / "kite/deep/1.webp").write_bytes(gray_page(1, "WEBP"))
    (root / "kite/3.gif").write_bytes(gray_page(3, "GIF"))
    (root / "notes.txt").write_text("mine")
    archive(root / "kite/v1.cbz", {"1.png": gray_page(4)})
    before = files(root)
    report = run(root, tmp_path / "out")
    made = files(tmp_path / "out")
    assert list(made) == ["kite/2.png", "kite/3.png", "kite/deep/1.webp", "kite/v1.cbz", "notes.txt"]
    assert made["notes.txt"] == b"mine" and report.volumes[0].others == ["notes.txt"]
    assert is_red(made["kite/2.png"]) and Image.open(tmp_path / "out/kite/3.png").format == "PNG"
    assert report.exit_code == 0 and files(root) == before
    run(root, tmp_path / "packed", to="cbz")
    assert list(members(tmp_path / "packed/shelf.cbz")) == [
        "kite/2.png",
        "kite/3.png",
        "kite/deep/1.webp",
        "notes.txt",
        "ComicInfo.xml",
    ]


def test_an_archive_becomes_a_folder(tmp_path, run, book, files):
    run(book, tmp_path / "out", to="folder")
    assert list(files(tmp_path / "out")) == ["a.txt", "p10.png", "p2.png", "sub/p1.jpg"]


def test_single_pictures(tmp_path, run, gray_page, files, members, is_red):
    (tmp_path / "p.png").write_bytes(gray_page())
    run(tmp_path / "p.png", tmp_path / "new/q.png")
    assert is_red((tmp_path / "new/q.png").read_bytes())
    run([tmp_path / "p.png"], tmp_path / "out")
    assert list(files(tmp_path / "out")) == ["p.png"]
    run([tmp_path / "p.png"], tmp_path / "pages.cbz")
    assert list(members(tmp_path / "pages.cbz")) == ["p.png", "ComicInfo.xml"]


def test_a_single_picture_is_called_by_its_own_name(tmp_path, run, gray_page, outcomes, files):
    asked = []

    def identity(volume, page):
        asked.append((volume, page))
        return ""

    (tmp_path / "p.gif").write_bytes(gray_page(kind="GIF"))
    for output in ("new/q.png", "other/q.gif"):
        report = run(tmp_path / "p.gif", tmp_path / output, identity=identity)
        assert outcomes(report) == {"p.gif": "done"} and asked.pop() == ("p.gif", "p.gif")
        assert list(files((tmp_path / output).parent)) == ["q.png"]
        assert outcomes(run(tmp_path / "p.gif", tmp_path / output)) == {"p.gif": "exists"}
    run(tmp_path / "p.gif", tmp_path / "kept/q.png", color=lambda page: Keep("in colour"))
    assert files(tmp_path / "kept") == {"q.gif": (tmp_path / "p.gif").read_bytes()}


def test_kept_pages_are_copied_byte_for_byte(tmp_path, run, archive, gray_page, redden, outcomes, members, is_red):
    pages = {"1.gif": gray_page(1, "GIF"), "2.png": gray_page(2)}

    def color(page):
        return Keep("already in colour") if page.name == "1.gif" else redden(page)

    report = run(archive(tmp_path / "b.cbz", pages), tmp_path / "out", color=color)
    made = members(tmp_path / "out/b.cbz")
    assert made["1.gif"] == pages["1.gif"] and is_red(made["2.png"])
    assert outcomes(report) == {"1.gif": "kept", "2.png": "done"} and report.exit_code == 0
    assert report.volumes[0].pages[0].reason == "already in colour"


def test_existing_outputs_stay_unless_asked(tmp_path, run, book, redden, outcomes, files):
    def green(page):
        return redden(page)[..., [1, 0, 2]]

    for to in ("cbz", "folder"):
        out = tmp_path / f"out_{to}"
        run(book, out, to=to)
        before = files(out)
        report = run(book, out, to=to, color=green)
        assert files(out) == before and report.exit_code == 0
        assert report.volumes[0].outcome == "exists" or set(outcomes(report).values()) == {"exists"}
        report = run(book, out, to=to, color=green, overwrite=True)
        assert set(outcomes(report).values()) == {"done"} and list(files(out)) == list(before) and files(out) != before


def test_a_new_page_in_a_folder_is_all_that_is_done(tmp_path, run, gray_page, outcomes):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/1.png").write_bytes(gray_page(1))
    run(tmp_path / "in", tmp_path / "out")
    (tmp_path / "in/2.png").write_bytes(gray_page(2))
    assert outcomes(run(tmp_path / "in", tmp_path / "out")) == {"1.png": "exists", "2.png": "done"}


def test_volumes_that_cannot_be_read_do_not_cost_the_others(tmp_path, run, archive, gray_page, book, files):
    bad = archive(tmp_path / "texts.cbz", {"a.txt": b"x"})
    worse = archive(tmp_path / "broken.cbz", {"1.png": b"x", "2.png": b""})
    (tmp_path / "cut.cbz").write_bytes(book.read_bytes()[:-40])
    report = run([bad, worse, tmp_path / "cut.cbz", book], tmp_path / "out")
    assert [volume.outcome for volume in report.volumes] == ["failed", "failed", "failed", "done"]
    assert list(files(tmp_path / "out")) == ["book.cbz"] and report.exit_code == 1


def test_a_fault_of_any_kind_does_not_cost_the_other_volumes(tmp_path, run, archive, book, gray_page, monkeypatch):
    def contents(volume, *arguments):
        if len(volume.members) == 1:
            raise LookupError("who would have thought")
        return real(volume, *arguments)

    real = volume.contents
    monkeypatch.setattr(volume, "contents", contents)
    report = run([archive(tmp_path / "odd.cbz", {"1.png": gray_page()}), book], tmp_path / "out")
    assert [made.outcome for made in report.volumes] == ["failed", "done"] and report.exit_code == 1
    assert report.volumes[0].reason == "LookupError: who would have thought"


def test_members_with_names_of_the_work_folder_are_left_out(tmp_path, run, archive, gray_page, outcomes, files):
    names = [".pages.coloring/lock", ".pages.coloring/x.json", "a/.PAGES.Coloring. /1.png"]
    file = archive(tmp_path / "b.cbz", {name: b"evil" for name in names} | {"1.png": gray_page()})
    report = run(file, tmp_path / "out", to="folder")
    assert outcomes(report) == dict.fromkeys(names, "left out") | {"1.png": "done"} and report.exit_code == 1
    assert list(files(tmp_path / "out")) == ["1.png"]


def test_few_pages_are_held_at_once(tmp_path, run, archive, gray_page, redden, monkeypatch):
    live, most, lock, real = set(), [0], threading.Lock(), page_file.read_page

    def read_page(*arguments):
        pixels, envelope = real(*arguments)
        pixels = pixels.copy()
        with lock:
            live.add(id(pixels))
            most[0] = max(most[0], len(live))
        weakref.finalize(pixels, live.discard, id(pixels))
        return pixels, envelope

    monkeypatch.setattr(page_file, "read_page", read_page)
    file = archive(tmp_path / "b.cbz", {f"{n}.png": gray_page(n) for n in range(60)})
    report = run(file, tmp_path / "out", workers=1)
    gc.collect()
    assert report.volumes[0].counts["done"] == 60 and most[0] <= 6 and not live


def test_an_input_is_never_overwritten(tmp_path, run, archive, gray_page, is_red):
    inner = tmp_path / "out/book.cbz"
    inner.parent.mkdir()
    archive(inner, {"book.cbz": b"evil", "1.png": gray_page()})
    before = inner.read_bytes()
    run(inner, tmp_path / "out", to="folder", overwrite=True)
    assert inner.read_bytes() == before and is_red((tmp_path / "out/1.png").read_bytes())


def test_names_on_disk_that_are_no_unicode(tmp_path, run, gray_page, files, members):
    folder = tmp_path / "in"
    folder.mkdir()
    try:
        for name in (b"\x91\xe6.png", b"\x91\xe7.png"):
            (folder / name.decode("utf-8", "surrogateescape")).write_bytes(gray_page())
    except OSError:
        pytest.skip("the file system takes no such names")
    report = run(folder, tmp_path / "out")
    assert report.exit_code == 0 and len(files(tmp_path / "out")) == 2
    "\n".join(report.lines()).encode()
    report.write(tmp_path / "report.json")
    run(folder, tmp_path / "out", to="cbz")
    made = [name for name in members(tmp_path / "out/in.cbz") if name.endswith(".png")]
    assert made == ["%91%E6.png", "%91%E7.png"]


def test_the_report_as_json(tmp_path, run, book):
    report = run([book], tmp_path / "out")
    report.write(tmp_path / "report.json")
    content = json.loads((tmp_path / "report.json").read_text())
    assert content["exit_code"] == 0 and content["volumes"][0]["counts"] == {"done": 3}
    assert 0 < content["first_page"] <= content["volumes"][0]["first_page"] <= content["seconds"]
    assert content["peak_memory"] is None or content["peak_memory"] > 2**24
    page = content["volumes"][0]["pages"][0]
    assert page["name"] == "p10.png" and page["outcome"] == "done" and page["seconds"] >= 0


def test_progress_is_shown(tmp_path, run, archive, gray_page, capsys):
    run(archive(tmp_path / "b.cbz", {"1.png": gray_page(), "2.png": b"x"}), tmp_path / "out")
    shown = capsys.readouterr()
    assert "2/2" in shown.err and "b.cbz: 2.png: copied: cannot be decoded" in shown.out + shown.err


def test_a_comic_reader_reads_the_result(tmp_path, run, book):
    box = pytest.importorskip("comicbox.box", reason="comicbox is not installed (pip install -e '.[readers]')")
    run(book, tmp_path / "out")
    with box.Comicbox(tmp_path / "out/book.cbz") as comic:
        assert comic.get_page_count() == 3
        data = comic.to_dict()["comicbox"]
    assert data["monochrome"] is False and "Coloured in a test" in str(data)
