"""Archives that are damaged, hostile or just unusual."""

from __future__ import annotations

import struct
import zipfile
import zlib

import pytest

from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits
from mangagan.images.open_volume import open_volume


def patched(file, old: bytes, new: bytes, count: int = -1):
    data = file.read_bytes()
    assert old in data and len(old) == len(new)
    file.write_bytes(data.replace(old, new, count))
    return file


def names(volume) -> list[str]:
    return [member.name for member in volume.members]


def test_members_come_in_the_order_of_the_archive(book):
    with open_volume(book)(Limits()) as volume:
        assert names(volume) == ["p10.png", "p2.png", "sub/p1.jpg", "a.txt"]
        assert [member.is_page for member in volume.members] == [True, True, True, False]
        assert volume.members[3].load() == b"hello" and not volume.left_out


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_packing_method_of_zip(tmp_path, archive, gray_page, method):
    page = gray_page(kind="BMP")
    with open_volume(archive(tmp_path / "b.zip", {"p.bmp": page}, method))(Limits()) as volume:
        assert volume.members[0].load() == page


def test_names_that_lead_out_are_left_out(tmp_path, archive):
    bad = ["../up.png", "/root.png", "C:\\win.png", "..\\back.png"]
    file = archive(tmp_path / "b.cbz", {name: b"x" for name in [*bad, "ok\\p1.png"]})
    with open_volume(file)(Limits()) as volume:
        assert names(volume) == ["ok/p1.png"]
        assert [name for name, _ in volume.left_out] == bad
        assert all("leads out" in reason for _, reason in volume.left_out)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_last_of_equal_names_counts(tmp_path, archive):
    file = archive(tmp_path / "b.cbz", [("p.png", b"one"), ("./p.png", b"two"), ("p.png", b"three")])
    with open_volume(file)(Limits()) as volume:
        assert [member.load() for member in volume.members] == [b"three"]
        assert [name for name, _ in volume.left_out] == ["p.png", "p.png"]


def test_japanese_names_without_a_mark(tmp_path, archive):
    file = archive(tmp_path / "b.cbz", {"XXXXXX01.png": b"x"})
    patched(file, b"XXXXXX", "第一話".encode("cp932"))
    with open_volume(file)(Limits()) as volume:
        assert names(volume) == ["第一話01.png"] and volume.members[0].load() == b"x"


def test_resource_forks_and_hidden_pictures_are_no_pages(tmp_path, archive):
    file = archive(tmp_path / "b.cbz", {"__MACOSX/._p.png": b"x", ".thumb.png": b"x", "p.png": b"x"})
    with open_volume(file)(Limits()) as volume:
        assert [member.name for member in volume.members if member.is_page] == ["p.png"]
        assert len(volume.members) == 3


def test_encrypted_members_say_so(tmp_path, archive):
    file = archive(tmp_path / "b.cbz", {"p.png": b"x" * 50, "q.png": b"open"})
    data = bytearray(file.read_bytes())
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(mark) + at] |= 1
    file.write_bytes(data)
    with open_volume(file)(Limits()) as volume:
        with pytest.raises(UnusableFile, match="encrypted"):
            volume.members[0].load()
        assert volume.members[1].load() == b"open"


def test_bombs_are_told_by_what_they_declare(tmp_path, archive):
    file = archive(tmp_path / "b.cbz", {"p.png": bytes(20_000_000)}, zipfile.ZIP_DEFLATED)
    with open_volume(file)(Limits()) as volume, pytest.raises(UnusableFile, match="archive bomb"):
        volume.members[0].load()
    with open_volume(file)(Limits(member_bytes=1000)) as volume, pytest.raises(UnusableFile, match="the limit of 1000"):
        volume.members[0].load()
    with pytest.raises(UnusableFile, match="unpacks to 20000000 bytes"), open_volume(file)(Limits(volume_bytes=10**7)):
        pass


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_bombs_that_lie_are_cut_off(tmp_path, archive, method):
    size = 20_000_000
    file = archive(tmp_path / "b.cbz", {"p.png": bytes(size)}, method)
    patched(file, struct.pack("<I", size), struct.pack("<I", 1000))
    with open_volume(file)(Limits()) as volume, pytest.raises(UnusableFile, match="cannot be unpacked|does not unpack"):
        volume.members[0].load()


