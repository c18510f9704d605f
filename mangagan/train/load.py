"""What training has left, for those who use it: a run's folder or a model's."""

from __future__ import annotations

from pathlib import Path

from mangagan.config import Experiment
from mangagan.pretrained.model_folder import CONFIG, load_model
from mangagan.pretrained.shipped import check_shipped
from mangagan.tasks.base import Variables


def load_trained(folder: Path) -> tuple[Experiment, Variables]:
    """The experiment and the generator's (averaged) variables of a run's folder, or of a model's.

    Raises ValueError where the folder is neither, or is not whole.
    """
    check_shipped(folder)
    if (folder / CONFIG).is_file():
        return load_model(folder)
    if (folder / "experiment.json").is_file():
        # What reads checkpoints takes seconds to import, and who colours a page with a model waits for it.
        from mangagan.train.runs import load_run

        return load_run(folder)
    raise ValueError(f"{folder} is neither a run (no experiment.json) nor a model (no {CONFIG})")
