"""Headers of .safetensors files that are no headers, or describe what no network has, are refused by name."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
import safetensors.numpy

from mangagan.interop.weights.safetensors_header import safetensors_shapes
from mangagan.interop.weights.tensor_files import read_tensors


def written(tmp_path, header, data=bytes(16), length=None):
    file = tmp_path / "file.safetensors"
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    file.write_bytes((len(text) if length is None else length).to_bytes(8, "little") + text + data)
    return file


def tensor(dtype="F32", shape=(4,), start=0, end=16):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def test_shapes_are_those_of_the_tensors(tmp_path):
    arrays = {"a": np.ones((2, 3), np.float16), "b": np.ones((), np.int64), "c": np.ones((0, 5), np.float32)}
    safetensors.numpy.save_file(arrays, tmp_path / "a.safetensors", {"made": "by hand"})
    assert safetensors_shapes(tmp_path / "a.safetensors") == {"a": (2, 3), "b": (), "c": (0, 5)}
    assert list(read_tensors(written(tmp_path, {"a": tensor()}))["a"]) == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (
            {"a": tensor("F8_E4M3", end=4)},
            "'a' is of dtype 'F8_E4M3', which is not supported; save it again as",
        ),
        ({"a": tensor("F4" * 90)}, "is of dtype 'F4F4"),
        ({"a": tensor("C64", (2,))}, "is of dtype 'C64'"),
        ({"a": tensor(shape=(5,))}, "not a readable"),
        ({"a": tensor(shape=(-4,))}, "sides that are no sizes"),
        ({"a": tensor(shape=(2**61, 2))}, "sides that are no sizes"),
        ({"a": tensor(shape=(True, 4))}, "sides that are no sizes"),
        ({"a": tensor(shape=("4",))}, "sides that are no sizes"),
        ({"a": tensor(shape=(1,) * 40)}, "has no dtype and shape"),
        ({"a": tensor(dtype=3)}, "has no dtype and shape"),
        ({"a" * 10_000: 5}, "has no dtype and shape"),
        ({"a": tensor(), "b": tensor()}, "not a readable"),
        ({"a": tensor(end=12)}, "not a readable"),
        ({"a": tensor(start=8, end=24)}, "not a readable"),
        ([], "its header is no object"),
        (b"NaN", "its header is no object"),
        (b"[" * 50_000, "not a readable"),
        (b"\xff\xfe", "not a readable"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not a readable"),
        (b" " * (4 * 2**20 + 1), "its header has 4194305 bytes, more than the limit"),
    ],
)
def test_broken_headers_are_one_short_line_with_the_file(tmp_path, header, reason):
    file = written(tmp_path, header)
    with pytest.raises(ValueError, match=reason) as error:
        read_tensors(file)
    assert str(error.value).startswith(f"{file}: ") and len(str(error.value)) < 600


@pytest.mark.parametrize("length", [0, 1, 19, 2**40, 2**64 - 1])
def test_a_length_that_the_file_has_not_is_refused_before_it_is_read(tmp_path, length):
    with pytest.raises(ValueError, match="does not begin with the length of a header"):
        read_tensors(written(tmp_path, b"{}", length=length))


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth"])
def test_pipes_folders_and_files_of_any_size_are_not_opened(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(ValueError, match="is no file; name a file of tensors"):
        read_tensors(tmp_path / name)
    (tmp_path / name).unlink()
    with open(tmp_path / name, "wb") as file:
        file.truncate(5 * 2**30)
    with pytest.raises(ValueError, match="has 5368709120 bytes, more than the limit of 4294967296"):
        read_tensors(tmp_path / name)
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()
    with pytest.raises(ValueError, match="is no file"):
        read_tensors(tmp_path / name)