def test_too_many_members(tmp_path, archive):
    file = archive(tmp_path / "b.cbz", {f"{n}.png": b"" for n in range(20)})
    with (
        pytest.raises(UnusableFile, match="20 members, more than the limit of 19"),
        open_volume(file)(Limits(members=19)),
    ):
        pass


@pytest.mark.parametrize("damage", ["cut", "content", "nothing", "missing"])
def test_damaged_archives(tmp_path, archive, damage):
    file = archive(tmp_path / "b.cbz", {"p.png": b"some content", "q.png": b"whole"})
    if damage == "content":
        with open_volume(patched(file, b"some", b"same"))(Limits()) as volume:
            with pytest.raises(UnusableFile, match="CRC"):
                volume.members[0].load()
            assert volume.members[1].load() == b"whole"
        return
    data = {"cut": file.read_bytes()[:-30], "nothing": b""}.get(damage)
    file.unlink() if data is None else file.write_bytes(data)
    with pytest.raises(UnusableFile, match="not a readable ZIP|damaged|No such file"), open_volume(file)(Limits()):
        pass


def test_a_cbr_that_is_a_zip(book):
    with open_volume(book.rename(book.with_suffix(".cbr")))(Limits()) as volume:
        assert len(volume.members) == 4


def test_rar_in_natural_order(tmp_path, rar, gray_page):
    pytest.importorskip("rarfile", reason="rarfile is not installed (pip install -e '.[rar]')")
    page = gray_page()
    file = tmp_path / "b.cbz"  # as many a CBZ is
    file.write_bytes(rar({"p10.png": page, "../p3.png": b"x", "p2.png": b"two"}))
    with open_volume(file)(Limits()) as volume:
        assert names(volume) == ["p2.png", "p10.png"] and volume.members[1].load() == page
        assert [name for name, _ in volume.left_out] == ["../p3.png"]
    file.write_bytes(file.read_bytes().replace(b"two", b"tow"))
    with open_volume(file)(Limits()) as volume, pytest.raises(UnusableFile, match="cannot be unpacked"):
        volume.members[0].load()


def test_packed_rar_without_an_unpacker(tmp_path, rar, monkeypatch):
    rarfile = pytest.importorskip("rarfile", reason="rarfile is not installed (pip install -e '.[rar]')")
    file = tmp_path / "b.cbr"
    data = rar({"p.png": b"x"})
    at = data.index(b"p.png") - 7
    assert data[at] == 0x30
    head = data.index(b"\x74\0\x80") - 2
    packed = bytearray(data)
    packed[at] = 0x33
    size = struct.unpack_from("<H", packed, head + 5)[0]
    struct.pack_into("<H", packed, head, zlib.crc32(packed[head + 2 : head + size]) & 0xFFFF)
    file.write_bytes(packed)

    def nothing(*_, **__):
        raise rarfile.RarCannotExec("no tool")

    monkeypatch.setattr(rarfile, "tool_setup", nothing)
    with pytest.raises(UnusableFile, match="needs one of unrar"), open_volume(file)(Limits()):
        pass


def test_names_that_claim_to_be_utf_8_and_are_not(tmp_path, archive):
    members = {"aa\u00e9.txt": b"text", "bb\u00e9.txt": b"more"}
    file = archive(tmp_path / "b.zip", members)
    # The same names in Shift-JIS, with the flag of UTF-8 in the directory and before each member.
    for name in ("aa", "bb"):
        patched(file, f"{name}\u00e9.txt".encode(), f"{name}\u9801.txt".encode("cp932"))
    with open_volume(file)(Limits()) as volume:
        assert names(volume) == ["aa\u9801.txt", "bb\u9801.txt"]
        assert [member.load() for member in volume.members] == [b"text", b"more"]


def test_a_directory_that_is_too_large_is_refused_before_it_is_parsed(tmp_path, archive, monkeypatch):
    file = archive(tmp_path / "b.zip", {f"{number}.txt": b"" for number in range(30)})
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("the directory is parsed"))
    with pytest.raises(UnusableFile, match="has 30 members, more than the limit of 20"):
        with open_volume(file)(Limits(members=20)):
            pass
    end = file.read_bytes()[-22:]
    huge = struct.pack("<L", 2**31)
    patched(file, end, end[:12] + huge + end[16:])
    with pytest.raises(UnusableFile, match="has a directory of 2147483648 bytes, too many for 100 members"):
        with open_volume(file)(Limits(members=100)):
            pass
