"""A short run of `tests/fuzz.py`."""

from __future__ import annotations

import faulthandler
import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def fuzz():
    """The module of the command."""
    spec = importlib.util.spec_from_file_location("fuzz", Path(__file__).with_name("fuzz.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def watchdog():
    """A hang ends the tests with a trace of where it is."""
    faulthandler.dump_traceback_later(300, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def test_mutated_files_of_every_kind_are_read_or_refused(fuzz):
    pytest.importorskip("pypdfium2", reason="pypdfium2 is not installed (pip install -e '.[pdf]')")
    names = [name for name in fuzz.kinds() if name != "pdf"]
    counts = fuzz.run(480, 1, names) + fuzz.run(20, 2, ["pdf"])
    findings = [name for name in counts if not name.endswith((": read", ": refused"))]
    assert sum(counts.values()) == 500 and not findings, counts
    # Mutations that never hurt, or always do, would test nothing.
    for outcome in ("read", "refused"):
        assert sum(number for name, number in counts.items() if name.endswith(outcome)) > 50
