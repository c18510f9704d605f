from __future__ import annotations

import pytest

from mangagan.images.decode import Unusable
from mangagan.images.names import decode_names, picture_name, printable, safe_name, unicode_name, work_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a/b.png", "a/b.png"),
        ("./a//b.png", "a/b.png"),
        ("ch 1\\p1.png", "ch 1/p1.png"),
        ("..a/b..png", "..a/b..png"),
        (".hidden/my.coloring/p.png", ".hidden/my.coloring/p.png"),
        ("Part 2: End/第1話.jpg", "Part 2: End/第1話.jpg"),
    ],
)
def test_safe_names(name, safe):
    assert safe_name(name) == safe


@pytest.mark.parametrize(
    "name",
    ["/etc/x.png", "../x.png", "a/../../x.png", "..\\x.png", "a\\..\\..\\x", "C:\\x.png", "c:x.png", "\\\\host\\s\\x"]
    + ["", ".", "a\0b.png", "a\nb.png", "\x1b[2Jx.png", "\ud800.png", "x" * 1025]
    + [".pages.coloring/1.png", "a\\.Kite.cbz.COLORING. /lock", work_name("x")],
)
def test_unsafe_names(name):
    with pytest.raises(Unusable, match="its name|it has no name"):
        safe_name(name)


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("utf-8", ["第1話/001.jpg", "é.png"]),
        ("cp932", ["第1話/001.jpg", "表紙.png"]),
        ("cp932", ["ドラゴン 01.png"]),
        ("cp437", ["Pokémon.png", "König für.png", "señor.png"]),
        ("ascii", ["a.png"]),
    ],
)
def test_encodings_are_told_apart(encoding, names):
    assert decode_names([name.encode(encoding) for name in names]) == names


def test_gifs_are_renamed_without_a_clash():
    assert picture_name("a/b.GIF", ["a/b.GIF"]) == "a/b.png"
    assert picture_name("b.gif", ["b.gif", "b.png"]) == "b.gif.png"
    pages = ["b.gif", "b.GIF", "b.Gif", "c.gif", "c.png", "c.gif.png", "d.gif"]
    assert len({picture_name(page, pages) for page in pages}) == len(pages)
    assert picture_name("d.gif", pages) == "d.png" and picture_name("c.gif", pages) == "c.gif.png.png"
    assert picture_name("b.jpg", ["b.jpg"]) == "b.jpg"


def test_names_of_disk_that_are_no_unicode_are_printable():
    name = b"\x91\xe6 \xe7\xac\xac.png".decode("utf-8", "surrogateescape")
    assert printable(name) == "\\udc91\\udce6 第.png" and unicode_name(name) == "%91%E6 第.png"
