"""Small grey pages, archives of them, and a colouring that needs no model."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mangagan.images import page_file
from mangagan.infer.volume.page_stages import PageInput
from mangagan.infer.volume.plan import plan
from mangagan.infer.volume.process_volumes import Settings, process_volumes
from mangagan.infer.volume.report import Report


def _gray_page(seed: int = 0, kind: str = "PNG", size: tuple[int, int] = (40, 56), **options) -> bytes:
    blocks = np.random.default_rng(seed).integers(0, 256, (7, 5), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(blocks).resize(size, Image.Resampling.NEAREST).save(file, kind, **options)
    return file.getvalue()


def _redden(page: PageInput) -> np.ndarray:
    made = page.pixels.copy()
    made[..., 1:] //= 2
    return made


def _archive(file: Path, members: dict[str, bytes] | list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> Path:
    pairs = members.items() if isinstance(members, dict) else members
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in pairs:
            archive.writestr(name, data)
    return file


def _rar(members: dict[str, bytes]) -> bytes:
    """A RAR 3 archive of files that are stored, not packed."""

    def block(kind: int, flags: int, body: bytes, data: bytes = b"") -> bytes:
        head = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
        return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head + data

    blocks = [b"Rar!\x1a\x07\0", block(0x73, 0, bytes(6))]
    for name, data in members.items():
        sizes = struct.pack("<IIBIIBBHI", len(data), len(data), 3, zlib.crc32(data), 0, 20, 0x30, len(name), 0o100644)
        blocks.append(block(0x74, 0x8000, sizes + name.encode(), data))
    return b"".join([*blocks, block(0x7B, 0x4000, b"")])


class FunctionProcessor:
    """Colours pages with a function; finished pages are told apart by another."""

    participle, colors = "coloured", True

    def __init__(self, color=_redden, identity=lambda volume, page: ""):
        self.color, self.page_identity = color, identity

    def begin_volume(self, title, volume):
        begun = FunctionProcessor(self.color, self.page_identity)
        begun.title = title
        return begun

    def decode(self, data, limits, quality):
        return page_file.read_page(data, limits, quality)

    def process(self, page):
        return self.color(page)

    def encode(self, pixels, envelope):
        return page_file.write_page(pixels, envelope)

    def identity(self, page):
        return self.page_identity(self.title, page)


def _run(inputs, output: Path, to=None, color=_redden, identity=lambda volume, page: "", **settings):
    inputs = inputs if isinstance(inputs, list) else [inputs]
    chosen = replace(Settings("Coloured in a test"), **settings)
    return process_volumes(plan(inputs, output, to), FunctionProcessor(color, identity), chosen)


def _outcomes(report: Report) -> dict[str, str]:
    return {page.name: page.outcome for volume in report.volumes for page in volume.pages}


def _files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _members(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


def _is_red(data: bytes) -> bool:
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), int)
    return bool(pixels[..., 0].mean() > 1.5 * pixels[..., 1].mean())


@pytest.fixture
def gray_page():
    """A function of seed, format and size [w h] that gives a file of random grey blocks."""
    return _gray_page


@pytest.fixture
def redden():
    """A colouring that halves green and blue."""
    return _redden


@pytest.fixture
def archive():
    """A function that writes a ZIP file of names and bytes."""
    return _archive


@pytest.fixture
def rar():
    """A function of names and bytes that gives the bytes of a RAR file."""
    return _rar


@pytest.fixture
def run():
    """A function that plans and colours volumes, and gives the report."""
    return _run


@pytest.fixture
def book(tmp_path, archive, gray_page):
    """A CBZ of three pages, whose names are in no order, with a text."""
    members = {"p10.png": gray_page(10), "p2.png": gray_page(2), "sub/p1.jpg": gray_page(1, "JPEG"), "a.txt": b"hello"}
    return archive(tmp_path / "book.cbz", members)


@pytest.fixture
def outcomes():
    """A function of a report that gives the outcome of each page."""
    return _outcomes


@pytest.fixture
def files():
    """A function that gives the bytes of all files under a folder."""
    return _files


@pytest.fixture
def members():
    """A function that gives the bytes of all files in a ZIP file."""
    return _members


@pytest.fixture
def is_red():
    """A function that tells whether a page is one that `redden` has made."""
    return _is_red
