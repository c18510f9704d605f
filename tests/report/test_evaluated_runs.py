"""Runs are found and named, and must have one task, one protocol and the same pages."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mangagan.evaluate.result import read_result, result_file, write_result
from mangagan.report.comparison import compare_runs
from mangagan.report.evaluated_runs import open_runs


def test_a_run_is_read_with_its_settings_environment_and_log(made_run):
    (run,) = open_runs([made_run("a")])
    assert run.name == "a" and len(run.result.pages) == 16
    assert run.settings["task.generator"] == "UNet" and run.environment["devices"] == ["cpu"]
    assert run.log[-1] == {"step": 300, "evaluation/ciede2000": 11.0, "evaluation/ciede2000_input": 14.0}


def test_an_incomplete_last_line_of_a_log_is_left_out(made_run):
    folder = made_run("a")
    with (folder / "metrics.jsonl").open("a") as lines:
        lines.write('{"step": 350, "loss')
    assert open_runs([folder])[0].log[-1]["step"] == 300


def test_names_are_as_long_as_needed(made_run):
    assert [run.name for run in open_runs([made_run("x/base"), made_run("y/base")])] == ["x/base", "y/base"]


def test_two_results_in_one_folder_are_named_by_their_files(made_run, tmp_path):
    (tmp_path / "peers").mkdir()
    files = [tmp_path / "peers" / f"{name}.json" for name in "ab"]
    for file in files:
        write_result(file, read_result(result_file(made_run(file.stem), "256")))
    assert [run.name for run in open_runs(files)] == ["a", "b"]


def test_two_results_of_one_run_have_different_names(made_run):
    file = result_file(made_run("a"), "256")
    before = file.with_name("256-before.json")
    result = read_result(file)
    worse = tuple(replace(page, metrics=page.metrics | {"ciede2000": 99.0}) for page in result.pages)
    write_result(before, replace(result, pages=worse))
    runs = open_runs([file, before])
    assert [run.name for run in runs] == ["a/256", "a/256-before"]
    (comparison,) = compare_runs(runs)
    summaries = comparison.summaries
    assert summaries["a/256-before"]["ciede2000"].mean == 99 and summaries["a/256"]["ciede2000"].mean < 20
    assert [run.name for run in open_runs([file.parent.parent, before])] == ["a", "a/256-before"]
    # A third run does not change the names of the two.
    assert [run.name for run in open_runs([file, before, made_run("b")])] == ["a/256", "a/256-before", "b"]


def test_results_with_the_same_name_are_refused(made_run, tmp_path):
    file = result_file(made_run("a"), "256")
    beside = tmp_path / "a" / "256.json"
    write_result(beside, read_result(file))
    with pytest.raises(ValueError, match="256.json and .*256.json would both be called .*a/256; rename one of them"):
        open_runs([file, beside])


def test_a_result_of_another_program_needs_no_run(made_run, tmp_path):
    file = result_file(made_run("a"), "256")
    (tmp_path / "peer").mkdir()
    alone = tmp_path / "peer" / "256.json"
    write_result(alone, read_result(file))
    for place in (alone, alone.parent):
        run, peer = open_runs([made_run("b"), place])
        assert peer.name == "peer" and peer.settings == {} and not peer.log
        assert len(peer.result.pages) == len(run.result.pages)


def test_the_preferred_protocol_that_all_runs_have_is_chosen(made_run):
    a, b = made_run("a"), made_run("b")
    for folder, name in ((a, "native"), (a, "512x800"), (b, "512x800")):
        result = read_result(result_file(folder, "256"))
        write_result(result_file(folder, name), replace(result, protocol=result.protocol | {"name": name}))
    assert [run.result.protocol["name"] for run in open_runs([a, b])] == ["512x800"] * 2
    assert [run.result.protocol["name"] for run in open_runs([a, b], "256")] == ["256"] * 2
    assert open_runs([a])[0].result.protocol["name"] == "native"


def test_evaluations_on_other_data_are_separate_protocols(made_run, tmp_path):
    a, b = made_run("a"), made_run("b")
    for folder in (a, b):
        result = read_result(result_file(folder, "256"))
        changed = replace(result, protocol=result.protocol | {"data": "unseen:36"})
        write_result(result_file(folder, "256", "unseen:36"), changed)
    for asked, data in (("256-unseen-36", "unseen:36"), (None, "folder:pages")):
        assert {run.result.protocol["data"] for run in open_runs([a, b], asked)} == {data}
    result_file(a, "256").unlink()
    assert open_runs([a, b])[1].file.name == "256-unseen-36.json"
    named = [run.name for run in open_runs([result_file(folder, "256", "unseen:36") for folder in (a, b)])]
    assert named == ["a", "b"]
    mixed = open_runs([result_file(a, "256", "unseen:36"), made_run("c", protocol=changed.protocol | {"name": "256"})])
    assert [run.name for run in mixed] == ["a", "c"]
    result_file(b, "256", "unseen:36").unlink()
    with pytest.raises(ValueError, match=r"256-unseen-36; it has 256. Make one with\n.* --protocol=256 --data=\.\.\."):
        open_runs([a, b], "256-unseen-36")


def test_a_run_without_evaluation_names_the_command_that_makes_one(made_run, tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "experiment.json").write_text("{}")
    with pytest.raises(ValueError, match=f"mangagan evaluate --checkpoint={bare} --protocol=256"):
        open_runs([made_run("a"), bare])
    with pytest.raises(ValueError, match="has no evaluation by the protocol native; it has 256. Make one with"):
        open_runs([made_run("b")], "native")


def test_runs_of_different_tasks_are_refused(made_run):
    message = "a and b are of different tasks .colorize and denoise.; compare runs of one task"
    with pytest.raises(ValueError, match=message):
        open_runs([made_run("a"), made_run("b", task="denoise")])


def test_different_protocols_are_refused_with_what_differs(made_run):
    a, b = made_run("a"), made_run("b", protocol={"data": "folder:others", "size": [128, 128]})
    with pytest.raises(ValueError) as wrong:
        open_runs([a, b])
    assert "a and b were evaluated by different protocols" in str(wrong.value)
    assert "data: folder:pages in a, folder:others in b" in str(wrong.value)
    assert "size: [256, 256] in a, [128, 128] in b" in str(wrong.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [("nowhere", "there is no such folder"), ("empty", "is no run"), ("run", "is named twice")],
)
def test_wrong_places_are_refused(made_run, tmp_path, name, message):
    (tmp_path / "empty").mkdir()
    run = made_run("run")
    with pytest.raises(ValueError, match=message):
        open_runs([run, tmp_path / name])


def test_a_run_and_its_own_result_are_one(made_run):
    run = made_run("run")
    with pytest.raises(ValueError, match="256.json is named twice"):
        open_runs([run, result_file(run, "256")])


def test_a_file_that_is_no_result_is_refused(made_run, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "other.json").write_text(json.dumps({"step": 1}))
    with pytest.raises(ValueError, match="is no result of mangagan evaluate"):
        open_runs([made_run("a"), tmp_path / "other.json"])


def test_a_result_without_pages_is_refused(made_run):
    folder = made_run("a")
    file = result_file(folder, "256")
    write_result(file, replace(read_result(file), pages=(), skipped={"w/1.png": "broken"}))
    with pytest.raises(ValueError, match="has no evaluated page; 1 were skipped"):
        open_runs([folder])


def test_pages_of_only_one_of_two_runs_are_named(made_run):
    a, b = made_run("a", protocol={"sha256": "1234"}), made_run("b", protocol={"sha256": "5678"})
    file = result_file(b, "256")
    result = read_result(file)
    for change, message in (
        ({"pages": result.pages[1:], "skipped": {"w0/0.png": "broken"}}, "b was not evaluated: w0/0.png (broken)"),
        ({"pages": result.pages}, "pages: their names are the same, but their pictures or works differ"),
        (
            {"pages": tuple(replace(page, name=f"x{page.name}") for page in result.pages)},
            "evaluated: w0/0.png, w0/1.png, w1/",
        ),
    ):
        write_result(file, replace(result, **change))
        with pytest.raises(ValueError, match="evaluated by different protocols") as wrong:
            open_runs([a, b])
        assert message in str(wrong.value) and "1234" not in str(wrong.value)
    assert (
        "on which a was not evaluated: xw0/0.png" in str(wrong.value)
        and max(map(len, str(wrong.value).split("\n"))) < 420
    )
