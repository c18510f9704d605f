"""The name `base` stands for the model in the package; a copy without it says so."""

from pathlib import Path

import pytest

import mangagan
from mangagan.interop import shipped
from mangagan.interop.shipped import check_shipped, checkpoint


def test_base_is_in_the_package_and_paths_are_paths(tmp_path, monkeypatch):
    (tmp_path / "base").mkdir()
    monkeypatch.chdir(tmp_path)
    assert checkpoint("base") == Path(mangagan.__file__).parent / "base"
    assert checkpoint("./base") == Path("base") and checkpoint("runs/base") == Path("runs/base")


@pytest.mark.parametrize("there", [[], ["config.json"], ["model.safetensors"]])
def test_a_copy_without_the_model_says_so(tmp_path, monkeypatch, there):
    monkeypatch.setattr(shipped, "SHIPPED", tmp_path / "base")
    (tmp_path / "base").mkdir()
    for name in there:
        (tmp_path / "base" / name).write_text("")
    with pytest.raises(ValueError, match="no model 'base' of its own: name the folder of a run"):
        check_shipped(checkpoint("base"))
    check_shipped(tmp_path / "another")
