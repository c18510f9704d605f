import jax
import numpy as np
import pytest

import experiments
from mangagan.interop.reference.state_dicts import load_reference, save_reference
from mangagan.overrides import override
from mangagan.pretrained.model_folder import save_model
from mangagan.train.devices import make_mesh
from mangagan.train.init_from import begin
from mangagan.train.program import build_program
from mangagan.train.runs import load_run


def state_of(experiment):
    return build_program(experiment, make_mesh(), steps_per_epoch=1, frozen={}).init()


def same(tree, other):
    return all(jax.tree.leaves(jax.tree.map(lambda a, b: bool((a == b).all()), tree, other)))


@pytest.fixture(scope="module")
def run(pages, tmp_path_factory):
    from launch.run import main

    folder = tmp_path_factory.mktemp("start") / "run"
    assert main(["--exp=pix2pix_manga:debug", f"data.source=folder:{pages}", f"--workdir={folder}"]) == 0
    return folder


def test_a_run_comes_back_from_its_folder(run, pages):
    experiment, variables = load_run(run)
    assert experiment == override(experiments.load("pix2pix_manga:debug"), {"data.source": f"folder:{pages}"})
    assert not same(variables, state_of(experiment).ema)


def test_a_run_begins_where_another_ended(run):
    experiment, variables = load_run(run)
    later = override(experiment, {"train.start": str(run), "train.seed": 1})
    state = begin(later, state_of(later))
    assert same(state.generator.variables, variables) and same(state.ema, variables)
    assert not same(state.generator.params, state_of(later).generator.params)
    assert begin(experiment, state_of(experiment)).step == 0


def test_a_run_begins_with_a_model(run, tmp_path):
    experiment, variables = load_run(run)
    save_model(tmp_path / "model", experiment, variables)
    later = override(experiment, {"train.start": str(tmp_path / "model"), "train.seed": 1})
    assert same(begin(later, state_of(later)).generator.variables, variables)


def test_a_run_without_checkpoint_is_named(run, tmp_path):
    (tmp_path / "experiment.json").write_bytes((run / "experiment.json").read_bytes())
    with pytest.raises(ValueError, match="has no checkpoint yet"):
        load_run(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["experiment.json"]


def test_what_does_not_fit_is_named(run):
    other = override(experiments.load("pix2pix_manga:debug"), {"train.start": str(run), "task.generator.features": 8})
    with pytest.raises(ValueError, match="train.start=.*missing, surplus or of another shape"):
        begin(other, state_of(other))


def test_a_start_that_does_not_fit_leaves_the_folder_free(run, pages, tmp_path, capsys):
    from launch.run import main

    command = ["--exp=pix2pix_manga:debug", f"data.source=folder:{pages}", f"--workdir={tmp_path / 'new'}"]
    assert main([*command, f"train.start={run}", "task.generator.features=8"]) == 2
    assert "train.start=" in capsys.readouterr().err and not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "start, message", [("no/such/run", "is neither a run"), ("siggraph17:no.pth", "there is no file")]
)
def test_what_is_not_there_is_named(start, message):
    experiment = override(experiments.load("siggraph17_manga:debug"), {"train.start": start})
    with pytest.raises(ValueError, match=message):
        begin(experiment, state_of(experiment))


@pytest.mark.slow
def test_published_weights_begin_siggraph17(tmp_path):
    experiment = override(
        experiments.load("siggraph17_manga:debug"), {"task.generator.features": 64, "task.generator.classes": 529}
    )
    ours = state_of(experiment).generator.variables
    file = tmp_path / "siggraph17.safetensors"
    save_reference(file, "siggraph17", {"params": ours.params, "batch_stats": ours.stats})
    assert same(load_reference(file, "siggraph17")[1]["params"], ours.params)
    later = override(experiment, {"train.start": f"siggraph17:{file}", "train.seed": 1, "task.generator.classes": 0})
    begun = begin(later, state_of(later)).generator.params
    np.testing.assert_array_equal(begun["ab_head"]["kernel"], ours.params["ab_head"]["kernel"])
