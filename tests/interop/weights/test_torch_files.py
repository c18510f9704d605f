"""Files of torch.save are read without PyTorch, and hostile files only raise ValueError."""

from __future__ import annotations

import pickle
import struct
import time
import zipfile

import numpy as np
import pytest

from mangagan.interop.weights.torch_files import read_torch


def written(tmp_path, content, legacy=False):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (pip install -e '.[bench]')")
    file = tmp_path / "file.pth"
    torch.save(content(torch), file, _use_new_zipfile_serialization=not legacy)
    return file


def tensors(torch):
    base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
    kinds = ("float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")
    return {
        **{kind: torch.tensor([[0, 1, 2], [1, 0, 3]]).to(getattr(torch, kind)) for kind in kinds},
        "base": base,
        "turned": base.permute(2, 0, 1),
        "window": base[1:, ::2, 1:3],
        "repeated": torch.ones(1).expand(3, 2),
        "scalar": torch.tensor(7),
        "empty": torch.ones(0, 3),
        "parameter": torch.nn.Parameter(torch.full((2,), 0.1)),
    }


@pytest.mark.parametrize("legacy", [False, True])
def test_tensors_agree_with_pytorch(tmp_path, legacy):
    read = read_torch(written(tmp_path, tensors, legacy))
    import torch

    expected = tensors(torch)
    assert list(read) == list(expected)
    for name, tensor in expected.items():
        assert str(read[name].dtype) == str(tensor.dtype).removeprefix("torch.")
        assert read[name].shape == tuple(tensor.shape)
        np.testing.assert_array_equal(read[name].astype(np.float64), tensor.detach().double().numpy())


@pytest.mark.parametrize("legacy", [False, True])
def test_the_state_dict_of_a_network_is_read(tmp_path, legacy):
    read = read_torch(written(tmp_path, lambda torch: torch.nn.BatchNorm2d(2).state_dict(), legacy))
    assert list(read) == ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]


def test_one_part_of_several_is_read(tmp_path):
    file = written(tmp_path, lambda torch: {"epoch": 3, "G": {"a": torch.ones(2)}, "D": {"b": torch.ones(1)}})
    assert list(read_torch(file, "G")) == ["a"]
    with pytest.raises(ValueError, match=r"file\.pth.*no tensors at its top, but parts.*G, D"):
        read_torch(file)
    with pytest.raises(ValueError, match=r"no part 'E'; its parts are G, D"):
        read_torch(file, "E")


# Below, files made by hand: they need no PyTorch.

FLOATS = b"ctorch\nFloatStorage\n"
NUMBERS = struct.pack("<4f", 1, 2, 3, 4)


def tensor(key=b"0", count=4, offset=0, shape=b"(I2\nI2\nt", strides=b"(I2\nI1\nt", storage=FLOATS):
    """The pickle of {"a": a tensor of one storage}, in the text form of protocol 0."""
    pid = b"(Vstorage\n" + storage + b"V" + key + b"\nVcpu\nI%d\ntQ" % count
    arguments = b"(" + pid + b"I%d\n" % offset + shape + strides + b"I00\nccollections\nOrderedDict\n(tRtR"
    return b"\x80\x02}Va\nctorch._utils\n_rebuild_tensor_v2\n" + arguments + b"s."


def zipped(tmp_path, pickled, data=NUMBERS, compression=zipfile.ZIP_STORED, **entries):
    file = tmp_path / "file.pth"
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/data/0", data)
        for name, entry in entries.items():
            archive.writestr(f"archive/{name}", entry)
    return file


def test_a_file_made_by_hand_is_read(tmp_path):
    np.testing.assert_array_equal(read_torch(zipped(tmp_path, tensor()))["a"], [[1, 2], [3, 4]])


class Evil:
    def __reduce__(self):
        return print, ("this must never be printed",)


