"""The wheel holds one top-level package, with the experiments of the checkout inside it."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def arguments(monkeypatch):
    """What setup.py gives to setuptools."""
    setuptools = pytest.importorskip("setuptools", reason="setuptools is not installed")
    given = {}
    monkeypatch.setattr(setuptools, "setup", given.update)
    monkeypatch.chdir(ROOT)
    runpy.run_path("setup.py")
    return given


def test_every_folder_with_modules_is_a_package_of_mangagan(arguments):
    folders = {file.parent for file in (ROOT / "mangagan").rglob("*.py")}
    packages = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    assert set(arguments["packages"]) == packages | {"mangagan.experiments"}


def test_experiments_of_the_checkout_are_installed_inside_the_package(arguments):
    from mangagan import experiments

    folder = ROOT / arguments["package_dir"]["mangagan.experiments"]
    assert Path(experiments.__file__) == folder / "__init__.py"
    assert not (ROOT / "mangagan" / "experiments").exists(), "two folders for one package"
