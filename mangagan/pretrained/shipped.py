"""The model that the package has, under the name `base`."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

NAME = "base"
SHIPPED = Path(str(files("mangagan.pretrained"))) / NAME


def checkpoint(text: str) -> Path:
    """The run, model or file that a checkpoint's name stands for.

    `base` is always the model that ships, whatever lies in the working folder: what a command does without a word
    should not depend on that. A folder of this name is given by a path, as `./base`.
    """
    return SHIPPED if text == NAME else Path(text)


def check_shipped(folder: Path) -> None:
    """Raises ValueError where the folder is the shipped model's, and the model is not in it."""
    if folder == SHIPPED and not all((folder / name).is_file() for name in ("config.json", "model.safetensors")):
        raise ValueError(
            f"this copy of mangagan lacks its model {NAME!r}: install it again, or name the folder of a run or of a "
            "model (mangagan colorize --checkpoint=FOLDER)"
        )
