"""Compiled programs, kept from one process to the next."""

from __future__ import annotations

import os

import jax

from mangagan.data.archive.archive import cache_folder


def keep_compiled() -> None:
    """From now on keeps what is compiled in the user's cache folder, or where JAX_COMPILATION_CACHE_DIR says."""
    folder = os.environ.get("JAX_COMPILATION_CACHE_DIR") or str(cache_folder() / "compiled")
    jax.config.update("jax_compilation_cache_dir", folder)
