"""Where arrays live: the state on every device, a batch cut over the mesh axis "data"."""

from __future__ import annotations

import jax
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from mangagan.tasks.base import Batch


def make_mesh() -> Mesh:
    """All devices of all hosts on one axis, "data"."""
    return jax.make_mesh((jax.device_count(),), ("data",), axis_types=(AxisType.Auto,))


def replicated(mesh: Mesh) -> NamedSharding:
    """The same array on every device."""
    return NamedSharding(mesh, PartitionSpec())


def split(mesh: Mesh) -> NamedSharding:
    """The first axis cut over the devices."""
    return NamedSharding(mesh, PartitionSpec("data"))


def check_batch_size(batch_size: int, mesh: Mesh) -> None:
    """Raises ValueError where a batch cannot be cut evenly over the devices."""
    if batch_size % mesh.size:
        raise ValueError(
            f"data.batch_size={batch_size} cannot be cut over {mesh.size} devices; "
            f"use a multiple, for example data.batch_size={-(-batch_size // mesh.size) * mesh.size}"
        )


def put(batch: dict[str, np.ndarray], mesh: Mesh) -> Batch:
    """This host's part of a batch as its part of one global array over all devices."""
    return {name: jax.make_array_from_process_local_data(split(mesh), pictures) for name, pictures in batch.items()}
