"""What a run's folder tells of how its model came to be."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mangagan.config import Experiment
from mangagan.data.archive.archive import Archive, cache_folder
from mangagan.images.atomic import json_lines
from mangagan.overrides import describe
from mangagan.pretrained.card import History

# --workdir, --resume and --distributed, which argparse also takes cut short.
_LOCAL = ("--w", "--r", "--di")


def read_history(run: Path, experiment: Experiment, steps: Sequence[int] = ()) -> History:
    """The history of a run up to its newest checkpoint, or the last of `steps` whose mean is told of.

    What its folder does not have stays empty.

    Pages and licences are told in full where the archive that it learned from is in this machine's cache.
    """
    step = max(steps, default=newest_step(run))
    starts = [line for line in json_lines(run / "environment.jsonl") if line.get("step", 0) <= step]
    metrics = [line for line in json_lines(run / "metrics.jsonl") if line.get("step", step + 1) <= step]
    grids = [grid for grid in sorted((run / "grids").glob("[0-9]*.png")) if int(grid.stem) <= step]
    environment = starts[-1] if starts else {}
    archive = _find_archive(environment.get("data"))
    return History(
        origin=f"{_averaged(steps or [step])} of a run.",
        command=_command(environment.get("command", []), describe(experiment)),
        environment=environment,
        evaluations=[line for line in metrics if experiment.train.keep_best in line],
        pages=f"It learned from `{experiment.data.source}`{_count(archive)}.",
        licences=archive.manifest["licences"] if archive else (),
        picture=grids[-1].read_bytes() if grids else None,
    )


def _averaged(steps: Sequence[int]) -> str:
    if len(steps) == 1:
        return f"The averaged weights after step {steps[0]}"
    return f"The mean of the averaged weights after steps {' and '.join(map(str, steps))}"


def newest_step(run: Path) -> int:
    """The step of the newest checkpoint of a run's folder; 0 where there is none."""
    saved = run / "checkpoints"
    entries = saved.iterdir() if saved.is_dir() else ()
    return max((int(entry.name) for entry in entries if entry.name.isdigit()), default=0)


def _find_archive(fingerprint: str | None) -> Archive | None:
    for manifest in sorted(cache_folder().glob("*/manifest.json")):
        archive = Archive(manifest.parent)
        try:
            if archive.fingerprint == fingerprint:
                return archive
        except (ValueError, KeyError, TypeError):  # of another project that shares the cache folder
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
    """The command that started the run, less what only its machine has; "" where another program started it.

    Texts are those of the described experiment, in which a path may have become the name of what lies there.
    """
    if not arguments or Path(arguments[0]).name != "run.py":
        return ""
    kept, skip = [], False
    for argument in arguments[1:]:
        local = argument.startswith(_LOCAL)
        if not skip and not local:
            name, is_override, value = argument.partition("=")
            said = described.get(name, value) if is_override else None
            kept.append(f"{name}={said}" if isinstance(said, str) else argument)
        skip = local and "=" not in argument
    return shlex.join(["python", "launch/run.py", *kept])
