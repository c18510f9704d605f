"""One odd file never ends a source: it is named with the reason, and everything else is used."""

from __future__ import annotations

import io
import os
import resource
import socket
import struct
import zipfile
from pathlib import Path

import pytest

from mangagan.data.archive.archive import open_archive
from mangagan.data.sources.entries import PageImages
from mangagan.data.sources.open_source import open_source, same_source, source_inputs, source_paths
from mangagan.images.errors import UnusableFile

NAMELESS = os.fsdecode(b"\x91\xe6.png")  # Shift-JIS


def loaded(text: str) -> dict[str, PageImages | str]:
    """Every entry of a source by name: its images, or the reason why it has none."""
    pages: dict[str, PageImages | str] = {}
    for entry in open_source(text).entries():
        try:
            pages[entry.label.name] = entry.load()
        except UnusableFile as reason:
            pages[entry.label.name] = str(reason)
    return pages


def reasons(text: str) -> dict[str, str]:
    return {name: page for name, page in loaded(text).items() if isinstance(page, str)}


@pytest.fixture
def odd_folder(tmp_path, write_pages, map_page, encoded) -> Path:
    png = encoded(map_page(1))
    folder = write_pages(tmp_path / "pages", {"a/1.png": png, NAMELESS: png, "noted.txt": b"notes", "scan.tmp": png})
    (folder / "broken.png").symlink_to(tmp_path / "nowhere")
    (folder / "zero.png").symlink_to("/dev/zero")
    (folder / "folder.png").symlink_to(tmp_path)
    (folder / "book.cbz").write_bytes(b"PK\5\6" + bytes(18))
    (folder / "eps.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 40 40\n{} loop\n")
    os.mkfifo(folder / "pipe.png")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(folder / "socket.png"))
    return folder


ODD = {
    "%91%E6.png": "not valid UTF-8",
    "book.cbz": "zip:FILE",
    "broken.png": "does not exist",
    "eps.png": "no decoder for PostScript",
    "folder.png": "links are not followed",
    "pipe.png": "no regular file",
    "socket.png": "no regular file",
    "zero.png": "no regular file",
}


@pytest.mark.parametrize("kind", ["folder", "coco"])
def test_odd_files_of_a_folder_are_named(kind, odd_folder):
    text = f"{kind}:{odd_folder}"
    told = reasons(text)
    assert set(told) == set(ODD) and all(ODD[name] in told[name] for name in ODD)
    # The first bytes tell a page, whatever its suffix.
    assert {name for name in loaded(text) if name not in told} == {"a/1.png", "scan.tmp"}
    assert open_source(text).others() == [("noted.txt", "is no picture")]


def test_odd_files_of_pairs_are_named_with_their_folder(odd_folder, tmp_path, write_pages, map_page):
    bw = write_pages(tmp_path / "bw", {"a/1.png": map_page(1)[..., 0], "scan.png": map_page(1)[..., 0]})
    write_pages(odd_folder, {"a/1.jpg": map_page(2)})
    source = open_source(f"pairs:{bw},{odd_folder}")
    told = reasons(f"pairs:{bw},{odd_folder}")
    assert "does not exist" in told["pages/broken.png"] and "not valid UTF-8" in told["pages/%91%E6.png"]
    assert told["pages/a/1.jpg"] == "a/1.png has the same name and is used instead"
    # Three in colour: a/1, eps and scan.
    assert source.pairs == 3 and source.others() == [("pages/noted.txt", "is no picture")]


def test_an_archive_is_built_of_the_rest_and_reports_all(odd_folder, tmp_path):
    archive = open_archive(f"folder:{odd_folder}", cache=tmp_path / "cache", progress=False)
    assert [page["name"] for page in archive.manifest["pages"]] == ["a/1.png", "scan.tmp"]
    assert {skip["name"] for skip in archive.report["skipped"]} == set(ODD)
    assert archive.report["others"] == [{"name": "noted.txt", "reason": "is no picture"}]
    # A fault that goes away is a change of the source.
    (odd_folder / "pipe.png").unlink()
    again = open_archive(f"folder:{odd_folder}", cache=tmp_path / "cache", progress=False)
    assert again.directory != archive.directory and again.fingerprint == archive.fingerprint


