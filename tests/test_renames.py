"""Runs, models and command lines with former names still work, and each former name is reported once."""

import json

import pytest

from mangagan import experiments
from mangagan.overrides import describe, override
from mangagan.renames import CLASSES, KEYS, renamed
from mangagan.train.workdir import check


def former(description):
    """The description as it was written before the renames."""
    keys, classes = ({new: old for old, new in table.items()} for table in (KEYS, CLASSES))
    return {
        keys.get(key, key): classes.get(value, value) if isinstance(value, str) else value
        for key, value in description.items()
    }


@pytest.mark.parametrize("name", experiments.names())
def test_a_description_with_former_names_builds_the_same_experiment(name, tmp_path):
    description = describe(experiments.load(name))
    written = former(description)
    assert written != description
    assert override(experiments.load(name), written) == experiments.load(name)
    # The folder of such a run is accepted by the experiment as it is now.
    (tmp_path / "experiment.json").write_text(json.dumps(written))
    check(tmp_path, description, "auto")


def test_each_former_name_is_reported_in_one_line(caplog):
    changes = {"task": "Steered", "task.own_statistics": "true", "task.l1": 1.0}
    assert renamed(changes) == {"task": "PaletteGuided", "task.batch_stats_at_test": "true", "task.l1": 1.0}
    assert caplog.messages == [
        "task=Steered is now called task=PaletteGuided",
        "task.own_statistics is now called task.batch_stats_at_test",
    ]


def test_present_names_are_kept_without_a_word(caplog):
    changes = {"task": "PaletteGuided", "task.stability.discriminator_start_step": 3}
    assert renamed(changes) == changes and not caplog.messages
