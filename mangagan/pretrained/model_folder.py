"""A model as a folder: the generator's arrays in `model.safetensors`, their meaning in `config.json`."""

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
from mangagan.interop.weights.safetensors_header import safetensors_shapes
from mangagan.interop.weights.shape_mismatch import describe_mismatch
from mangagan.interop.weights.tensor_files import check_file, read_tensors, write_tensors
from mangagan.pretrained.described_experiment import bounded_networks
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
    """Write a model folder atomically.

    Args:
        folder: A folder that does not exist yet, or is empty.
        experiment: The experiment that the variables belong to.
        variables: The generator's variables.
        dtype: Dtype of the stored parameters; statistics are always float32.
        beside: More files of the folder, by name.

    Raises:
        ValueError: The folder is not empty, or the variables are not the experiment's or not finite as `dtype`.
    """
    # Before anything is computed: a mistake in the command should not cost an export.
    check_free(folder)
    arrays = _by_name(_tree(variables))
    expected = _by_name(_tree(abstract_variables(experiment)))
    _check_fit("these are not the variables of this experiment", arrays, expected)
    tensors = _as_dtype(arrays, dtype)
    with _atomic_folder(folder.absolute()) as temporary:
        write_tensors(temporary / WEIGHTS, tensors)
        write_config(temporary / CONFIG, experiment, _sha256(temporary / WEIGHTS))
        for name, content in beside.items():
            (temporary / name).write_bytes(content)


def check_free(folder: Path) -> None:
    """Check that a model can be written to a folder.

    Raises:
        ValueError: It is a file, or a folder that is not empty.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise ValueError(f"{folder} exists already and is kept; choose a new folder")


def load_model(folder: Path) -> tuple[Experiment, Variables]:
    """Return the experiment and the generator's variables, in float32, of a model folder.

    No code of the folder is run.

    Raises:
        ValueError: The folder is no model or is of a newer format, its weights are not those that it was written
            with, or they do not fit its experiment; the message lists all faults.
    """
    config, weights = folder / CONFIG, folder / WEIGHTS
    experiment, digest = read_config(config)
    if not weights.is_file():
        raise ValueError(f"{folder} has no {WEIGHTS}; copy the whole folder again")
    check_file(weights)
    # A clone without git-lfs has a text file of this name, and a half-copied file would load in part.
    if (found := _sha256(weights)) != digest:
        raise ValueError(
            f"{weights} has the SHA-256 {found}, and {digest[:80]} belongs here: "
            "it was changed, or not copied whole (a clone with git needs `git lfs pull`)"
        )
    try:
        expected = _tree(abstract_variables(experiment))
    except Exception as error:  # impossible sizes of a network raise exceptions of many types
        raise ValueError(f"{config} describes networks that cannot be built: {str(error)[:400]}") from error
    # Before any array is read.
    given, shapes = safetensors_shapes(weights), {name: leaf.shape for name, leaf in _by_name(expected).items()}
    _check_shapes(f"{weights} does not fit {config}", given, shapes)
    tensors = read_tensors(weights)
    tree = jax.tree.map_with_path(lambda path, _: jnp.array(tensors[_name(path)], jnp.float32), expected)
    return experiment, Variables(tree["params"], tree["batch_stats"])


def abstract_variables(experiment: Experiment) -> Variables:
    """Return the shapes and dtypes of an experiment's generator variables, without computing them.

    Exceptions of many types tell of sizes that are impossible, or larger than `bounded_networks` allows.
    """
    init = lambda key, batch: experiment.task.init(key, batch).generator  # noqa: E731
    with bounded_networks(experiment):
        return jax.eval_shape(init, jax.random.key(0), example_batch(experiment))


def _check_fit(what: str, given: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    given_shapes, expected_shapes = (
        {name: tuple(array.shape) for name, array in arrays.items()} for arrays in (given, expected)
    )
    _check_shapes(what, given_shapes, expected_shapes)


def _check_shapes(what: str, given: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]]) -> None:
    if mismatch := describe_mismatch(given, expected):
        raise ValueError(f"{what}: {mismatch}")


def _tree(variables: Variables) -> dict[str, Any]:
    """Return variables under the names of Flax's collections, with which the names of the stored arrays begin."""
    return {"params": variables.params, "batch_stats": variables.stats}


def _by_name(tree: Any) -> dict[str, Any]:
    return {_name(path): leaf for path, leaf in jax.tree.leaves_with_path(tree)}


def _name(path: Any) -> str:
    return jax.tree_util.keystr(path, simple=True, separator="/")


def _as_dtype(arrays: Mapping[str, np.ndarray], dtype: DType) -> dict[str, np.ndarray]:
    """Return arrays as they are stored. Statistics stay float32: variances can exceed the range of float16."""
    dtypes = {"params": jnp.dtype(dtype), "batch_stats": jnp.dtype("float32")}
    with np.errstate(over="ignore"):  # reported below, with the names
        stored = {name: np.asarray(array).astype(dtypes[name.partition("/")[0]]) for name, array in arrays.items()}
    not_finite = [name for name, array in stored.items() if not np.isfinite(array).all()]
    if not_finite:
        raise ValueError(f"arrays with numbers that are not finite as {dtype}: {', '.join(not_finite[:12])}")
    return stored


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()


@contextmanager
def _atomic_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder that is renamed to `folder` once it is complete, and removed where writing fails."""
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}")
    temporary.mkdir(parents=True)
    try:
        yield temporary
        os.replace(temporary, folder)
    except BaseException:
        shutil.rmtree(temporary)
        raise
