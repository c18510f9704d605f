import jax
import numpy as np
import pytest
from PIL import Image

from mangagan import experiments
from mangagan.interop.reference.state_dicts import load_reference, save_reference
from mangagan.overrides import override
from mangagan.pretrained.model_folder import save_model
from mangagan.train.devices import make_mesh
from mangagan.train.init_from import begin, initial_variables
from mangagan.train.program import build_program
from mangagan.train.runs import load_run


def state_of(experiment):
    return build_program(experiment, make_mesh(), steps_per_epoch=1, frozen={}).init()


def same(tree, other):
    return all(jax.tree.leaves(jax.tree.map(lambda a, b: bool((a == b).all()), tree, other)))


@pytest.fixture(scope="module")
def run(pages, tmp_path_factory):
    from mangagan.cli.train import main

    folder = tmp_path_factory.mktemp("start") / "run"
    assert main(["--exp=pix2pix_manga:debug", f"data.source=folder:{pages}", f"--workdir={folder}"]) == 0
    return folder


def test_a_run_is_loaded_from_its_folder(run, pages):
    experiment, variables = load_run(run)
    assert experiment == override(experiments.load("pix2pix_manga:debug"), {"data.source": f"folder:{pages}"})
    assert not same(variables, state_of(experiment).ema)
    # The pages are smaller than the window, which their crops tell.
    assert experiment.data.crop == min(Image.open(next(pages.rglob("*.png"))).size) < experiment.data.window


def test_a_run_is_initialized_from_another_run(run):
    experiment, variables = load_run(run)
    later = override(experiment, {"train.init_from": str(run), "train.seed": 1})
    state = begin(later, state_of(later))
    assert same(state.generator.variables, variables) and same(state.ema, variables)
    assert not same(state.generator.params, state_of(later).generator.params)
    assert begin(experiment, state_of(experiment)).step == 0


def test_a_run_is_initialized_from_a_model(run, tmp_path):
    experiment, variables = load_run(run)
    save_model(tmp_path / "model", experiment, variables)
    later = override(experiment, {"train.init_from": str(tmp_path / "model"), "train.seed": 1})
    assert same(begin(later, state_of(later)).generator.variables, variables)


def test_a_run_without_checkpoint_is_named(run, tmp_path):
    (tmp_path / "experiment.json").write_bytes((run / "experiment.json").read_bytes())
    with pytest.raises(ValueError, match="has no checkpoint yet"):
        load_run(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["experiment.json"]


def test_variables_that_do_not_fit_are_named(run):
    other = override(
        experiments.load("pix2pix_manga:debug"), {"train.init_from": str(run), "task.generator.features": 8}
    )
    with pytest.raises(ValueError, match="train.init_from=.*missing, surplus or of another shape"):
        begin(other, state_of(other))


def test_variables_that_do_not_fit_leave_the_folder_free(run, pages, tmp_path, capsys):
    from mangagan.cli.train import main

    command = ["--exp=pix2pix_manga:debug", f"data.source=folder:{pages}", f"--workdir={tmp_path / 'new'}"]
    assert main([*command, f"train.init_from={run}", "task.generator.features=8"]) == 2
    assert "train.init_from=" in capsys.readouterr().err and not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "start, message", [("no/such/run", "is neither a run"), ("siggraph17:no.pth", "there is no file")]
)
def test_a_missing_run_or_file_is_named(start, message):
    experiment = override(experiments.load("siggraph17_manga:debug"), {"train.init_from": start})
    with pytest.raises(ValueError, match=message):
        begin(experiment, state_of(experiment))


@pytest.mark.slow
def test_siggraph17_is_initialized_from_published_weights(tmp_path, untrained):
    experiment, ours = untrained(
        "siggraph17_manga:debug", {"task.generator.features": 64, "task.generator.classes": 529}
    )
    file = tmp_path / "siggraph17.safetensors"
    save_reference(file, "siggraph17", {"params": ours.params, "batch_stats": ours.stats})
    assert same(load_reference(file, "siggraph17")[1]["params"], ours.params)
    later = override(
        experiment, {"train.init_from": f"siggraph17:{file}", "train.seed": 1, "task.generator.classes": 0}
    )
    program = build_program(later, make_mesh(), steps_per_epoch=1, frozen={})
    params = initial_variables(later, program.abstract_state).params
    np.testing.assert_array_equal(params["ab_head"]["kernel"], ours.params["ab_head"]["kernel"])
    assert "class_head" not in params
