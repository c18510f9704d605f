"""Runs for commands, without any training."""

import pytest

from mangagan.train import load as trained


@pytest.fixture(scope="module")
def named():
    """A dictionary of runs, which commands find by its keys in place of folders."""
    load_trained, runs = trained.load_trained, {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trained, "load_trained", lambda folder: runs.get(str(folder)) or load_trained(folder))
        yield runs
