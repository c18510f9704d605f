from __future__ import annotations

import pytest

from mangagan.images.archive_names import decode_names, safe_name
from mangagan.images.errors import UnusableFile
from mangagan.images.names import work_name


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
    with pytest.raises(UnusableFile, match="its name|it has no name"):
        safe_name(name)


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("utf-8", ["第1話/001.jpg", "é.png"]),
        ("cp932", ["第1話/001.jpg", "表紙.png"]),
        ("cp932", ["ドラゴン 01.png"]),
        ("cp437", ["Pokémon.png", "König für.png", "señor.png"]),
        ("gbk", ["海贼王 第01卷/封面.jpg", "海贼王 第01卷/001.jpg"]),
        ("gbk", ["进击的巨人.png"]),
        ("cp949", ["원피스 1권/표지.jpg"]),
        ("cp949", ["나루토.png", "진격의 거인.png"]),
        ("big5", ["海賊王 第一話/封面.jpg", "進擊的巨人.png"]),
        ("cp932", ["進撃の巨人 第1巻/表紙.jpg", "漫画.png"]),
        ("cp437", ["Astérix à l'école.png", "Übermut.png", "¡Qué niño!.png"]),
        ("ascii", ["a.png"]),
    ],
)
def test_encodings_are_recognised(encoding, names):
    assert decode_names([name.encode(encoding) for name in names]) == names
