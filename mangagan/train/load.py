"""Load a trained generator from the folder of a run or of a model."""

from __future__ import annotations

from pathlib import Path

from mangagan.config import Experiment
from mangagan.pretrained import check_shipped
from mangagan.pretrained.model_folder import CONFIG, load_model
from mangagan.tasks.base import Variables


def load_trained(folder: Path) -> tuple[Experiment, Variables]:
    """Return the experiment and the generator's variables, for a run those of its moving average.

    Args:
        folder: The folder of a run or of a model.

    Raises:
        ValueError: The folder is neither, or is incomplete.
    """
    check_shipped(folder)
    if (folder / CONFIG).is_file():
        return load_model(folder)
    if (folder / "experiment.json").is_file():
        # Orbax takes seconds to import, and a model does not need it.
        from mangagan.train.runs import load_run

        return load_run(folder)
    raise ValueError(f"{folder} is neither a run (no experiment.json) nor a model (no {CONFIG})")
