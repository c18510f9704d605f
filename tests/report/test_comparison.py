"""Runs are compared separately for each kind of input, and the legend says what the numbers are."""

from __future__ import annotations

from mangagan.evaluate.statistics.bootstrap import summarize
from mangagan.report.comparison import compare_runs, legend_text, protocol_text
from mangagan.report.evaluated_runs import open_runs
from mangagan.report.text import mark, to_html, to_markdown


def test_each_kind_of_input_is_compared_by_itself(made_run):
    runs = open_runs([made_run(name, kinds=("gray", "bw"), worse=worse) for name, worse in (("a", 0), ("b", 1))])
    gray, bw = compare_runs(runs)
    assert gray.title == "Input: grey" and bw.title == "Input: ink and tones"
    assert gray.summaries["a"]["psnr"].pages == bw.summaries["a"]["psnr"].pages == 16


def test_baselines_that_runs_share_are_listed_once(restorers):
    first, second = compare_runs(restorers)
    assert (first.title, second.title) == ("Input: 1-10 %", "Input: 10-20 %")
    assert list(first.baselines) == ["mean colour", "small, coarse", "large, coarse"]
    scores = restorers[0].result.scores("1-10 %", "coarse")
    assert first.baselines["small, coarse"]["psnr"] == summarize(scores.works("psnr"))


def test_the_legend_names_what_is_missing(made_run):
    (run,) = open_runs([made_run("a", skipped={"x": "broken"}, left_out={"lpips_alex": "no weights"})])
    text = legend_text([run])
    assert "mean over 16 pages of 8 works" in text
    assert "a skipped 1 page." in text and "Not measured: LPIPS (Alex) (no weights)." in text
    protocol = to_markdown(protocol_text(run))
    assert protocol == "Evaluated by the protocol **256**: data folder:pages; size 256, 256; seed 0."


def test_marked_names_are_bold_and_escaped():
    assert to_html(f"{mark('<a>')} & b") == "<strong>&lt;a&gt;</strong> &amp; b"
    assert to_markdown(f"{mark('a_b')} & b") == "**a_b** & b"
