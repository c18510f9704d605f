import json
import re

import pytest

from mangagan.sweep.findings import find
from mangagan.sweep.sweep_table import markdown, write_tables

BASE = {"a": [10.0, 10.2], "b": [10.4, 10.4], "c": [11.0, 11.2]}
BETTER = {work: [value - 2 for value in values] for work, values in BASE.items()} | {"a": [8.01, 8.2]}


@pytest.fixture
def findings(planned, judged):
    plan = planned(["base", "better", "gone"], baseline="base")
    cost = {"parameters": 1234567, "seconds_per_page": 0.123}
    results = {"base": {0: judged(BASE, cost=cost)}, "better": {0: judged(BETTER, cost=cost)}, "gone": {}}
    return find(plan, results)


def test_the_table_says_what_was_found(findings):
    lines = markdown(findings).splitlines()
    assert lines[0] == "# a sweep"
    assert "6 pages of 3 works held out of comics:20, evaluated by protocol 256. One seed, 0:" in lines[2]
    assert "| run | seeds | CIEDE2000\u00a0↓ | parameters |" in lines
    base = findings.rows[0].metrics["ciede2000"]
    assert f"| base | 1 | 10.53 [{base.low:.2f}, {base.high:.2f}] | 1,234,567 |" in lines and base.low < 10 < base.high
    assert any(line.startswith("| better | 1 | **8.5") for line in lines)
    assert any(line.startswith("1 of 1 differences (CIEDE2000) are significant at 5%") for line in lines)
    assert any(line.startswith("- CIEDE2000: `better` is better than `base`: -2.0") for line in lines)
    assert any(line.startswith("These pages are of 3 works") for line in lines) and lines[-1] == "- 003-gone-seed0"


def test_a_difference_is_told_from_the_better_side(planned, judged):
    plan = planned(["base", "worse"], baseline="base")
    text = markdown(find(plan, {"base": {0: judged(BETTER)}, "worse": {0: judged(BASE)}}))
    assert "`base` is better than `worse`: -2.00 [-2.0" in text


def test_several_seeds_are_said_with_half_their_interval(planned, judged):
    plan = planned(["base"], seeds=(0, 1))
    text = markdown(find(plan, {"base": {0: judged(BASE), 1: judged(BETTER)}}))
    assert "Seeds 0, 1: means over pages and seeds" in text
    assert "| base | 2 | 9.53 ± 12.7" in text


def test_a_row_of_fewer_seeds_has_no_interval_and_is_not_the_best(planned, judged):
    plan = planned(["base", "late", "other"], seeds=(0, 1))
    both = {0: judged(BASE), 1: judged(BASE)}
    text = markdown(
        find(plan, {"base": both, "late": {0: judged(BETTER)}, "other": {0: judged(BETTER), 1: judged(BASE)}})
    )
    assert re.search(r"\| late \| 1 \| 8\.5\d \| - \|", text) and "| other | 2 | **9.53** ±" in text


def test_what_was_shown_is_said(planned, judged):
    protocol = {"name": "training", "window": 640, "size": [96, 96]}
    result = judged(
        BASE, protocol=protocol, metrics={"psnr_input": 19.18, "ciede2000_input": 14.706, "colorfulness_truth": 50.0}
    )
    text = markdown(find(planned(["base"]), {"base": {0: result}}))
    assert "evaluated by protocol training, in crops of 640 pixels scaled to 96. One seed" in text
    assert "## Input: grey\n" in text and "The bare input has PSNR (RGB) 19.18 dB, CIEDE2000 14.71." in text
    assert "Colourfulness of the truth: 50.00." in text
    assert "## Input: damaged\n" in markdown(find(planned(["a"]), {"a": {0: judged(BASE, kind="damaged")}}))


def test_where_pages_come_from_is_printed_to_the_letter(planned, judged):
    text = markdown(find(planned(["base"]), {"base": {0: judged(BASE, data="folder:a`b_*c*")}}))
    assert "held out of folder:a\\`b\\_\\*c\\*, evaluated" in text


def test_what_cannot_be_compared_says_why(planned, judged):
    plan = planned(["base", "other"], baseline="base")
    text = markdown(find(plan, {"base": {0: judged(BASE)}, "other": {0: judged(BETTER, name="odd", data="films")}}))
    assert "| other* |" in text and "**" not in text
    assert "\\* other is not compared: data: films in odd, comics:20 in run." in text


def test_the_same_findings_give_the_same_files_without_times(findings, tmp_path):
    first = write_tables(tmp_path, findings)
    written = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert first.name == "table.md" and set(written) == {"table.md", "table.json"}
    assert write_tables(tmp_path, findings) == first
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == written
    assert b"seconds" not in written["table.json"]
    content = json.loads(written["table.json"])
    assert content["rows"][0]["metrics"]["ciede2000"]["mean"] == pytest.approx(10.5333, abs=1e-4)
    assert content["differences"]["gray"][0]["significant"] is True and content["missing"] == ["003-gone-seed0"]


def test_a_sweep_without_results_says_so(planned):
    text = markdown(find(planned(["base"]), {"base": {}}))
    assert "No run has a result yet." in text and "- 001-base-seed0" in text
