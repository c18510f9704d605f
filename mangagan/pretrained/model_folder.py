"""A model as a folder: its generator's arrays in `model.safetensors`, all that they mean in `config.json`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from mangagan.config import Experiment, example_batch
from mangagan.interop.reference.layouts import differences
from mangagan.interop.weights.tensor_files import read_tensors, write_tensors
from mangagan.pretrained.model_config import read_config, write_config
from mangagan.tasks.base import Variables

WEIGHTS, CONFIG = "model.safetensors", "config.json"
DType = Literal["float32", "bfloat16", "float16"]


def save_model(
    folder: Path,
    experiment: Experiment,
    variables: Variables,
    *,
    dtype: DType = "float32",
    beside: Mapping[str, bytes] = {},
) -> None:
    """Writes a generator's variables and the experiment that they belong to as a model folder, whole or not at all.

    Parameters are stored as `dtype`, statistics always as float32. `beside`: more files of the folder, by name. Raises
    ValueError where the folder is not empty, where the variables are not the experiment's, or not finite as `dtype`.
    """
    check_free(folder)
    arrays = _named(_tree(variables))
    _check_fit("these are not the variables of this experiment", arrays, _named(_tree(abstract_variables(experiment))))
    tensors = _stored(arrays, dtype)
    with _whole(folder.absolute()) as aside:
        write_tensors(aside / WEIGHTS, tensors)
        write_config(aside / CONFIG, experiment, _sha256(aside / WEIGHTS))
        for name, content in beside.items():
            (aside / name).write_bytes(content)


def check_free(folder: Path) -> None:
    """Raises ValueError where a folder is taken: where it is a file, or holds anything."""
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise ValueError(f"{folder} holds something already, which is kept; choose a new folder")


def load_model(folder: Path) -> tuple[Experiment, Variables]:
    """The experiment and the generator's variables, in float32, of a model folder; no code in it is run.

    Raises ValueError, with all that is wrong, where the folder is no model, is of a newer format, where its weights
    are not those that it was made with, or where they do not fit its experiment.
    """
    config, weights = folder / CONFIG, folder / WEIGHTS
    experiment, digest = read_config(config)
    if not weights.is_file():
        raise ValueError(f"{folder} has no {WEIGHTS}; copy the whole folder again")
    if _sha256(weights) != digest:
        raise ValueError(
            f"{weights} has the SHA-256 {_sha256(weights)}, and {digest} belongs here: "
            "it was changed, or not copied whole (a clone with git needs `git lfs pull`)"
        )
    try:
        like = _tree(abstract_variables(experiment))
    except Exception as error:  # numbers that make no network surface as any kind
        raise ValueError(f"{config} describes networks that cannot be built: {error}") from error
    tensors = read_tensors(weights)
    _check_fit(f"{weights} does not fit {config}", tensors, _named(like))
    tree = jax.tree.map_with_path(lambda path, _: jnp.array(tensors[_name(path)], jnp.float32), like)
    return experiment, Variables(tree["params"], tree["batch_stats"])


def abstract_variables(experiment: Experiment) -> Variables:
    """Shapes and dtypes of the variables of an experiment's generator; nothing is computed."""
    init = lambda key, batch: experiment.task.init(key, batch).generator  # noqa: E731
    return jax.eval_shape(init, jax.random.key(0), example_batch(experiment))


def _check_fit(what: str, given: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    wrong = differences(*({name: tuple(array.shape) for name, array in arrays.items()} for arrays in (given, wanted)))
    if wrong:
        raise ValueError(f"{what}: {wrong}")


def _tree(variables: Variables) -> dict[str, Any]:
    """Variables by the names of Flax's collections, which begin the names of the stored arrays."""
    return {"params": variables.params, "batch_stats": variables.stats}


def _named(tree: Any) -> dict[str, Any]:
    return {_name(path): leaf for path, leaf in jax.tree.leaves_with_path(tree)}


def _name(path: Any) -> str:
    return jax.tree_util.keystr(path, simple=True, separator="/")


def _stored(arrays: Mapping[str, np.ndarray], dtype: DType) -> dict[str, np.ndarray]:
    kinds = {"params": jnp.dtype(dtype), "batch_stats": jnp.dtype("float32")}
    with np.errstate(over="ignore"):  # told below, with the names
        stored = {name: np.asarray(array).astype(kinds[name.partition("/")[0]]) for name, array in arrays.items()}
    infinite = [name for name, array in stored.items() if not np.isfinite(array).all()]
    if infinite:
        raise ValueError(f"arrays with numbers that are not finite as {dtype}: {', '.join(infinite[:12])}")
    return stored


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A folder under another name that takes its place once it is complete."""
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    aside.mkdir(parents=True)
    try:
        yield aside
        os.replace(aside, folder)
    except BaseException:
        shutil.rmtree(aside)
        raise
