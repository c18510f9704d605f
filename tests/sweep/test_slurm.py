"""Jobs through submitit's local executor, which takes Slurm's place on one machine."""

import io
import json

import pytest

from mangagan import experiments
from mangagan.evaluate.protocol import Protocol
from mangagan.evaluate.result import write_result
from mangagan.overrides import override
from mangagan.sweep import slurm
from mangagan.sweep.job import run_result_file
from mangagan.sweep.slurm import Job, on_slurm
from mangagan.sweep.sweep_plan import claim, make_plan
from mangagan.sweep.sweep_progress import Progress

submitit = pytest.importorskip("submitit", reason="submitit is not installed (pip install -e '.[slurm]')")


def test_jobs_are_waited_for_and_one_that_fails_does_not_stop_the_rest(tmp_path, judged, monkeypatch):
    base = experiments.load("pix2pix_manga:debug")
    chosen = {"lost": override(base, {"data.source": "folder:/nowhere"}), "done": base}
    plan = make_plan("x", chosen, 1, Protocol("256"))
    claim(tmp_path, plan)
    write_result(run_result_file(tmp_path, plan, plan.run(2)), judged({"a": [1.0]}))
    told = io.StringIO()
    progress = Progress(tmp_path, plan, set(), told)
    monkeypatch.setattr(slurm, "EVERY_SECONDS", 0.1)
    on_slurm({"timeout_min": 5}, cluster="local")(tmp_path, plan.runs, progress)
    assert list(progress.failed) == ["001-lost-seed0"]
    assert "ValueError" in progress.failed["001-lost-seed0"] and "/nowhere" in progress.failed["001-lost-seed0"]
    assert "run 2 of 2, 002-done-seed0 done" in told.getvalue()
    assert set(json.loads((tmp_path / "jobs" / "ids.json").read_text())) == {"001-lost-seed0", "002-done-seed0"}


@pytest.fixture
def stopping(tmp_path, monkeypatch):
    """A job whose run is stopped at each of some steps, and then done."""
    plan = make_plan("x", {"base": experiments.load("pix2pix_manga:debug")}, 1, Protocol("256"))
    claim(tmp_path, plan)

    def made(*steps):
        left = list(steps)

        def execute_run(folder, number):
            if left:
                (folder / plan.run(number).name / "checkpoints" / str(left.pop(0))).mkdir(parents=True, exist_ok=True)
                return False
            return True

        monkeypatch.setattr(slurm, "execute_run", execute_run)
        return Job(str(tmp_path), 1)

    return made


def test_a_preempted_job_goes_on_until_its_run_is_done_and_is_queued_again(stopping):
    job = stopping(1, 5)
    job()
    assert job.checkpoint().function is job


def test_a_job_that_does_not_get_on_ends(stopping):
    with pytest.raises(RuntimeError, match="makes no progress: it stopped again at step 5"):
        stopping(1, 5, 5, 6)()


def test_jobs_that_the_cluster_still_has_are_not_sent_again(tmp_path, planned, monkeypatch):
    class Known:
        def __init__(self, folder, job_id):
            self.state = {"7": "RUNNING", "8": "CANCELLED by 0"}[job_id]

    monkeypatch.setattr(submitit, "SlurmJob", Known)
    plan = planned(["running", "cancelled", "new"])
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "ids.json").write_text(json.dumps({"001-running-seed0": "7", "002-cancelled-seed0": "8"}))
    assert [slurm._earlier(tmp_path, run, "slurm") is not None for run in plan.runs] == [True, False, False]
    assert slurm._earlier(tmp_path, plan.run(1), "local") is None


def test_options_that_there_are_not_are_refused_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="Slurm: .*no_such_option"):
        on_slurm({"no_such_option": 1}, cluster="local")
    on_slurm({"timeout_min": 5}, cluster="local")
    assert not list(tmp_path.iterdir())
