"""Damage of an archive or of a build that was interrupted: a message with the remedy, or the work is done again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mangagan.data.archive import staging
from mangagan.data.archive.archive import Archive, open_archive
from mangagan.data.archive.record_picture import record_picture
from mangagan.data.archive.staging import stage, staged
from mangagan.data.sources.open_source import open_source


@pytest.fixture(scope="module")
def whole(tmp_path_factory, write_pages, map_page) -> Archive:
    folder = tmp_path_factory.mktemp("damage")
    write_pages(folder / "pages", {f"w{n}/1.png": map_page(n) for n in range(4)})
    return open_archive(f"folder:{folder / 'pages'}", cache=folder / "cache", progress=False)


@pytest.fixture
def archive(whole, tmp_path) -> Archive:
    shutil.copytree(whole.directory, tmp_path / "archive")
    return Archive(tmp_path / "archive")


def used(archive: Archive) -> None:
    """Read everything."""
    assert archive.report["used"] == 4 and archive.fingerprint
    for split in ("train", "validation"):
        records = archive.split(split)
        assert all(records[number].color for number in range(len(records)))


@pytest.mark.parametrize("name", ["manifest.json", "report.json", "dataset_info.json", "features.json"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"pages": [null]}',
        b'{"source": "", "used": "x"}',
        None,
    ],
    ids=range(9),
)
def test_damaged_descriptions_name_the_file_and_the_remedy(archive, name, content):
    (archive.directory / name).unlink()
    if content is not None:
        (archive.directory / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"damaged .*: delete {archive.directory}, and the archive is built again"):
        used(archive)


@pytest.mark.parametrize("page", [{"name": 1}, {"size": [0, 3]}, {"size": [1e9]}, {"color": 3}])
def test_pages_of_a_manifest_are_checked(archive, page):
    file = archive.directory / "manifest.json"
    manifest = json.loads(file.read_text())
    manifest["pages"][0] |= page
    file.write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match="manifest.json is damaged"):
        used(archive)


def test_a_damaged_record_names_the_archive(archive):
    (file,) = archive.directory.glob("*train*")
    data = bytearray(file.read_bytes())
    place = data.rindex(b"IEND")
    data[place - 40 : place] = bytes(40)
    file.write_bytes(data)
    with pytest.raises(ValueError, match=rf"{archive.directory} is damaged \(record .* of train"):
        used(archive)


def test_a_picture_that_is_none_names_its_page():
    with pytest.raises(ValueError, match="page a/1 of its archive cannot be decoded.*delete the archive"):
        record_picture("a/1", b"\x89PNG")


def test_what_a_power_cut_left_is_staged_again(tmp_path, write_pages, map_page, monkeypatch):
    entries = open_source(
        f"folder:{write_pages(tmp_path / 'in', {f'{n}.png': map_page(n) for n in range(5)})}"
    ).entries()
    folder = tmp_path / "staging"
    stage(entries, folder, progress=False)
    notes, files = staged(folder, 5), {path: path.read_bytes() for path in folder.iterdir()}
    (folder / "0000001.json").write_bytes(b"")
    (folder / ".0000002.color").write_bytes(b"")
    (folder / ".0000003.bw").unlink()
    again: list[int] = []
    stage_one = staging._stage_one
    monkeypatch.setattr(staging, "_stage_one", lambda at, one: (again.append(one[0]), stage_one(at, one)))
    stage(entries, folder, progress=False)
    assert again == [1, 2, 3] and staged(folder, 5) == notes
    assert {path: path.read_bytes() for path in Path(folder).iterdir()} == files
