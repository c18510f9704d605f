"""Trained models: those that ship with the package, and the folders, cards and licences of all models."""

from __future__ import annotations

from pathlib import Path

# The model that commands use unless another one is named.
DEFAULT = "base"
_NAMES = (DEFAULT,)
_FOLDER = Path(__file__).parent
_FILES = ("config.json", "model.safetensors")


def names() -> tuple[str, ...]:
    """Return the names of the models that ship with the package."""
    return _NAMES


def shipped_model(name: str = DEFAULT) -> Path:
    """Return the folder of a model that ships with the package.

    Raises:
        ValueError: There is no model of this name, or this copy of the package lacks its files.
    """
    if name not in _NAMES:
        raise ValueError(f"no model {name!r} ships with mangagan; there are {', '.join(_NAMES)}")
    folder = _FOLDER / name
    check_shipped(folder)
    return folder


def resolve_checkpoint(text: str) -> Path:
    """Return the path of the run, model or file that a checkpoint's name stands for.

    The name of a shipped model always means that model, whatever the working folder contains, so that a command does
    not depend on where it is run. A folder of the same name is given as a path: `./base`. The path need not exist.
    """
    return _FOLDER / text if text in _NAMES else Path(text)


def check_shipped(folder: Path) -> None:
    """Check that a shipped model is complete; other folders are accepted as they are.

    Raises:
        ValueError: The folder is that of a shipped model and lacks its files, as a copy without its package data does.
    """
    if folder.parent == _FOLDER and folder.name in _NAMES and not all((folder / name).is_file() for name in _FILES):
        raise ValueError(
            f"this copy of mangagan lacks its model {folder.name!r}: install it again, or name the folder of a run or "
            "of a model (mangagan colorize --checkpoint=FOLDER)"
        )
