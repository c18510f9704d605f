"""Files of kept pictures have names that any file system holds, one for each page."""

import numpy as np
import pytest
from PIL import Image

from mangagan.evaluate.colorization.evaluation_pages import Page
from mangagan.evaluate.colorization.samples import SampleCollector, file_stem
from mangagan.evaluate.result import PageMetrics

NAMES = ["a/b__c.png", "a__b/c.png", "漫画" * 60 + "/1.png", "漫画" * 60 + "/2.png", "\udcff/1.png", "A/b__c.png"]


def offered(album, name, kind="gray"):
    shade = 20 + 30 * NAMES.index(name)
    pixels = np.full((8, 8, 3), shade, np.uint8)
    page = Page(name, "w", kind, np.zeros((8, 8, 1), np.float32), pixels)
    album.offer(page, PageMetrics(name, "w", kind, {"ciede2000": float(shade)}), pixels)
    return shade


def test_names_are_short_and_no_two_pages_share_one():
    names = {f"{file_stem(name)}.output.jpg".lower() for name in NAMES}
    assert len(names) == len(NAMES) and max(len(name.encode()) for name in names) < 255
    assert file_stem("E01/P02.png").startswith("E01__P02.png-")


def test_each_page_has_its_own_pictures(tmp_path):
    album = SampleCollector([(name, "gray") for name in NAMES])
    shades = {name: offered(album, name) for name in NAMES}
    kept = album.write(tmp_path / "kept")
    assert {page.name for page in kept if page.why == "spread"} == set(NAMES)
    for page in kept:
        assert np.asarray(Image.open(tmp_path / page.output))[0, 0, 0] == pytest.approx(shades[page.name], abs=2)
    assert not list(tmp_path.rglob("*.part"))
