"""Bring manga and comics to colour with GANs, and restore damaged pictures, in JAX and Flax.

import mangagan

color = mangagan.load("base")
color("page.png", palette="cover.jpg").save("page-color.png")
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mangagan.config import Experiment
    from mangagan.infer.colorizer import Colorizer
    from mangagan.infer.restore.denoiser import Denoiser
    from mangagan.infer.restore.inpainter import Inpainter
    from mangagan.tasks.base import Variables

try:
    __version__ = version("mangagan")
except PackageNotFoundError:  # a checkout that is not installed
    __version__ = "0+unknown"

__all__ = ["__version__", "load"]


def load(
    source: str | Path | Sequence[str | Path] = "base", *, layout: str | None = None
) -> Colorizer | Denoiser | Inpainter:
    """Load a model that colours, denoises or inpaints, as its task says.

    Args:
        source: The name of a model that ships with the package ("base"), the folder of a model or of a run, an `.onnx`
            file, or a published checkpoint (`.pth` or `.safetensors`; for CycleGAN two files, grey to colour first).
        layout: The layout of a published checkpoint (see `mangagan.interop.reference.layouts`); needed only where two
            layouts fit its tensors.

    Returns:
        A `Colorizer`, `Denoiser` or `Inpainter`; call it with a picture.

    Raises:
        ValueError: There is no such model, it is damaged, or its task is none of these three.
    """
    # Imported here: `import mangagan` alone, and models of ONNX files, need no JAX.
    from mangagan.pretrained import check_shipped, resolve_checkpoint

    files = [resolve_checkpoint(str(part)) for part in ([source] if isinstance(source, (str, Path)) else source)]
    if not files:
        raise ValueError("name a model, a run's folder or a file")
    file = files[0].expanduser()
    if file.suffix.lower() == ".onnx":
        from mangagan.infer.colorizer import Colorizer
        from mangagan.infer.onnx_network import onnx_network

        return Colorizer(onnx_network(file), version=__version__)
    check_shipped(file)
    if not file.exists():
        raise ValueError(f"there is no model, folder or file {file}")
    from mangagan.compilation_cache import keep_compiled

    keep_compiled()
    if file.is_dir():
        from mangagan.train.load import load_trained

        return from_variables(*load_trained(file))
    from mangagan.interop.reference.convert import import_reference

    return from_variables(*import_reference([part.expanduser() for part in files], layout))


def from_variables(experiment: Experiment, variables: Variables) -> Colorizer | Denoiser | Inpainter:
    """Return the model of a trained generator, as `load` does.

    Args:
        experiment: The experiment that trained it.
        variables: The generator's variables.

    Raises:
        ValueError: The task neither colours, nor denoises, nor inpaints.
    """
    import jax

    from mangagan.infer.jax_network import TILE_BATCH, jax_network, network_digest
    from mangagan.tiles import PAGE_TILES, Tiles

    task = experiment.task
    if task.kind == "colorize":
        from mangagan.infer.colorizer import Colorizer

        return Colorizer(jax_network(experiment, variables), version=__version__)
    tiles = Tiles(PAGE_TILES.size, PAGE_TILES.overlap, TILE_BATCH[jax.default_backend() == "cpu"])
    identity = f"{__version__} {network_digest(experiment, variables)}"
    if task.kind == "denoise":
        from mangagan.infer.restore.denoiser import Denoiser

        known = bool(getattr(experiment.data.damage, "known", False))
        return Denoiser(task.predict, variables, known, tiles=tiles, identity=identity)
    if task.kind == "inpaint":
        from mangagan.infer.restore.inpainter import Inpainter

        return Inpainter(task.predict, variables, tiles=tiles, identity=identity)
    raise ValueError(f"a model of the task {task.kind!r} neither colours, nor denoises, nor inpaints")
