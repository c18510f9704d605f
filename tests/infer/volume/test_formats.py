"""Volumes whose pages are converted, or must not have more than some bytes."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from mangagan.images.encode import Quality
from mangagan.infer.volume.page_stages import Keep


@pytest.mark.parametrize(("source", "output"), [("JPEG", "new.png"), ("PNG", "new.jpeg"), ("GIF", "new.webp")])
def test_the_suffix_of_the_output_decides(tmp_path, run, gray_page, files, source, output):
    page = tmp_path / f"page.{source.lower()}"
    page.write_bytes(gray_page(1, source))
    for color in (None, lambda page: Keep("in colour")):
        folder = tmp_path / f"{output}-{bool(color)}"
        report = run(page, folder / output, **({"color": color} if color else {}))
        assert report.exit_code == 0 and list(files(folder)) == [output]
        expected = {"new.png": "PNG", "new.jpeg": "JPEG", "new.webp": "WEBP"}[output]
        assert Image.open(folder / output).format == expected
        assert run(page, folder / output).volumes[0].pages[0].outcome == "exists"


def test_all_pages_are_converted_and_none_is_lost(tmp_path, run, archive, gray_page, members, redden):
    pages = {
        "1.png": gray_page(1),
        "1.jpg": gray_page(2, "JPEG"),
        "2.tif": gray_page(3, "TIFF"),
        "3.gif": gray_page(4, "GIF"),
        "4.jpeg": gray_page(5, "JPEG"),
    }

    def color(page):
        return Keep("in colour") if page.name in ("2.tif", "4.jpeg") else redden(page)

    source = archive(tmp_path / "v.cbz", pages)
    report = run(source, tmp_path / "out", color=color, quality=Quality(format="JPEG"))
    made = members(tmp_path / "out/v.cbz")
    assert list(made) == ["1.png.jpg", "1.jpg", "2.jpg", "3.jpg", "4.jpeg", "ComicInfo.xml"] and report.exit_code == 0
    assert all(Image.open(io.BytesIO(made[name])).format == "JPEG" for name in made if name != "ComicInfo.xml")
    assert made["4.jpeg"] == pages["4.jpeg"]


def test_a_volume_gets_no_more_than_its_bytes(tmp_path, run, archive, gray_page):
    pages = {f"{number}.jpg": gray_page(number, "JPEG", (160, 224), quality=98) for number in range(4)}
    source = archive(tmp_path / "v.cbz", pages)
    run(source, tmp_path / "whole")
    most = (tmp_path / "whole/v.cbz").stat().st_size // 2
    run(source, tmp_path / "small", max_bytes=most)
    assert (tmp_path / "small/v.cbz").stat().st_size < most + 2000
