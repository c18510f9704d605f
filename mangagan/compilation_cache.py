"""The cache of compiled programs, which later processes reuse."""

from __future__ import annotations

import logging
import os

import jax

from mangagan.data.archive.archive import cache_folder

log = logging.getLogger(__name__)


def keep_compiled() -> None:
    """Store programs that are compiled from now on in the user's cache folder, or in JAX_COMPILATION_CACHE_DIR."""
    folder = os.environ.get("JAX_COMPILATION_CACHE_DIR")
    try:
        folder = folder or str(cache_folder() / "compiled")
    except ValueError as error:
        # Only the next start takes longer for it.
        log.warning("compiled programs are not kept: %s", error)
    else:
        jax.config.update("jax_compilation_cache_dir", folder)
