"""The history of a run, read from its folder for the model card."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mangagan.config import Experiment
from mangagan.data.archive.archive import Archive, cache_folder
from mangagan.images.atomic import read_json_lines
from mangagan.overrides import describe
from mangagan.pretrained.card import History
from mangagan.train.run_environment import ENVIRONMENT
from mangagan.train.workdir import saved_steps

# --workdir, --resume and --distributed, which argparse also takes cut short.
_LOCAL = ("--w", "--r", "--di")


def read_history(run: Path, experiment: Experiment, steps: Sequence[int] = ()) -> History:
    """Return the history of a run up to the checkpoint that becomes a model.

    Fields without a file in the folder stay empty. The number of pages and their licences are known if the archive is
    in the cache of this machine.

    Args:
        run: The run's folder.
        experiment: Its experiment.
        steps: The checkpoints whose mean is the model; none: the newest one.
    """
    step = max(steps, default=newest_step(run))
    starts = _until(step, run / ENVIRONMENT, unnumbered=0)
    metrics = _until(step, run / "metrics.jsonl", unnumbered=step + 1)
    grids = [grid for grid in sorted((run / "grids").glob("*.png")) if grid.stem.isdecimal() and int(grid.stem) <= step]
    environment = starts[-1] if starts else {}
    archive = _find_archive(environment.get("data"))
    return History(
        origin=f"{_averaged(steps or [step])} of a run.",
        command=_command(_texts(environment.get("command")), describe(experiment)),
        environment=environment,
        evaluations=[line for line in metrics if experiment.train.keep_best in line],
        training_set=f"Trained on `{experiment.data.source}`{_count(archive)}.",
        licences=archive.manifest["licences"] if archive else (),
        picture=grids[-1].read_bytes() if grids else None,
    )


def _averaged(steps: Sequence[int]) -> str:
    if len(steps) == 1:
        return f"The averaged weights after step {steps[0]}"
    return f"The mean of the averaged weights after steps {' and '.join(map(str, steps))}"


def newest_step(run: Path) -> int:
    """Return the step of the newest checkpoint of a run's folder, or 0 if there is none."""
    return max(saved_steps(run), default=0)


def _until(step: int, file: Path, unnumbered: int) -> list[dict[str, Any]]:
    """Return the lines of a log up to a step, without damaged ones; those that name no step are of `unnumbered`."""
    lines = [(line, line.get("step", unnumbered)) for line in read_json_lines(file)]
    return [line for line, number in lines if isinstance(number, int) and number <= step]


def _texts(value: Any) -> list[str]:
    return value if isinstance(value, list) and all(isinstance(part, str) for part in value) else []


def _find_archive(fingerprint: str | None) -> Archive | None:
    try:
        manifests = sorted(cache_folder().glob("*/manifest.json"))
    except ValueError:  # there is no cache folder
        return None
    for manifest in manifests:
        archive = Archive(manifest.parent)
        try:
            if archive.fingerprint == fingerprint:
                return archive
        except (ValueError, KeyError, TypeError):  # the folder of another program
            continue
    return None


def _count(archive: Archive | None) -> str:
    if archive is None:
        return ""
    train, validation = archive.pages("train"), archive.pages("validation")
    return f": {len(train)} pages of {_works(train)} works; {len(validation)} of {_works(validation)} were held out"


def _works(pages: Sequence[dict[str, Any]]) -> int:
    return len({page["work"] for page in pages})


def _command(arguments: Sequence[str], described: Mapping[str, Any]) -> str:
    """Return the command that started the run, without options for one machine; "" if it was another program.

    Values of overrides are those of the description, in which a path may have been replaced by a name.
    """
    program, given = _program(arguments)
    if not program:
        return ""
    kept, skip = [], False
    for argument in given:
        local = argument.startswith(_LOCAL)
        if not skip and not local:
            name, is_override, value = argument.partition("=")
            described_value = described.get(name, value) if is_override else None
            kept.append(f"{name}={described_value}" if isinstance(described_value, str) else argument)
        skip = local and "=" not in argument
    return shlex.join([*program, *kept])


def _program(arguments: Sequence[str]) -> tuple[list[str], Sequence[str]]:
    """Return how the program of `sys.argv` is called, nothing where it is not this project's, and its arguments."""
    name = Path(arguments[0]).name if arguments else ""
    if name == "run.py":  # the shim of a checkout
        return ["python", "launch/run.py"], arguments[1:]
    if name in ("mangagan", "mangagan.exe") and list(arguments[1:2]) == ["train"]:
        return ["mangagan", "train"], arguments[2:]
    return [], ()
