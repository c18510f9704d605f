import json
import os
import subprocess
import sys

import pytest

from mangagan.train.experiment_file import read_experiment
from mangagan.train.run_environment import check_data, record_start
from mangagan.train.workdir import check, claimed, saved_steps

DESCRIPTION = {"train.seed": 0, "train.steps": 5, "data.source": "folder:a"}
HOLDER = """
import sys
from pathlib import Path
from mangagan.train.workdir import claimed

with claimed(Path(sys.argv[1]), {"x": 1}, "auto"):
    print("held", flush=True)
    input()
"""


def test_a_run_is_continued_only_with_the_pages_that_it_was_trained_on(tmp_path):
    check_data(tmp_path, "a1")  # nothing is known yet
    record_start(tmp_path, "a1", 0)
    with (tmp_path / "environment.jsonl").open("a") as lines:
        lines.write('{"time": "cut sho')
    check_data(tmp_path, "a1")
    with pytest.raises(ValueError, match="was a1 and is now b2"):
        check_data(tmp_path, "b2")


def test_a_line_after_one_that_was_cut_is_a_line_of_its_own(tmp_path):
    (tmp_path / "environment.jsonl").write_text('{"data": "c3"}\n{"time": "cut sho')
    record_start(tmp_path, "a1", 0)
    lines = (tmp_path / "environment.jsonl").read_text().splitlines()
    assert len(lines) == 3 and json.loads(lines[2])["data"] == "a1"


def test_pages_by_another_path_are_known_by_their_fingerprint(tmp_path):
    with pytest.raises(ValueError, match="environment.jsonl does not say which pages .* data.source=folder:a"):
        check_data(tmp_path, "a1", moved="folder:a")
    record_start(tmp_path, "a1", 0)
    check_data(tmp_path, "a1", moved="folder:a")
    with pytest.raises(ValueError, match="was a1 and is now b2"):
        check_data(tmp_path, "b2", moved="folder:a")


@pytest.mark.parametrize("content", [b"null\n", b"\xff\xfe{\n", b'{"data": 5}\n', b"[[[[\n"])
def test_a_damaged_record_of_the_starts_is_named(tmp_path, content, caplog):
    (tmp_path / "environment.jsonl").write_bytes(content)
    check_data(tmp_path, "a1")
    assert f"{tmp_path / 'environment.jsonl'} is damaged" in caplog.text
    with pytest.raises(ValueError, match="environment.jsonl does not say"):
        check_data(tmp_path, "a1", moved="folder:a")


def recorded(folder, content):
    folder.mkdir(exist_ok=True)
    (folder / "experiment.json").write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return folder


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"[1]", b"{", b"\xff", b"[" * 5000, b'"text"', {"train.steps": {"a": 1}}, {"data.source": ["x"]}],
)
def test_a_damaged_experiment_is_one_line_with_the_remedy(tmp_path, content):
    for read in (lambda run: check(run, DESCRIPTION, "auto"), read_experiment):
        with pytest.raises(ValueError, match="experiment.json is damaged: .*; bring back a copy of it, or") as raised:
            read(recorded(tmp_path, content))
        assert len(str(raised.value).splitlines()) == 1


def test_a_key_of_no_version_is_named_with_the_file(tmp_path):
    with pytest.raises(ValueError, match=r"experiment\.json: train\.stpes: Train has no 'stpes'"):
        read_experiment(recorded(tmp_path, {"train.stpes": 5}))


def test_length_and_place_of_the_pages_are_not_compared_here(tmp_path):
    run = recorded(tmp_path, {"x": 1, "train.steps": 5, "train.epochs": 2, "data.source": "folder:a", "train.seed": 0})
    check(run, {"x": 1, "train.steps": 9, "train.epochs": 1, "data.source": "folder:b", "train.seed": 0}, "auto")
    with pytest.raises(ValueError, match=r"train\.init_from=.* differs in train\.seed: 0 -> 1$"):
        check(run, {"x": 1, "train.seed": 1, "train.steps": 9}, "auto")
    many = {f"key{number:02}": 1 for number in range(50)}
    with pytest.raises(ValueError, match="key07: absent -> 1 and 43 more$"):
        check(run, {"train.seed": 0} | many, "auto")


def test_odd_names_are_no_checkpoints(tmp_path):
    for name in ("12", "3", "-5", "4.orbax-checkpoint-tmp", "\u00b2", "\u0663", "notes"):
        (tmp_path / "checkpoints" / name).mkdir(parents=True)
    (tmp_path / "checkpoints" / "99").write_text("no folder")
    assert saved_steps(tmp_path) == [3, 12] and saved_steps(tmp_path / "none") == []


def test_one_process_at_a_time_trains_in_a_folder_and_its_death_frees_it(tmp_path):
    run = tmp_path / "run"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(run)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        assert os.listdir(run) and json.loads((run / "experiment.json").read_text()) == {"x": 1}
        with pytest.raises(ValueError, match=f"another process trains in {run}"), claimed(run, {"x": 1}, "auto"):
            pass
    finally:
        holder.kill()
        holder.communicate()
    with claimed(run, {"x": 1}, "auto"):
        # In one process, too.
        with pytest.raises(ValueError, match=f"another process trains in {run}"), claimed(run, {"x": 1}, "auto"):
            pass
    with claimed(run, {"x": 1}, "auto"):
        pass


def test_a_folder_that_is_not_taken_is_free_again(tmp_path):
    run = recorded(tmp_path / "run", {"train.seed": 0})
    for _ in range(2):
        with pytest.raises(ValueError, match="holds another experiment"), claimed(run, {"train.seed": 1}, "auto"):
            pass
    assert json.loads((run / "experiment.json").read_text()) == {"train.seed": 0}
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(ValueError, match="holds files and is no run"), claimed(tmp_path, {"x": 1}, "auto"):
        pass
