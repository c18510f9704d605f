import json
import logging
import os
import shutil

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


def flip_bytes(file, count=40):
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle : middle + count] = b"\xff" * count
    file.write_bytes(content)


def largest(folder):
    return max((file for file in folder.rglob("*") if file.is_file()), key=lambda file: file.stat().st_size)


def without_digests(folder):
    """Checkpoints as an earlier version wrote them."""
    for file in folder.glob("*/sha256.json"):
        file.unlink()


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


def test_each_checkpoint_has_the_digests_of_its_files(tmp_path):
    save(tmp_path / "c", [1, 2], {1: 5.0, 2: 1.0})
    for step in ("1", "2"):
        folder = tmp_path / "c" / step
        digests = json.loads((folder / "sha256.json").read_text())
        parts = [file for name in ("default", "metrics") for file in (folder / name).rglob("*") if file.is_file()]
        assert set(digests) == {file.relative_to(folder).as_posix() for file in parts} and len(digests) > 5


def test_flipped_bytes_are_noticed(tmp_path, caplog):
    save(tmp_path / "c", [1, 2])
    file = largest(tmp_path / "c" / "2")
    flip_bytes(file)
    state = newest(tmp_path / "c")
    np.testing.assert_array_equal(state.generator.params["kernel"], a_state(1).generator.params["kernel"])
    said = [record.getMessage() for record in caplog.records if record.name == "mangagan.train.checkpoint"]
    reason = f"its file {file.relative_to(tmp_path / 'c' / '2')} was changed after it was saved"
    assert said == [f"checkpoint 2 cannot be read ({reason}); falling back to 1"]


@pytest.mark.parametrize("content", ["", "null", "{", '{"default/manifest.ocdbt": 1}', '{"default/none": "00"}'])
def test_damaged_digests_are_those_of_a_damaged_checkpoint(tmp_path, content):
    save(tmp_path / "c", [1, 2])
    (tmp_path / "c" / "2" / "sha256.json").write_text(content)
    assert int(newest(tmp_path / "c").step) == 1


def test_checkpoints_without_digests_are_read(tmp_path):
    save(tmp_path / "c", [1, 2])
    without_digests(tmp_path / "c")
    assert int(newest(tmp_path / "c").step) == 2
    os.truncate(tmp_path / "c" / "2" / "default" / "manifest.ocdbt", 0)
    assert int(newest(tmp_path / "c").step) == 1


STRAY = {
    "without its state": lambda folder: shutil.rmtree(folder / "3" / "default"),
    "empty": lambda folder: (folder / "99").mkdir(),
    "beyond all numbers": lambda folder: (folder / str(10**30)).mkdir(),
    "a copy of another step": lambda folder: shutil.copytree(folder / "2", folder / "99"),
    "without metrics": lambda folder: shutil.rmtree(folder / "3" / "metrics"),
}


@pytest.mark.parametrize("digests", [True, False])
@pytest.mark.parametrize("stray", STRAY)
def test_a_folder_that_is_no_checkpoint_does_not_hide_the_sound_ones(tmp_path, stray, digests):
    save(tmp_path / "c", [1, 2, 3], {1: 5.0, 2: 4.0, 3: 3.0})
    if not digests:
        without_digests(tmp_path / "c")
    STRAY[stray](tmp_path / "c")
    step = 2 if "3" in stray or stray == "without its state" or (stray == "without metrics" and digests) else 3
    before = sorted(tmp_path.rglob("*"))
    assert int(newest(tmp_path / "c", reading=True).step) == step
    assert sorted(tmp_path.rglob("*")) == before
    assert int(newest(tmp_path / "c").step) == step
    # The next checkpoints are kept: what was set aside is the newest no more.
    save(tmp_path / "c", [4], {4: 9.0})
    assert int(newest(tmp_path / "c").step) == 4


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"null", b"[1]", b'{"difference": "low"}', b"{}"])
def test_damaged_metrics_leave_a_checkpoint_of_an_earlier_version_readable(tmp_path, content):
    save(tmp_path / "c", [1, 2], {1: 5.0, 2: 4.0})
    without_digests(tmp_path / "c")
    (tmp_path / "c" / "2" / "metrics" / "metrics").write_bytes(content)
    assert int(newest(tmp_path / "c").step) == 2
    save(tmp_path / "c", [3, 4], {3: 6.0, 4: 7.0}, keep_last=1)
    # The best whose metrics are known, and the last.
    assert sorted(entry.name for entry in (tmp_path / "c").iterdir()) == ["1", "4"]
