"""Archives: their pages, skipped pictures, and builds that are interrupted or concurrent."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from mangagan.data.archive import staging
from mangagan.data.archive.archive import cache_folder, open_archive

BUILD = """
import sys
from pathlib import Path
from mangagan.data.archive import staging
from mangagan.data.archive.archive import open_archive
staging._ALONE_SECONDS = 0
if __name__ == "__main__":
    print(open_archive(sys.argv[1], cache=Path(sys.argv[2]), progress=False).fingerprint)
"""


def opened(source: str, cache: Path):
    return open_archive(source, cache=cache, progress=False)


@pytest.fixture
def folder(tmp_path, write_pages, map_page) -> Path:
    pages = {f"work{n % 5}/{n:02}.png": map_page(n) for n in range(20)}
    gray = {"work1/gray.png": map_page(1)[..., 1], "work2/broken.png": b"\x89PNG broken"}
    return write_pages(tmp_path / "pages", pages | gray | {"work3/empty.jpg": b""})


def test_records_follow_the_manifest(folder, tmp_path):
    archive = opened(f"folder:{folder}", tmp_path / "cache")
    total = 0
    for split in ("train", "validation"):
        records, pages = archive.split(split), archive.pages(split)
        assert len(records) == len(pages) > 0
        total += len(pages)
        for record, page in zip(records, pages, strict=True):
            assert (record.name, record.work, split) == (page["name"], page["work"], page["split"])
            for data, digest in ((record.color, page["color"]), (record.bw, page["bw"])):
                assert (hashlib.sha256(data).hexdigest() if data else None) == digest
            if record.color:
                assert record.color == (folder / record.name).read_bytes() and page["size"] == [96, 80]
    assert total == 21 and len(archive.split("train")[len(archive.split("train")) - 1].name) > 0
    with pytest.raises(IndexError):
        archive.split("train")[total]
    with pytest.raises(ValueError, match="no split"):
        archive.split("test")


def test_works_do_not_leak_and_grey_pages_stay_out_of_colour(folder, tmp_path):
    archive = opened(f"folder:{folder}", tmp_path / "cache")
    works = [{page["work"] for page in archive.pages(split)} for split in ("train", "validation")]
    assert not works[0] & works[1] and len(works[1]) == 1
    for split, domains in archive.domains.items():
        pages = archive.pages(split)
        assert [pages[n]["name"] for n in domains["bw"]] == [p["name"] for p in pages if "gray" in p["name"]]
        assert len(domains["color"]) + len(domains["bw"]) == len(pages) and not len(domains["both"])


def test_report_names_what_was_skipped_and_why(folder, tmp_path):
    report = opened(f"folder:{folder}", tmp_path / "cache").report
    reasons = {skip["name"]: skip["reason"] for skip in report["skipped"]}
    assert report["used"] == 21 and set(reasons) == {"work2/broken.png", "work3/empty.jpg"}
    assert "cannot be decoded" in reasons["work2/broken.png"] and "empty" in reasons["work3/empty.jpg"]


def test_nothing_usable_is_an_error_with_reasons(tmp_path, write_pages):
    bad = write_pages(tmp_path / "bad", {f"{n}.png": b"no" for n in range(9)})
    with pytest.raises(ValueError, match="no usable picture: 0.png: cannot be decoded.*and 4 more"):
        opened(f"folder:{bad}", tmp_path / "cache")
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match="has no pictures"):
        opened(f"folder:{tmp_path / 'none'}", tmp_path / "cache")
    assert not [path for path in (tmp_path / "cache").iterdir() if path.suffix != ".lock"]


def test_archive_is_found_again_until_the_folder_changes(folder, tmp_path, monkeypatch, map_page, write_pages):
    cache = tmp_path / "cache"
    first = opened(f"folder:{folder}", cache)
    with monkeypatch.context() as patch:
        patch.setattr("mangagan.data.archive.archive.build", lambda *_, **__: pytest.fail("built twice"))
        assert opened(f"folder:{folder}", cache).directory == first.directory
        patch.chdir(tmp_path)
        assert opened("folder:pages", cache).directory == first.directory
    write_pages(folder, {"work9/1.png": map_page(9)})
    second = opened(f"folder:{folder}", cache)
    assert second.directory != first.directory and second.fingerprint != first.fingerprint
    assert first.directory.name.startswith("folder-pages-")


def test_the_fingerprint_depends_on_the_pages_not_on_their_folder(folder, tmp_path):
    first = opened(f"folder:{folder}", tmp_path / "cache").fingerprint
    os.rename(folder, tmp_path / "elsewhere")
    assert opened(f"folder:{tmp_path / 'elsewhere'}", tmp_path / "cache").fingerprint == first


def test_cache_folder_follows_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("MANGAGAN_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("MANGAGAN_CACHE")
    assert cache_folder().name == "mangagan"


def test_records_can_be_pickled(folder, tmp_path):
    records = opened(f"folder:{folder}", tmp_path / "cache").split("train")
    first = records[0]
    assert pickle.loads(pickle.dumps(records))[0] == first


@pytest.fixture(scope="module")
def big_folder(tmp_path_factory, encoded) -> Path:
    """Enough work for several processes to be killed in the middle of it."""
    folder = tmp_path_factory.mktemp("big")
    noise = np.random.default_rng(0).integers(0, 255, (300, 200, 3), dtype=np.uint8)
    page = encoded(np.kron(noise, np.ones((5, 5, 1), np.uint8)))
    for number in range(30):
        (folder / f"t{number % 7}_{number:03}.png").write_bytes(page)
    return folder


@pytest.fixture(scope="module")
def expected(big_folder, tmp_path_factory) -> str:
    return opened(f"folder:{big_folder}", tmp_path_factory.mktemp("whole")).fingerprint


def started(tmp_path: Path, folder: Path) -> subprocess.Popen:
    script = tmp_path / "build.py"
    script.write_text(BUILD)
    path = os.pathsep.join([str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, str(script), f"folder:{folder}", str(tmp_path / "cache")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path})


def wait_until(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not become true in time"
        time.sleep(0.002)


@pytest.mark.parametrize("moment", ["pages/*.json", "packed/*"])
def test_a_killed_build_continues_where_it_stopped(moment, big_folder, expected, tmp_path, monkeypatch):
    process = started(tmp_path, big_folder)
    wait_until(lambda: len(list(tmp_path.glob(f"cache/*.staging/{moment}"))) >= (5 if "json" in moment else 1))
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    process.wait()
    # No worker outlives its parent.
    wait_until(lambda: not any(child.is_running() and child.status() != "zombie" for child in children), 20)
    done = len(list(tmp_path.glob("cache/*.staging/pages/*.json")))
    read = []
    monkeypatch.setattr(staging, "_ALONE_SECONDS", 1000)
    load = staging._stage_one
    monkeypatch.setattr(staging, "_stage_one", lambda *args: (read.append(args), load(*args)))
    archive = opened(f"folder:{big_folder}", tmp_path / "cache")
    assert archive.fingerprint == expected and done >= 5 and len(read) == 30 - done
    assert not list(tmp_path.glob("cache/*.staging"))
    assert len(archive.split("train")[0].color) > 0


def test_two_processes_build_one_archive(big_folder, expected, tmp_path):
    processes = [started(tmp_path, big_folder) for _ in range(2)]
    answers = [process.communicate(timeout=120)[0].splitlines() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert [answer[-1] for answer in answers] == [expected, expected]
    assert sum("waiting for it" in line for answer in answers for line in answer) == 1


def test_manifest_states_source_licences_and_notes(folder, tmp_path):
    archive = opened(f"folder:{folder / 'work1'}", tmp_path / "cache")
    manifest = json.loads((archive.directory / "manifest.json").read_text())
    assert manifest["source"] == f"folder:{folder / 'work1'}" and manifest["licences"]
    assert any("split by page: only one work" in note for note in manifest["notes"])


@pytest.mark.slow
def test_comics_have_both_forms_and_their_own_splits(tmp_path):
    from mangagan.data.comics import UNSEEN, WORKS

    for source, works in (("comics:3", WORKS), ("unseen:1", UNSEEN)):
        archive, splits = opened(source, tmp_path), {work.name: work.split for work in works}
        assert len(archive.manifest["pages"]) == int(source[-1]) and archive.manifest["licences"]
        for page in archive.manifest["pages"]:
            assert page["color"] and page["bw"] and page["split"] == splits[page["work"]]
    # All unseen works are held out, so there are no training pages.
    assert not archive.pages("train") and len(archive.split("validation")[0].color) > 1000