def test_odd_members_of_a_zip_are_named(tmp_path, encoded, map_page):
    digits, page, inner = "9" * 5000 + ".png", encoded(map_page(1)), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("1.png", page)
    with zipfile.ZipFile(tmp_path / "a.cbz", "w") as archive:
        for name in ("1.png", digits, "scan"):
            archive.writestr(name, page)
        archive.writestr(zipfile.ZipInfo(""), b"0")
        archive.writestr("inner.cbz", inner.getvalue())
        archive.writestr("ComicInfo.xml", "<ComicInfo/>")
        archive.writestr("notes.txt", "notes")
    told = reasons(f"zip:{tmp_path}")
    assert told == {"a.cbz/": "it has no name", f"a.cbz/{digits}": "its name is longer than 1024 bytes"}
    used = set(loaded(f"zip:{tmp_path}")) - set(told)
    assert used == {"a.cbz/1.png", "a.cbz/scan", "a.cbz/inner.cbz/1.png"}
    assert open_source(f"zip:{tmp_path}").others() == [("a.cbz/notes.txt", "is no picture")]


def test_members_of_one_name_are_both_accounted_for(tmp_path, encoded, map_page):
    with zipfile.ZipFile(tmp_path / "a.cbz", "w") as archive:
        archive.writestr("1.png", encoded(map_page(1)))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("1.png", encoded(map_page(2)))
    entries = open_source(f"zip:{tmp_path}").entries()
    assert [entry.label.name for entry in entries] == ["a.cbz/1.png"] * 2


def test_archives_of_other_formats_are_named(tmp_path, encoded, map_page):
    with zipfile.ZipFile(tmp_path / "really a zip.cbr", "w") as archive:
        archive.writestr("1.png", encoded(map_page(1)))
    (tmp_path / "b.rar").write_bytes(b"Rar!\x1a\x07\x00" + bytes(20))
    (tmp_path / "readme.txt").write_bytes(b"read me")
    assert reasons(f"zip:{tmp_path}") == {"b.rar": "is no ZIP file but RAR: pack its pages as CBZ or ZIP"}
    assert "really a zip.cbr/1.png" in loaded(f"zip:{tmp_path}")
    assert open_source(f"zip:{tmp_path}").others() == [("readme.txt", "is no ZIP file")]


def test_a_member_that_unpacks_to_more_than_it_says_costs_no_memory(tmp_path):
    size, said = 64 * 2**20, 2**20
    path = tmp_path / "a.cbz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("b.png", bytes(size))
    data = path.read_bytes()
    # In the member's own header and in the directory.
    path.write_bytes(data.replace(struct.pack("<L", size), struct.pack("<L", said)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "cannot be unpacked" in loaded(f"zip:{path}")["a.cbz/b.png"]
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < size / 2


@pytest.mark.parametrize("number", ["99999999999999999999999", "9" * 6000, "1000000", "٣", "0", "-1", "2.5"])
@pytest.mark.parametrize("kind", ["comics", "unseen", "drawings"])
def test_counts_are_bounded(kind, number):
    with pytest.raises(ValueError, match="too many pages: the most are 100000|must be a number of pages") as error:
        open_source(f"{kind}:{number}")
    assert len(str(error.value)) < 600
    assert len(open_source(f"{kind}:{12}").entries()) == 12


@pytest.mark.parametrize("path", ["~nobody-of-this-name/pages", "a\0b", "x" * 5000, "loop"])
def test_paths_that_are_none_are_told_in_a_line(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    for text in (f"folder:{path}", f"zip:{path}", f"pairs:{path},{path}", f"coco:{path}"):
        with pytest.raises(ValueError) as error:
            open_source(text)
        assert len(str(error.value)) < 600 and "\n" not in str(error.value)
        assert same_source(text, text) and list(source_inputs(text)) == [] and len(source_paths(text)) <= 2


def test_damaged_parquet_is_named_and_the_rest_is_used(tmp_path, encoded, map_page):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    cell = pa.array(
        [{"bytes": encoded(map_page(1)), "path": None}], pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    )
    pq.write_table(pa.table([cell, cell], ["bw_image", "color_image"]), tmp_path / "good.parquet")
    pq.write_table(pa.table({"bw_image": ["text"], "color_image": [3]}), tmp_path / "text.parquet")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "good.parquet").read_bytes()[:-9])
    (tmp_path / "broken.parquet").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.parquet")
    assert reasons(f"hf:{tmp_path}") == {
        "broken.parquet": "is no regular file",
        "cut.parquet": reasons(f"hf:{tmp_path}")["cut.parquet"],
        "pipe.parquet": "is no regular file",
        "text.parquet/0-00000": "the row holds no picture",
    }
    assert reasons(f"hf:{tmp_path}")["cut.parquet"].startswith("is not a readable Parquet file")
    assert "good.parquet/0-00000" in loaded(f"hf:{tmp_path}")
