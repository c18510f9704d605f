import logging
import os

import jax.numpy as jnp
import numpy as np
import pytest

from mangagan.tasks.base import Variables
from mangagan.train.checkpoint import Checkpoints
from mangagan.train.state import NetState, TrainState


def a_state(step):
    import jax

    weights = jnp.asarray(np.random.default_rng(step).normal(size=(64, 1024)), jnp.float32)
    net = NetState({"kernel": weights}, {}, (weights,))
    return TrainState(jnp.asarray(step), jax.random.key(step), net, net, Variables({"kernel": weights}, {}), ())


def save(folder, steps, figures=None, keep_last=3, keep_best="difference"):
    checkpoints = Checkpoints(folder, keep_last, keep_best)
    for step in steps:
        checkpoints.save(step, a_state(step), figures and {keep_best: figures[step]})
    checkpoints.close()


def newest(folder, **options):
    import jax

    checkpoints = Checkpoints(folder, 3, "difference", **options)
    sharding = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    like = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding), a_state(0))
    try:
        return checkpoints.restore_newest(like)
    finally:
        checkpoints.close()


def test_a_restored_state_is_bit_identical(tmp_path):
    save(tmp_path / "c", [1, 2])
    state = newest(tmp_path / "c")
    assert int(state.step) == 2
    np.testing.assert_array_equal(state.generator.params["kernel"], a_state(2).generator.params["kernel"])
    assert (state.key == a_state(2).key).all()


def test_the_last_and_the_best_are_kept_also_after_a_restart(tmp_path):
    figures = {1: 5.0, 2: 1.0, 3: 4.0, 4: 3.0, 5: 3.5, 6: 2.0}
    save(tmp_path / "c", [1, 2, 3], figures, keep_last=1)
    save(tmp_path / "c", [4, 5, 6], figures, keep_last=1)
    assert sorted(entry.name for entry in (tmp_path / "c").iterdir()) == ["2", "6"]


def test_the_highest_psnr_is_the_best_also_after_a_restart(tmp_path):
    figures = {1: 20.0, 2: 31.0, 3: 28.0, 4: 30.5, 5: 29.0}
    save(tmp_path / "c", [1, 2, 3], figures, keep_last=1, keep_best="evaluation/psnr")
    save(tmp_path / "c", [4, 5], figures, keep_last=1, keep_best="evaluation/psnr")
    assert sorted(entry.name for entry in (tmp_path / "c").iterdir()) == ["2", "5"]


@pytest.mark.parametrize("damage", ["halved", "emptied", "removed"])
@pytest.mark.parametrize("part", ["manifest.ocdbt", "_METADATA", "largest"])
def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before(tmp_path, caplog, damage, part):
    save(tmp_path / "c", [1, 2])
    files = [file for file in (tmp_path / "c" / "2").rglob("*") if file.is_file()]
    named = [file for file in files if file.name == part and file.parent.name == "default"]
    file = named[0] if named else max(files, key=lambda file: file.stat().st_size)
    if damage == "removed":
        file.unlink()
    else:
        os.truncate(file, file.stat().st_size // 2 if damage == "halved" else 0)
    with caplog.at_level(logging.WARNING):
        state = newest(tmp_path / "c")
    assert int(state.step) == 1
    assert "checkpoint 2 cannot be read" in caplog.text and "falling back" in caplog.text
    assert (tmp_path / "unreadable-2").is_dir()  # set aside, not thrown away


def test_without_checkpoints_there_is_no_state_and_without_a_readable_one_an_error(tmp_path):
    assert newest(tmp_path / "c") is None
    save(tmp_path / "c", [1])
    os.truncate(tmp_path / "c" / "1" / "default" / "manifest.ocdbt", 0)
    for _ in range(2):  # nothing was moved: the next start is told the same
        with pytest.raises(ValueError, match="none of the checkpoints"):
            newest(tmp_path / "c")
    assert (tmp_path / "c" / "1").is_dir()


def test_reading_does_not_change_the_folder(tmp_path):
    save(tmp_path / "c", [1, 2])
    os.truncate(tmp_path / "c" / "2" / "default" / "manifest.ocdbt", 0)
    # What a run that is under way has begun to write.
    (tmp_path / "c" / "3.orbax-checkpoint-tmp").mkdir()
    before = sorted(tmp_path.rglob("*"))
    assert int(newest(tmp_path / "c", reading=True).step) == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_checkpoints_that_were_set_aside_before_are_kept(tmp_path):
    (tmp_path / "unreadable-2").mkdir()
    save(tmp_path / "c", [1, 2])
    os.truncate(tmp_path / "c" / "2" / "default" / "manifest.ocdbt", 0)
    assert int(newest(tmp_path / "c").step) == 1
    assert not list((tmp_path / "unreadable-2").iterdir()) and (tmp_path / "unreadable-2-2").is_dir()