@pytest.mark.parametrize(
    ("pickled", "refused"),
    [
        (b"cos\nsystem\n(Vtouch evil\ntR.", "os.system"),
        (b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.", "builtins.eval"),
        (pickle.dumps({"a": Evil()}), "builtins.print"),
        (b"ctorch\nload\n(Vx\ntR.", "torch.load"),
        (b"\x80\x04\x8c\x0bcollections\x8c\x14OrderedDict.__init__\x93.", "collections.OrderedDict.__init__"),
    ],
)
def test_anything_but_tensors_is_refused_by_name(tmp_path, pickled, refused, capsys):
    with pytest.raises(ValueError, match=f"file.pth.*{refused}, which is refused"):
        read_torch(zipped(tmp_path, pickled))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "pickled",
    [
        tensor(count=5),
        tensor(offset=1),
        tensor(offset=-1),
        tensor(shape=b"(I3\nI2\nt"),
        tensor(shape=b"(I-1\nI2\nt"),
        tensor(strides=b"(I-2\nI1\nt"),
        tensor(strides=b"(I2\nt"),
        tensor(shape=b"(Vx\nI2\nt"),
        tensor(key=b"1"),
        tensor(key=b"../data.pkl"),
        tensor(storage=b"ccollections\nOrderedDict\n"),
        tensor(storage=b"I3\n"),
        tensor()[:-9],
        b"\x80\x02]Va\na.",
        b"\x80\x02}.",
        b"\x80\x02}Va\nI3\ns.",
        b"\x80\x02(Q.",
        # Attributes of the names themselves are out of reach.
        b"ccollections\nOrderedDict\n}V__code__\nI3\nsb.",
        b"",
        b"\x00" * 40,
    ],
)
def test_broken_pickles_raise_with_the_files_name(tmp_path, pickled):
    with pytest.raises(ValueError, match=r"file\.pth"):
        read_torch(zipped(tmp_path, pickled))


def test_other_files_are_refused(tmp_path):
    with pytest.raises(ValueError, match="compressed"):
        read_torch(zipped(tmp_path, tensor(), compression=zipfile.ZIP_DEFLATED))
    with pytest.raises(ValueError, match="big-endian"):
        read_torch(zipped(tmp_path, tensor(), byteorder="big"))
    with pytest.raises(ValueError, match="without a data.pkl"):
        with zipfile.ZipFile(tmp_path / "other.pth", "w") as archive:
            archive.writestr("readme", "text")
        read_torch(tmp_path / "other.pth")
    (tmp_path / "text.pth").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(ValueError, match=r"text\.pth"):
        read_torch(tmp_path / "text.pth")
    with pytest.raises(FileNotFoundError):
        read_torch(tmp_path / "none.pth")


@pytest.mark.parametrize("legacy", [False, True])
def test_a_file_cut_short_anywhere_raises(tmp_path, legacy):
    whole = written(tmp_path, lambda torch: {"a": torch.ones(3, 4), "b": torch.zeros(5)}, legacy).read_bytes()
    cut = tmp_path / "cut.pth"
    for length in range(0, len(whole), 7):
        cut.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"cut\.pth"):
            read_torch(cut)


@pytest.mark.parametrize("legacy", [False, True])
def test_random_damage_raises_nothing_but_value_error(tmp_path, legacy):
    whole = written(tmp_path, lambda torch: {"a": torch.ones(3, 4), "b": torch.zeros(5)}, legacy).read_bytes()
    rng, file = np.random.default_rng(0), tmp_path / "damaged.pth"
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[rng.integers(len(whole))] = rng.integers(256)
        file.write_bytes(damaged)
        try:
            read_torch(file)
        except ValueError as error:
            assert "damaged.pth" in str(error)


def legacy(*pickles: bytes) -> bytes:
    start = [pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, {})]
    return b"".join([*start, *pickles])


def doubled(times: int) -> bytes:
    """A dict whose key is a tuple of tuples, each twice in the next one: hashing it takes 2**times steps."""
    pairs = b"".join(b"q%ch%ch%c\x86" % (n, n, n) for n in range(times))
    return b"\x80\x02})" + pairs + b"Ns."


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (doubled(60), "stands for more than 1000000 objects"),
        (b"\x80\x02Nr\x00\x00\x00\x10.", "names place 268435456 of the memo"),
        (b"\x80\x02Nr\xff\xff\xff\x7f.", "names place 2147483647 of the memo"),
        (b"\x80\x02" + b"N0" * 600_000 + b"N.", "has more than 1000000 operations"),
        (b"\x80\x02h\x05.", "asks for an object that it has not made"),
        (b"\x80\x02\x86.", "its pickle is broken"),
        (b"\x80\x02t.", "its pickle is broken"),
        (b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.", "not readable as a PyTorch state dict"),
        (b"", "not readable as a PyTorch state dict"),
    ],
)
def test_pickles_that_would_take_any_time_or_memory_are_refused(tmp_path, content, reason):
    file = tmp_path / "file.pth"
    file.write_bytes(legacy(content))
    start = time.monotonic()
    with pytest.raises(ValueError, match=reason) as error:
        read_torch(file)
    assert time.monotonic() - start < 5 and len(str(error.value)) < 700


def name(index: int) -> bytes:
    return b"X\x05\x00\x00\x00%05d" % index


def place(opcode: bytes, number: int) -> bytes:
    return opcode + struct.pack("<I", number)


