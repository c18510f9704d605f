"""The cache of compiled programs, which later processes reuse."""

from __future__ import annotations

import os

import jax

from mangagan.data.archive.archive import cache_folder


def keep_compiled() -> None:
    """Store programs that are compiled from now on in the user's cache folder, or in JAX_COMPILATION_CACHE_DIR."""
    folder = os.environ.get("JAX_COMPILATION_CACHE_DIR") or str(cache_folder() / "compiled")
    jax.config.update("jax_compilation_cache_dir", folder)
