"""Programs that JAX has compiled, kept for the next start."""

from __future__ import annotations

import os

import jax

from mangagan.data.archive import cache_folder


def keep_compiled() -> None:
    """Keeps them in $JAX_COMPILATION_CACHE_DIR, else in this user's cache folder."""
    folder = os.environ.get("JAX_COMPILATION_CACHE_DIR") or str(cache_folder() / "compiled")
    jax.config.update("jax_compilation_cache_dir", folder)