# Lists that hold each other twice, filled from the top: their text has 2**60 parts, and no tuple shows it.
LISTS = b"".join(b"]q%c" % n for n in range(61)) + b"".join(b"h%c(h%ch%ce0" % (n, n + 1, n + 1) for n in range(60))
DICT, PARAMETER = b"ccollections\nOrderedDict\n", b"ctorch._utils\n_rebuild_parameter\n"
FIRST, SECOND = place(b"r", 0) + b"0", place(b"r", 1) + b"0"
CALL = place(b"j", 0) + place(b"j", 1) + b"R0"
PAIRS = b"](" + b"".join(name(n) + b"N\x86" for n in range(60_000)) + b"e"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        # One call with a hundred thousand arguments, a hundred thousand times.
        (PARAMETER + FIRST + b"(" + b"N" * 100_000 + b"t" + SECOND + CALL * 100_000 + b"N.", "that is no tensor"),
        (DICT + FIRST + PAIRS + b"\x85" + SECOND + CALL * 100_000 + b"N.", "more than 1000000 arguments"),
        # A list that grows after the tuple that holds it.
        (DICT + FIRST + b"]" + place(b"r", 2) + b"\x85" + SECOND + place(b"j", 2)
         + b"(" + (name(7) + b"N\x86") * 60_000 + b"e0" + CALL * 100_000 + b"N.", "more than 1000000 arguments"),
        # Attributes of a function.
        (DICT + FIRST + b"}" + place(b"r", 1) + b"(" + b"".join(name(n) + b"N" for n in range(60_000)) + b"u0"
         + (place(b"j", 0) + place(b"j", 1) + b"b0") * 100 + b"N.", "it changes a function"),
        # Hashing descends into tuples until the stack of the process is used up.
        (b"})" + b"\x85" * 300_000 + b"Ns.", "has a key of more than 64 objects"),
        (b"\x8f()" + b"\x85" * 300_000 + b"\x90.", "has a key of more than 64 objects"),
        (b"}()" + b"\x85" * 300_000 + b"Nu.", "has a key of more than 64 objects"),
        # Numbers of one hash make a dict a list.
        (b"}(" + b"".join(b"\x8a\x0b" + ((2**61 - 1) * n).to_bytes(11, "little") + b"N" for n in range(20_000)) + b"u.",
         "more than 10000 keys that are no names"),
        (LISTS + b"0" + b"(Vstorage\n" + FLOATS + b"h\x00NK\x04tQ.", "by something else than type, name and length"),
        (b"}" + tensor()[3:].replace(b"(I2\nI2\nt", LISTS + b"0" * 59 + b"(h\x00h\x00t"), "are no sizes"),
        (b"(Vstorage\n" + DICT + b"V0\nNK\x04tQ.", "by something else than type, name and length"),
        (PARAMETER + b"N\x85R.", "a parameter that is no tensor"),
        (DICT + b"](](NNee\x85R.", "a dict whose keys are no names"),
        (b"}." + b"\x80\x02" + LISTS + b"0h\x00.", "does not list its storages"),
    ],
    ids=range(14),
)  # fmt: skip
def test_other_pickles_that_would_take_any_time_are_refused_soon(tmp_path, content, reason):
    file = tmp_path / "file.pth"
    file.write_bytes(legacy(b"\x80\x04" + content, pickle.dumps([], 2)))
    start = time.monotonic()
    with pytest.raises(ValueError, match=reason) as error:
        read_torch(file)
    assert time.monotonic() - start < 10 and len(str(error.value)) < 300


def test_the_pairs_of_python_2_are_a_state_dict(tmp_path):
    file = zipped(tmp_path, tensor().replace(b"}Va\n", DICT + b"(](](Va\n").removesuffix(b"s.") + b"eetR.")
    np.testing.assert_array_equal(read_torch(file)["a"], [[1, 2], [3, 4]])


def test_entries_that_share_their_bytes_are_refused(tmp_path):
    content = zipped(tmp_path, tensor(), data=NUMBERS + bytes(5000)).read_bytes()
    directory, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    entries, record = content[directory:end], bytearray(content[end:])
    record[8:12] = struct.pack("<2H", 40, 40)
    record[12:16] = struct.pack("<I", 20 * len(entries))
    (tmp_path / "file.pth").write_bytes(content[:directory] + 20 * entries + record)
    with pytest.raises(ValueError, match="its zip entries have more bytes than the file|data.pkl"):
        read_torch(tmp_path / "file.pth")


def test_small_tensors_may_be_repeated_and_large_ones_not(tmp_path):
    for count, fits in ((1000, True), (10**9, False)):
        file = written(tmp_path, lambda torch, count=count: {"a": torch.ones(1).expand(count)})
        if fits:
            assert read_torch(file)["a"].shape == (count,)
        else:
            with pytest.raises(ValueError, match="its tensors have 4000000000 bytes, and the file has"):
                read_torch(file)
