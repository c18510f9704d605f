"""What a run uses of its pages, said and noted."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from mangagan.data.archive.archive import Archive, open_archive
from mangagan.data.settings import Data
from mangagan.data.stream.batches import batches
from mangagan.data.stream.page_use import page_use

DATA = Data(size=16, window=512, workers=0)


@pytest.fixture(scope="module")
def small(tmp_path_factory, write_pages, map_page) -> Archive:
    """Six pages of 96 x 80 (h w)."""
    folder = tmp_path_factory.mktemp("small")
    write_pages(folder / "pages", {f"w{n}/1.png": map_page(n) for n in range(6)})
    return open_archive(f"folder:{folder / 'pages'}", cache=folder, progress=False)


def warnings_of(caplog, data: Data, archive: Archive, **options) -> list[str]:
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        batches(data, archive, split="train", seed=0, **options).close()
    return caplog.messages


def test_crops_without_jitter_are_told_with_the_window_to_set(small, caplog):
    assert warnings_of(caplog, DATA, small) == [
        "the median page is 80 x 96 pixels, and data.window=512 takes all of its shorter side: its crops have no "
        "jitter; set data.window=72"
    ]
    assert len(warnings_of(caplog, replace(DATA, window=89), small)) == 1
    # Some of the crops are smaller than the page.
    for data in (replace(DATA, window=88), replace(DATA, octaves=3), replace(DATA, window=80, jitter=0.0)):
        assert warnings_of(caplog, data, small) == []
    assert warnings_of(caplog, DATA, small, augment=False) == []
    assert warnings_of(caplog, replace(DATA, batch_size=2), small, process=(1, 2)) == []


@pytest.mark.parametrize(("window", "crop"), [(512, 80), (80, 80), (40, 40)])
def test_the_side_of_the_crops_is_noted(small, window, crop):
    assert page_use(replace(DATA, window=window), small).crop == crop


def test_a_source_that_is_used_whole_needs_no_line(small):
    use = page_use(DATA, small)
    assert (use.used, use.total, use.skipped, use.unit) == (6, 6, 0, "pages") and use.line("folder:x") is None


def test_pairs_that_do_not_fit_are_counted(tmp_path, write_pages, map_page):
    pages = [map_page(n) for n in range(10)]
    gray = [page[..., 0] for page in pages]
    write_pages(tmp_path / "color", {f"{n:02}.png": pages[n] for n in range(10)})
    fitting = {f"{n:02}.png": gray[n] for n in range(5)}
    other = {"05.png": gray[5][:60], "06.png": gray[6][:60], "07_bw.png": gray[7], "8.png": gray[8], "9.png": gray[9]}
    write_pages(tmp_path / "bw", fitting | other)
    source = f"pairs:{tmp_path / 'bw'},{tmp_path / 'color'}"
    archive = open_archive(source, cache=tmp_path / "cache", progress=False)
    use = page_use(replace(DATA, input="bw"), archive)
    assert use.line("pairs:bw,color") == (
        "5 of 10 pairs are used, 8 files were skipped; `mangagan prepare --source=pairs:bw,color` shows why"
    )
    assert use.record() == {"used": 5, "total": 10, "skipped": 8, "unit": "pairs", "crop": 80}


def test_gray_pages_without_colour_are_not_used(tmp_path, write_pages, map_page):
    pages = {f"w{n}/1.png": map_page(n) for n in range(4)}
    folder = write_pages(tmp_path / "in", pages | {"w1/gray.png": map_page(1)[..., 0]})
    archive = open_archive(f"folder:{folder}", cache=tmp_path, progress=False)
    assert page_use(DATA, archive).line("folder:x").startswith("4 of 5 pages are used, 0 files were skipped")
    # Unpaired inputs may be grey.
    assert page_use(replace(DATA, paired=False), archive).line("folder:x") is None
