"""`mangagan` finds its commands, and every command explains itself and reports mistakes in one line."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest

from mangagan.cli import COMMANDS, main
from mangagan.cli.command import run

ROOT = Path(__file__).parents[2]
SHIMS = {"train": "run"} | {name: name for name in COMMANDS if name != "train"}


def shown(arguments, capsys, start=main):
    """What a call prints that exits while it parses, and its exit code."""
    with pytest.raises(SystemExit) as end:
        start(arguments)
    output = capsys.readouterr()
    return output.out + output.err, end.value.code


def test_help_lists_every_command_in_one_line(capsys):
    text, code = shown(["--help"], capsys)
    assert code == 0
    for name, line in COMMANDS.items():
        assert re.search(rf"^ +{name} +{re.escape(line)}$", text, re.M), name


def test_the_version_is_that_of_the_package(capsys):
    assert shown(["--version"], capsys) == (f"mangagan {version('mangagan')}\n", 0)


@pytest.mark.parametrize(("arguments", "complaint"), [([], "COMMAND"), (["paint"], "'paint'"), (["--fast"], "COMMAND")])
def test_an_unknown_command_is_one_line_and_exit_code_2(arguments, complaint, capsys):
    text, code = shown(arguments, capsys)
    assert code == 2 and text.startswith("mangagan: error: ") and text.count("\n") == 1 and complaint in text


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_one_sentence_grouped_options_and_three_examples(name, capsys):
    text, code = shown([name, "--help"], capsys)
    assert code == 0 and text.startswith(f"usage: mangagan {name} ")
    sentence = import_module(f"mangagan.cli.{name}").parser().description
    assert sentence.endswith(".") and ". " not in sentence
    examples = text.partition("\nexamples:\n")[2].partition("\n\n")[0].splitlines()
    assert len(examples) == 3 and all(example.startswith(f"  mangagan {name} ") for example in examples)
    # Besides --help, which argparse puts into a group of its own.
    options = text.partition("\noptions:\n")[2].partition("\n\n")[0]
    assert options.strip().startswith("-h, --help") and options.count("\n") == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_a_mistake_in_the_options_is_one_line_and_exit_code_2(name, capsys):
    text, code = shown([name, "--no-such-option"], capsys)
    assert code == 2 and text.startswith(f"mangagan {name}: error: ") and text.count("\n") == 1


@pytest.mark.parametrize("name", SHIMS)
def test_a_script_of_launch_is_the_command(name, capsys, monkeypatch):
    file = ROOT / "launch" / f"{SHIMS[name]}.py"
    assert len(file.read_text().splitlines()) <= 10
    monkeypatch.setattr(sys, "argv", [str(file), "--help"])
    text, code = shown(str(file), capsys, lambda path: runpy.run_path(path, run_name="__main__"))
    assert (text, code) == shown([name, "--help"], capsys)


def test_launch_has_a_script_for_every_command_and_no_others():
    assert {file.stem for file in (ROOT / "launch").glob("*.py")} == set(SHIMS.values())


def test_commands_explain_themselves_without_jax():
    # The help of a trial names its palettes, which only code that predicts knows.
    names = [name for name in COMMANDS if name != "trial"]
    code = f"""
import sys
from mangagan.cli import main
for name in {names}:
    try:
        main([name, "--help"])
    except SystemExit:
        pass
    print(name, *(part for part in ("jax", "flax", "scipy") if part in sys.modules), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr.split() == names


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("train.steps=-1"), "mangagan x: error: train.steps=-1\n"),
        (OSError("the disk is full"), "mangagan x: error: the disk is full\n"),
        (ModuleNotFoundError("No module\n  named 'onnx'", name="onnx"), "mangagan x: error: No module named 'onnx'\n"),
    ],
)
def test_a_mistake_of_the_user_has_no_stack_trace(error, line, capsys):
    def work():
        raise error

    assert run("x", work) == 2 and capsys.readouterr().err == line


@pytest.mark.parametrize("error", [ImportError("gone", name="mangagan.gone"), ArithmeticError()])
def test_a_mistake_of_the_package_keeps_its_stack_trace(error):
    def work():
        raise error

    with pytest.raises(type(error)):
        run("x", work)


def test_a_stopped_command_says_that_it_continues(capsys):
    def work():
        raise KeyboardInterrupt

    assert run("x", work) == 130 and "the same command continues from here" in capsys.readouterr().err
