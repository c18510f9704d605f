"""Results that come back from their file as they were written, and files that are something else."""

import json
from dataclasses import replace

import pytest

from mangagan.evaluate.result import (
    PageMetrics,
    PagePictures,
    Result,
    check_replaceable,
    protocol_differences,
    read_result,
    result_file,
    write_result,
)

PAGES = (
    PageMetrics("a/0.png", "a", "gray", {"psnr": 20.0, "ink": 1.0}),
    PageMetrics("a/0.png", "a", "bw", {"psnr": 10.0}),
    PageMetrics("b/0.png", "b", "gray", {"psnr": 24.0}),
    PageMetrics("b/1.png", "b", "gray", {"psnr": 25.0}),
)
RESULT = Result(
    "run",
    {"name": "256", "data": "folder:x", "works": ["a", "b"], "size": [256, 256], "seed": 3},
    PAGES,
    {"gray": {"vfd": 3.5}},
    {"parameters": 10, "seconds_per_page": 0.5},
    {"c/0.png": "the file is empty"},
    {"fid": "no weights"},
    (PagePictures("a/0.png", "a", "gray", "best", "i.jpg", "o.jpg", "t.jpg"),),
)


def test_a_result_comes_back_as_it_was_written(tmp_path):
    file = result_file(tmp_path / "run", "256")
    assert file == tmp_path / "run" / "evaluation" / "256.json"
    assert result_file(tmp_path, "native", "folder:/x/my pages").name == "native-folder-x-my-pages.json"
    write_result(file, RESULT)
    assert read_result(file) == RESULT
    summary = json.loads(file.read_text())["summary"]
    assert list(summary) == ["gray", "bw"]
    assert summary["gray"]["psnr"]["mean"] == 23 and summary["gray"]["psnr"]["title"] == "PSNR (RGB), dB"
    assert summary["gray"]["psnr"]["pages"] == 3 and summary["bw"]["psnr"]["high"] is None
    write_result(file, replace(RESULT, name="other"))
    assert read_result(file).name == "other" and list(file.parent.iterdir()) == [file]


def test_scores_are_of_one_kind():
    assert RESULT.kinds == ("gray", "bw")
    gray = RESULT.scores("gray").works("psnr")
    assert gray.names == ("a", "b") and gray.count.tolist() == [1, 2] and gray.total.tolist() == [20, 49]
    assert RESULT.scores("bw").works("psnr").count.tolist() == [1]
    assert RESULT.scores("gray").metrics == ("psnr", "ink")
    with pytest.raises(ValueError, match="run has no page of kind 'bw'; there are gray"):
        replace(RESULT, pages=PAGES[:1]).scores("bw")


def test_only_a_result_by_the_same_protocol_may_be_replaced(tmp_path):
    file = tmp_path / "256.json"
    check_replaceable(file, RESULT.protocol)
    write_result(file, RESULT)
    check_replaceable(file, RESULT.protocol)
    with pytest.raises(ValueError, match="256.json holds an evaluation that differs in seed, window: it is kept; cho"):
        check_replaceable(file, RESULT.protocol | {"seed": 4, "window": 9})
    file.write_text("notes")
    with pytest.raises(ValueError, match="256.json is no result"):
        check_replaceable(file, RESULT.protocol)


def test_protocols_that_differ():
    assert protocol_differences(RESULT, replace(RESULT, name="other")) == []
    other = replace(RESULT, name="other", protocol={**RESULT.protocol, "seed": 4, "window": 9})
    assert protocol_differences(RESULT, other) == ["seed: 3 in run, 4 in other", "window: None in run, 9 in other"]


def test_the_same_pages_may_come_from_places_that_are_written_in_other_ways():
    here, there = (
        replace(RESULT, protocol=RESULT.protocol | {"data": data, "sha256": "12"})
        for data in ("folder:x", "folder:./x")
    )
    assert protocol_differences(here, there) == []
    others = replace(there, protocol=there.protocol | {"sha256": "34"})
    assert [line.partition(":")[0] for line in protocol_differences(here, others)] == ["data", "sha256"]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"name": "x", "pages": [], "pictures": [{}]}', "\xff"])
def test_other_files_are_refused(tmp_path, content):
    file = tmp_path / "x.json"
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(ValueError, match=r"x.json is no result of mangagan evaluate"):
        read_result(file)


def test_no_file_says_who_writes_it(tmp_path):
    with pytest.raises(ValueError, match=r"there is no evaluation .*x.json; mangagan evaluate writes it"):
        read_result(tmp_path / "x.json")


def test_a_figure_that_is_no_number_is_never_written(tmp_path):
    with pytest.raises(ValueError, match="are its pixels finite"):
        write_result(
            tmp_path / "x.json", replace(RESULT, pages=(PageMetrics("a", "a", "gray", {"psnr": float("nan")}),))
        )
    assert not list(tmp_path.iterdir())
