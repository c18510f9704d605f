"""Placement of arrays: the state on every device, a batch divided over the mesh axis "data"."""

from __future__ import annotations

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from mangagan.tasks.base import Batch


def make_mesh() -> Mesh:
    """Return a mesh of all devices of all hosts with one axis, "data"."""
    return jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))


def replicated(mesh: Mesh) -> NamedSharding:
    """Return the sharding of an array that every device has."""
    return NamedSharding(mesh, PartitionSpec())


def split(mesh: Mesh) -> NamedSharding:
    """Return the sharding of an array whose first axis is divided over the devices."""
    return NamedSharding(mesh, PartitionSpec("data"))


def check_batch_size(batch_size: int, mesh: Mesh) -> None:
    """Check that a batch can be divided evenly over the devices.

    Args:
        batch_size: The number of examples of a batch on all devices together.
        mesh: The devices.

    Raises:
        ValueError: It cannot.
    """
    if batch_size % mesh.size:
        raise ValueError(
            f"data.batch_size={batch_size} cannot be divided over {mesh.size} devices; "
            f"set a multiple of that, for example data.batch_size={-(-batch_size // mesh.size) * mesh.size}"
        )


def put(batch: dict[str, np.ndarray], mesh: Mesh) -> Batch:
    """Return a batch on the devices, one global array for each part.

    Args:
        batch: This host's share of the batch.
        mesh: The devices.
    """
    return {name: jax.make_array_from_process_local_data(split(mesh), pictures) for name, pictures in batch.items()}


def any_host(flag: bool) -> bool:
    """Return whether the flag is set on any host, once all hosts have called this."""
    if jax.process_count() == 1:
        return flag
    return bool(np.any(multihost_utils.process_allgather(np.array(flag))))
