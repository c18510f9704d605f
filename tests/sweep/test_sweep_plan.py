import json
from dataclasses import dataclass, replace

import pytest

from mangagan import experiments
from mangagan.evaluate.protocol import Protocol
from mangagan.overrides import override
from mangagan.sweep.sweep_plan import PLAN, build, claim, make_plan, read_plan
from mangagan.tasks.paired import Paired

BASE = experiments.load("pix2pix_manga:debug")
L1_ONLY = override(BASE, experiments.ablations("pix2pix_manga")["l1_only"])


def plan_of(seeds=2, pages=None, **changes):
    chosen = {"base": override(BASE, changes), "l1_only": override(L1_ONLY, changes)}
    return make_plan("pix2pix", chosen, seeds, Protocol("256", pages=pages), "base")


def test_runs_are_numbered_seed_by_seed_and_build_their_experiments():
    plan = plan_of()
    assert [run.name for run in plan.runs] == [
        "001-base-seed0",
        "002-l1_only-seed0",
        "003-base-seed1",
        "004-l1_only-seed1",
    ]
    assert (plan.labels, plan.seeds) == (("base", "l1_only"), (0, 1))
    assert build(plan.run(4)) == replace(L1_ONLY, train=replace(L1_ONLY.train, seed=1))
    assert plan.run(1).steps == 2
    with pytest.raises(ValueError, match="no run 5; there are 1 to 4"):
        plan.run(5)


def test_seeds_count_from_the_experiments_own():
    assert plan_of(**{"train.seed": 7}).seeds == (7, 8)


def test_a_plan_comes_back_from_its_folder_and_the_same_one_is_taken_again(tmp_path):
    folder, plan = tmp_path / "a" / "sweep", plan_of(pages=3)
    claim(folder, plan)
    written = (folder / PLAN).read_bytes()
    assert read_plan(folder) == plan
    claim(folder, plan_of(pages=3))
    assert (folder / PLAN).read_bytes() == written


@pytest.mark.parametrize(
    "asked, differs",
    [
        ({"seeds": 1}, "003-base-seed1: only in the folder"),
        ({"seeds": 3}, "005-base-seed2: only in the new plan"),
        ({"train.steps": 3}, "002-l1_only-seed0 train.steps: 2 -> 3"),
        ({"pages": 9}, "protocol.pages: None -> 9"),
    ],
)
def test_another_plan_is_refused_with_what_differs(tmp_path, asked, differs):
    claim(tmp_path, plan_of())
    with pytest.raises(ValueError, match="holds another sweep; choose another --output") as error:
        claim(tmp_path, plan_of(**asked))
    assert differs in str(error.value)


def test_files_that_are_no_sweep_are_left_alone(tmp_path):
    (tmp_path / "holiday.txt").write_text("beach")
    with pytest.raises(ValueError, match="holds files that are no sweep"):
        claim(tmp_path, plan_of())
    assert [file.name for file in tmp_path.iterdir()] == ["holiday.txt"]


def test_a_folder_without_a_plan_or_with_half_of_one_is_named(tmp_path):
    with pytest.raises(ValueError, match="is no sweep: it has no sweep.json"):
        read_plan(tmp_path)
    (tmp_path / PLAN).write_text(json.dumps({"title": "half"}))
    with pytest.raises(ValueError, match="sweep.json cannot be read"):
        read_plan(tmp_path)


@dataclass(frozen=True)
class Mine(Paired):
    """A task that only its writer has."""


@pytest.mark.parametrize(
    "chosen, complaint",
    [
        ({"a/b": BASE}, "'a/b' names a folder"),
        ({"one": BASE, "two": BASE}, "two is the same experiment as one"),
        ({"mine": replace(BASE, task=Mine())}, "mine: a run of a sweep is built from its values alone.*'Mine'"),
    ],
)
def test_labels_that_cannot_be_runs_are_refused(chosen, complaint):
    with pytest.raises(ValueError, match=complaint):
        make_plan("x", chosen, 1, Protocol("256"))


def test_no_seed_is_refused():
    with pytest.raises(ValueError, match="seeds=0: must be at least 1"):
        plan_of(seeds=0)
