"""Mutated files of every kind that comes from elsewhere, read as the commands read them.

    python tests/fuzz.py --count=10000 --seed=0

Each file is read by a function that may return or raise the errors that commands report; anything else, a read of more
than ten seconds or of more than 1.5 GB is a finding, and is written to --keep with its seed.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np
import safetensors.numpy
from PIL import Image

from mangagan.images.decode import decode_stored
from mangagan.images.encode import Quality
from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits
from mangagan.images.open_volume import open_volume
from mangagan.images.page_file import read_page, write_page
from mangagan.infer.guidance.hint_maps import hint_maps
from mangagan.infer.guidance.hints_file import parse_hints
from mangagan.infer.guidance.json_text import read_json_text
from mangagan.infer.guidance.palette_file import read_palette
from mangagan.infer.restore.holes import masked_hole
from mangagan.interop.weights.tensor_files import read_tensors
from mangagan.pretrained.model_config import read_config, write_config
from mangagan.pretrained.model_folder import abstract_variables

SECONDS, BYTES = 10, 1_500_000_000
NUMBERS = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f")
TEXTS = (b"9" * 30, b"-1", b"1e999", b"NaN", b'"', b"[" * 50, b"{", b"null", b"\\u0000")
EXPECTED = (ValueError, UnusableFile, FileNotFoundError)


class Kind(NamedTuple):
    """Sound files of one kind, by their suffix, and how they are read."""

    samples: list[tuple[str, bytes]]
    read: Callable[[Path], object]


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """Return data with a few bytes changed, cut out or repeated, numbers made extreme, or all of the rest missing."""
    content = bytearray(data)
    for _ in range(rng.integers(1, 6)):
        at, size = int(rng.integers(len(content) + 1)), int(rng.integers(1, 40))
        match rng.integers(7):
            case 0:
                content[at : at + size] = rng.bytes(size)
            case 1:
                del content[at : at + size]
            case 2:
                content[at:at] = content[max(0, at - size) : at]
            case 3 if len(content) > at:
                content[at] ^= 1 << int(rng.integers(8))
            case 4:
                content[at : at + 4] = rng.choice(
                    [b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f"]
                )
            case 5:
                content[at:at] = rng.choice(
                    [b"9" * 30, b"-1", b"1e999", b"NaN", b'"', b"[" * 50, b"{", b"null", b"\\u0000"]
                )
            case 6 if rng.random() < 0.3:
                del content[at:]
    return bytes(content)


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 56), **options: object) -> bytes:
    """Return the file of a picture of grey blocks."""
    blocks = np.random.default_rng(0).integers(0, 256, (7, 5), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(blocks).resize(size, Image.Resampling.NEAREST).save(file, kind, **options)
    return file.getvalue()


def kinds(*, build: bool = False) -> dict[str, Kind]:
    """Return all kinds of files by name; `build`: whether networks of configurations are built, which is slow."""
    formats = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP", "tif": "TIFF", "avif": "AVIF", "bmp": "BMP", "gif": "GIF"}
    pictures = [(suffix, picture(kind)) for suffix, kind in (formats | {"jp2": "JPEG2000"}).items()]
    hints = {"version": 1, "size": [40, 56], "points": [{"at": [3, 4], "color": "#d8453e"}]}
    hints |= {"strokes": [{"path": [[1, 2], [30, 40]], "color": "#4a7fc9", "width": 9}]}
    hints |= {"regions": [{"outline": [[0, 0], [30, 0], [30, 50]], "color": "#f3c94b"}]}
    palette = {"version": 1, "colors": [{"color": "#d8453e", "share": 0.3}, {"color": "#f4d7b8"}]}
    tensors = {"a": np.arange(12, dtype=np.float32).reshape(3, 4), "b.weight": np.ones((2, 2), np.float16)}
    return {
        "picture": Kind(pictures, _read_picture),
        "mask": Kind(pictures[:4], lambda file: masked_hole(decode_stored(picture()), file.read_bytes())),
        "archive": Kind(_archives(dict(pictures)), _read_volume),
        "pdf": Kind([("pdf", picture("PDF"))], _read_volume),
        "hints": Kind([("json", json.dumps(hints).encode())], _read_hints),
        "palette": Kind([("json", json.dumps(palette).encode()), ("png", _colored())], read_palette),
        "pth": Kind(_checkpoints(tensors), read_tensors),
        "safetensors": Kind([("safetensors", safetensors.numpy.save(tensors))], read_tensors),
        "config": Kind([("json", _config())], _build if build else read_config),
    }


def _read_picture(file: Path) -> None:
    pixels, envelope = read_page(file.read_bytes(), Limits(), Quality())
    write_page(pixels, envelope)
    decode_stored(file.read_bytes())


def _read_volume(file: Path) -> None:
    with open_volume(file)(Limits()) as volume:
        for member in volume.members:
            try:
                data = member.load()
                if member.is_page:
                    read_page(data, Limits(), Quality())
            except UnusableFile:
                continue


def _read_hints(file: Path) -> None:
    hint_maps(parse_hints(read_json_text(file)), 64, 64)


def _archives(members: dict[str, bytes]) -> list[tuple[str, bytes]]:
    found = []
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("1.png", members["png"])
    for method in (0, 8, 12, 14):
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w", method) as archive:
            for suffix, data in members.items():
                archive.writestr(f"p\u00e9.{suffix}", data)
            archive.writestr("v.cbz", inner.getvalue())
            archive.writestr("ComicInfo.xml", b"<ComicInfo><Title>Kite</Title></ComicInfo>")
        found.append(("cbz", outer.getvalue()))
    return found


def _colored() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (20, 20, 3), np.uint8)).save(file, "PNG")
    return file.getvalue()


def _checkpoints(tensors: dict[str, np.ndarray]) -> list[tuple[str, bytes]]:
    try:
        import torch
    except ImportError:
        return [("pth", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}q\x00.\x80\x02}q\x00.")]
    found = []
    for modern in (True, False):
        file = io.BytesIO()
        state = {name: torch.from_numpy(array) for name, array in tensors.items()}
        torch.save(state, file, _use_new_zipfile_serialization=modern)
        found.append(("pth", file.getvalue()))
    return found


def _config() -> bytes:
    from mangagan import experiments

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.json"
        write_config(file, experiments.load("pix2pix_manga:debug"), sha256(b"").hexdigest())
        return file.read_bytes()


def _build(file: Path) -> None:
    """Read a description and build its network without computing it, as `load_model` does."""
    experiment, _ = read_config(file)
    try:
        abstract_variables(experiment)
    except Exception as error:
        raise ValueError(f"describes networks that cannot be built: {error}"[:1000]) from error


def run(count: int, seed: int, names: list[str], keep: Path | None = None, *, build: bool = False) -> Counter[str]:
    """Read so many mutated files, print every finding, and return how many there were of each outcome."""
    found, counts = kinds(build=build), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            name = names[number % len(names)]
            rng = np.random.default_rng([seed, number])
            suffix, sample = found[name].samples[rng.integers(len(found[name].samples))]
            file = Path(folder) / f"mutated.{suffix}"
            file.write_bytes(mutated(sample, rng))
            content, start = file.read_bytes(), time.monotonic()
            try:
                found[name].read(file)
                outcome = "read"
            except EXPECTED as error:
                outcome = "refused" if len(str(error)) < 2000 else "long message"
            except Exception:
                traceback.print_exc()
                outcome = "crash"
            seconds = time.monotonic() - start
            outcome = "slow" if seconds > SECONDS else outcome
            if file.read_bytes() != content or len(list(Path(folder).iterdir())) != 1:
                outcome = "changed files"
            counts[f"{name}: {outcome}"] += 1
            if outcome not in ("read", "refused"):
                print(f"seed {seed}, number {number}: {name}: {outcome}, {seconds:.1f} s", file=sys.stderr)
                if keep:
                    (keep / f"{name}-{seed}-{number}.{suffix}").write_bytes(content)
            file.unlink()
    return counts


def main() -> int:
    """Run the command and return its exit code: 1 if there was a finding."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", default=",".join(kinds()))
    parser.add_argument("--keep", type=Path, help="folder for the files of findings")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_DATA, (BYTES, BYTES))
    counts = run(options.count, options.seed, options.kinds.split(","), options.keep, build=True)
    for name, number in sorted(counts.items()):
        print(f"{name}: {number}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{sum(counts.values())} files, seed {options.seed}, peak {peak:.2f} GB")
    return int(any(not name.endswith((": read", ": refused")) for name in counts))


if __name__ == "__main__":
    sys.exit(main())
