"""Mutated pictures and archives: no crash, no file outside the output, a report in every case."""

from __future__ import annotations

import faulthandler
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mangagan.infer.volume.report import PageReport


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """Data with a few bytes changed, cut out, repeated, or all of the rest missing."""
    content = bytearray(data)
    for _ in range(rng.integers(1, 6)):
        at = int(rng.integers(len(content) + 1))
        size = int(rng.integers(1, 40))
        match rng.integers(5):
            case 0:
                content[at : at + size] = rng.bytes(size)
            case 1:
                del content[at : at + size]
            case 2:
                content[at:at] = content[max(0, at - size) : at]
            case 3 if len(content) > at:
                content[at] ^= 1 << int(rng.integers(8))
            case 4 if rng.random() < 0.3:
                del content[at:]
    return bytes(content)


@pytest.fixture
def samples(gray_page) -> dict[str, bytes]:
    kinds = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP", "tif": "TIFF", "avif": "AVIF", "bmp": "BMP", "gif": "GIF"}
    kinds |= {"jp2": "JPEG2000"}
    exif = Image.Exif()
    exif[274] = 6
    return {suffix: gray_page(1, kind, exif=exif, dpi=(100, 100)) for suffix, kind in kinds.items()}


@pytest.fixture(autouse=True)
def watchdog():
    """A hang ends the tests with a trace of where it is."""
    faulthandler.dump_traceback_later(300, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def listed(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.parametrize("seed", range(4))
def test_mutated_pictures(tmp_path, run, archive, samples, seed):
    rng = np.random.default_rng(seed)
    pages = {f"{suffix}{n}.{suffix}": mutated(data, rng) for suffix, data in samples.items() for n in range(50)}
    report = run(archive(tmp_path / "b.cbz", pages | {"whole.png": samples["png"]}), tmp_path / "out")
    assert report.volumes[0].outcome == "done" and len(report.volumes[0].pages) == len(pages) + 1
    assert all(page.outcome in ("done", "copied") for page in report.volumes[0].pages), report.volumes[0].pages
    assert max(page.seconds for page in report.volumes[0].pages) < 10
    with zipfile.ZipFile(tmp_path / "out/b.cbz") as made:
        for page in report.volumes[0].pages:
            if page.outcome == "done":
                name = page.name.replace(".gif", ".png")
                Image.open(io.BytesIO(made.read(name))).load()
            else:
                assert made.read(page.name) == pages[page.name]
    assert listed(tmp_path) == {"b.cbz", "out", "out/b.cbz"}


@pytest.mark.parametrize("seed", range(4))
def test_mutated_archives(tmp_path, run, archive, rar, samples, seed):
    rng = np.random.default_rng(100 + seed)
    info = b"<ComicInfo><Title>Kite</Title></ComicInfo>"
    members = {f"p{n}.{suffix}": data for n, (suffix, data) in enumerate(samples.items())} | {"ComicInfo.xml": info}
    packed = [archive(tmp_path / "a.zip", members, method).read_bytes() for method in (0, 8, 12, 14)]
    (tmp_path / "a.zip").unlink()
    pdf = io.BytesIO()
    Image.open(io.BytesIO(samples["png"])).save(pdf, "PDF")
    packed += [rar(members), pdf.getvalue()]
    (tmp_path / "in").mkdir()
    for number in range(100):
        (tmp_path / f"in/{number}.cbz").write_bytes(mutated(packed[number % len(packed)], rng))
    report = run(tmp_path / "in", tmp_path / "out", to="folder" if seed % 2 else None)
    assert len(report.volumes) == 100 and not report.stopped
    for volume in report.volumes:
        assert volume.outcome in ("done", "failed") and all(isinstance(page, PageReport) for page in volume.pages)
        assert volume.seconds < 10
    assert {name.split("/")[0] for name in listed(tmp_path)} == {"in", "out"}
    assert len(listed(tmp_path / "in")) == 100 and not list((tmp_path / "out").rglob(".*.coloring"))


def test_hostile_comic_info(tmp_path, run, archive, samples):
    """What mutations of a small ComicInfo.xml would take too long to find."""
    pages = '<ComicInfo><Pages><Page Image="{}" ImageSize="{}"/></Pages></ComicInfo>'
    infos = [pages.format(number, "x") for number in ("9" * 5000, "1" * 10**6, "\u0660", "-0", "1e9", "0" * 99)]
    infos += ["<ComicInfo>" + "<a>" * 10**5, "<ComicInfo " + " ".join(f'a{n}="1"' for n in range(10**4)) + "/>"]
    infos += ['<!DOCTYPE a [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><ComicInfo>&c;</ComicInfo>', "<ComicInfo xmlns='a'/>"]
    books = [
        archive(tmp_path / f"{number}.cbz", {"1.png": samples["png"], "ComicInfo.xml": info.encode()})
        for number, info in enumerate(infos)
    ]
    report = run(books, tmp_path / "out")
    assert [volume.outcome for volume in report.volumes] == ["done"] * len(books)
    assert all(volume.seconds < 10 and volume.counts["done"] == 1 for volume in report.volumes)
