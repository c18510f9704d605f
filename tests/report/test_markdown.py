"""The Markdown has one row for each run, and names in it stay text."""

from __future__ import annotations

import re

from mangagan.report.comparison import compare_runs
from mangagan.report.markdown import render_markdown


def test_markdown_has_metrics_significant_differences_and_costs(three):
    text = render_markdown(three, compare_runs(three))
    assert text.startswith("<!-- made by launch/compare.py -->\n\nEvaluated by the protocol **256**")
    header, _, first = text.partition("| run |")[2].splitlines()[:3]
    assert "CIEDE2000\u00a0↓" in header and "colourfulness" not in header and first.startswith("| first | **")
    assert (
        "Its lead over all others is statistically significant." in text
        and "- **first** is better than **second** in" in text
    )
    assert "| training throughput (median) | 20.0 pictures/s | 20.0 pictures/s | 20.0 pictures/s |" in text
    assert "<" not in text.removeprefix("<!--")


def test_hostile_names_stay_text_in_markdown(hostile, evil_text):
    text = render_markdown(hostile, compare_runs(hostile))
    ours = text.replace("<!-- made by launch/compare.py -->", "")
    assert not re.search(r"(?<!\\)<", ours) and evil_text not in text
    assert r"**b & \*c\* \| \&lt; [d\](e)**" in text
    for table in re.findall(r"(?:^\|.*\n)+", text, flags=re.M):
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1


def test_markdown_compares_restorers_with_their_baselines(restorers):
    text = render_markdown(restorers, compare_runs(restorers))
    assert "### Input: 1-10 %" in text and "### Input: 10-20 %" in text
    assert "**large** has the best PSNR (RGB)" in text and "- **large** is better than **small** in PSNR" in text
    assert text.count("Baselines:") == 2 and text.count("| mean colour |") == 2 and "| small, coarse |" in text
