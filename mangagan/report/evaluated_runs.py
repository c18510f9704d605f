"""Evaluated runs with everything that their folders hold: the result, settings, environment and logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mangagan.evaluate.result import Result, read_result
from mangagan.images.atomic import read_json_lines
from mangagan.report.comparability import check_comparable
from mangagan.report.run_names import short_names
from mangagan.train.experiment_file import EXPERIMENT, read_description

# The order of preference among several evaluations: the nearest to a reader's page comes first.
_PREFERRED_PROTOCOLS = ("native", "512x800", "256", "training")
# The key of a result file that was named itself, instead of a run's folder.
_NAMED_FILE = ""


@dataclass(frozen=True)
class EvaluatedRun:
    """A run and its result; the result of another program has no settings, environment or logs.

    Attributes:
        name: The short name by which the report calls the run.
        file: The file of the result; pictures lie beside it.
        result: The result.
        settings: The values in `experiment.json`, by their dotted keys.
        environment: The last line of `environment.jsonl`: devices, versions and commit of the last start.
        log: The lines of `metrics.jsonl`, each a step with what was logged there.
    """

    name: str
    file: Path
    result: Result
    settings: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    log: Sequence[Mapping[str, float]] = ()


def open_runs(paths: Sequence[Path], protocol: str | None = None) -> list[EvaluatedRun]:
    """Open runs with their results by one protocol.

    Args:
        paths: The folders of runs, or files of results; a file is taken whatever its protocol.
        protocol: The name of the results' files, such as "256", or "256-unseen-36" for pages of the source unseen:36.
            None chooses one that all runs have.

    Raises:
        ValueError: A path is no run, is named twice or has no such result (with the command that makes one), or the
            runs cannot be compared (with what differs).
    """
    files = [_result_files(path) for path in paths]
    names = short_names(paths, _PREFERRED_PROTOCOLS)
    chosen = protocol or _shared_protocol([found for found in files if _NAMED_FILE not in found])
    runs = [_open(path, name, found, chosen) for path, name, found in zip(paths, names, files, strict=True)]
    check_comparable(runs)
    return runs


def _result_files(path: Path) -> dict[str, Path]:
    """Return the result files of a path by their names without suffix; a file that is named itself is the only one."""
    if path.is_file():
        return {_NAMED_FILE: path}
    if not path.is_dir():
        raise ValueError(f"{path}: there is no such folder; name runs' folders, or results of mangagan evaluate")
    files = {file.stem: file for file in sorted((path / "evaluation").glob("*.json"))}
    if files or (path / EXPERIMENT).is_file():
        return files
    # `mangagan evaluate --predictions` writes results without a run around them.
    files = {file.stem: file for file in sorted(path.glob("*.json")) if _is_result(file)}
    if not files:
        raise ValueError(f"{path} is no run: it has neither an experiment.json nor a result of mangagan evaluate")
    return files


def _is_result(file: Path) -> bool:
    with suppress(ValueError):
        read_result(file)
        return True
    return False


def _shared_protocol(files: Sequence[Mapping[str, Path]]) -> str:
    """Return the first protocol that most runs have; a run without it is then reported with what it lacks."""
    names = dict.fromkeys((*_PREFERRED_PROTOCOLS, *(name for found in files for name in found)))
    return max(names, key=lambda name: sum(name in found for found in files))


def _open(path: Path, name: str, files: Mapping[str, Path], protocol: str) -> EvaluatedRun:
    file = files.get(_NAMED_FILE) or files.get(protocol)
    if file is None:
        raise ValueError(_missing_result(path, files, protocol))
    result = replace(read_result(file), name=name)
    if not result.pages:
        raise ValueError(f"{file} has no evaluated page; {len(result.skipped)} were skipped")
    if not path.is_dir() or not (path / EXPERIMENT).is_file():
        return EvaluatedRun(name, file, result)
    starts = read_json_lines(path / "environment.jsonl")
    return EvaluatedRun(
        name=name,
        file=file,
        result=result,
        settings=read_description(path),
        environment=starts[-1] if starts else {},
        log=read_json_lines(path / "metrics.jsonl"),
    )


def _missing_result(path: Path, files: Mapping[str, Path], protocol: str) -> str:
    others = f"; it has {', '.join(files)}" if files else ""
    name, _, data = protocol.partition("-")
    return (
        f"{path} has no evaluation by the protocol {protocol}{others}. Make one with\n"
        f"  mangagan evaluate --checkpoint={path} --protocol={name}{' --data=...' if data else ''}"
    )
