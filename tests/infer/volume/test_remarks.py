"""Remarks on pages that are as they should be: pages of a PDF that were drawn smaller than their pictures."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from mangagan.images.limits import Limits
from mangagan.infer.volume.page_stages import Keep
from mangagan.infer.volume.report import PageReport, Report, VolumeReport

SMALL = Limits(pixels=15_000)
REMARK = "drawn at 100 x 149: its pictures have 120 x 180"


@pytest.fixture
def pages(tmp_path):
    """A PDF of one page that is drawn as it is, and of two that are too large."""
    pytest.importorskip("pypdfium2", reason="pypdfium2 is not installed (pip install -e '.[pdf]')")
    first, *more = (Image.fromarray(np.full(size, 90, np.uint8)) for size in ((90, 60), (180, 120), (180, 120)))
    first.save(tmp_path / "b.pdf", save_all=True, append_images=more, resolution=100)
    return tmp_path / "b.pdf"


def remarks(report):
    return {page.name: page.remark for volume in report.volumes for page in volume.pages}


def test_the_report_says_which_pages_were_drawn_smaller(tmp_path, run, redden, pages, outcomes):
    def color(page):
        return Keep("it is in colour already") if page.name == "003.png" else redden(page)

    report = run(pages, tmp_path / "out", color=color, limits=SMALL)
    assert outcomes(report) == {"001.png": "done", "002.png": "done", "003.png": "kept"} and report.exit_code == 0
    assert remarks(report) == {"001.png": "", "002.png": REMARK, "003.png": REMARK}
    _, kept, told = report.lines()
    assert kept == "  b.pdf: kept (it is in colour already): 003.png"
    assert told == f"  b.pdf: 002.png, 003.png: {REMARK}"
    report.write(tmp_path / "report.json")
    (volume,) = json.loads((tmp_path / "report.json").read_text())["volumes"]
    assert [page["remark"] for page in volume["pages"]] == ["", REMARK, REMARK]


def test_a_run_that_goes_on_repeats_the_remarks(tmp_path, run, redden, pages):
    def color(page):
        if page.name == "003.png":
            raise KeyboardInterrupt
        return redden(page)

    assert run(pages, tmp_path / "out", color=color, limits=SMALL).exit_code == 130
    assert remarks(run(pages, tmp_path / "out", limits=SMALL)) == {"001.png": "", "002.png": REMARK, "003.png": REMARK}


def test_many_remarks_are_counted():
    pages = [PageReport(f"{number}.png", "done", remark=f"drawn at {number}") for number in range(15)]
    _, *told = Report(0.0, [VolumeReport("b.pdf", "b.cbz", "done", pages=pages)]).lines()
    assert told[0] == "  b.pdf: 0.png: drawn at 0" and len(told) == 13
    assert told[-1] == "  b.pdf: 3 more remarks: --report=FILE lists them"
