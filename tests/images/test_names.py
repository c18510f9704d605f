from __future__ import annotations

from mangagan.images.names import natural_key, picture_name, printable, unicode_name


def test_natural_order():
    assert sorted(["p10.png", "p2.png", "P1.png", "a/2.png", "a/10.png"], key=natural_key) == [
        "a/2.png",
        "a/10.png",
        "P1.png",
        "p2.png",
        "p10.png",
    ]


def test_gifs_are_renamed_without_a_clash():
    assert picture_name("a/b.GIF", ["a/b.GIF"]) == "a/b.png"
    assert picture_name("b.gif", ["b.gif", "b.png"]) == "b.gif.png"
    pages = ["b.gif", "b.GIF", "b.Gif", "c.gif", "c.png", "c.gif.png", "d.gif"]
    assert len({picture_name(page, pages) for page in pages}) == len(pages)
    assert picture_name("d.gif", pages) == "d.png" and picture_name("c.gif", pages) == "c.gif.png.png"
    assert picture_name("b.jpg", ["b.jpg"]) == "b.jpg"


def test_undecodable_names_are_printable():
    name = b"\x91\xe6 \xe7\xac\xac.png".decode("utf-8", "surrogateescape")
    assert printable(name) == "\\udc91\\udce6 第.png" and unicode_name(name) == "%91%E6 第.png"
