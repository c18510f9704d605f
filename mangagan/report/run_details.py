"""The cost of runs and the settings in which they differ, as rows of text for HTML and Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Any

from mangagan.report.evaluated_runs import EvaluatedRun

MISSING = "–"
# Rows of a table: a title and a cell for each run.
TextRows = list[tuple[str, list[str]]]


def cost_rows(runs: Sequence[EvaluatedRun]) -> TextRows:
    """Return what each run cost, without rows of which nothing is known."""
    rows = [(title, [describe(run) or MISSING for run in runs]) for title, describe in _COSTS.items()]
    return [(title, cells) for title, cells in rows if set(cells) != {MISSING}]


def setting_rows(runs: Sequence[EvaluatedRun]) -> TextRows:
    """Return the keys of `experiment.json` in which runs differ, with their values."""
    known = [run.settings for run in runs if run.settings]
    keys = dict.fromkeys(key for settings in known for key in settings)
    differing = [key for key in keys if len({str(settings.get(key)) for settings in known}) > 1]
    return [(key, [_format(run.settings.get(key)) for run in runs]) for key in differing]


def _parameters(run: EvaluatedRun) -> str:
    count = run.result.cost.get("parameters")
    return "" if count is None else f"{count / 1e6:.2f} million" if count >= 1e6 else f"{count:,.0f}"


def _seconds_per_page(run: EvaluatedRun) -> str:
    seconds = run.result.cost.get("seconds_per_page")
    return "" if seconds is None else f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _peak_memory(run: EvaluatedRun) -> str:
    size = run.result.cost.get("peak_memory_bytes")
    return "" if size is None else f"{size / 2**30:.2f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"


def _throughput(run: EvaluatedRun) -> str:
    seconds = [line["time/step_seconds"] for line in run.log if "time/step_seconds" in line]
    batch = run.settings.get("data.batch_size")
    return f"{batch / statistics.median(seconds):.1f} pictures/s" if seconds and batch else ""


def _training_time(run: EvaluatedRun) -> str:
    # A line has the mean seconds of the steps since the line before it.
    timed = [line for line in run.log if "time/step_seconds" in line]
    before = [0, *(line["step"] for line in timed)]
    seconds = sum(line["time/step_seconds"] * (line["step"] - last) for line, last in zip(timed, before, strict=False))
    if seconds >= 36_000:
        return f"{seconds / 3600:.0f} h"
    return "" if not timed else f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"


def _steps(run: EvaluatedRun) -> str:
    return f"{run.log[-1]['step']:,}" if run.log else ""


def _training_pictures(run: EvaluatedRun) -> str:
    batch = run.settings.get("data.batch_size")
    return f"{run.log[-1]['step'] * batch:,} in batches of {batch}" if run.log and batch else ""


def _training_size(run: EvaluatedRun) -> str:
    size, crop = (run.settings.get(f"data.{name}") for name in ("size", "window"))
    return f"{size} px, from crops of {crop} px" if size and crop else ""


def _devices(run: EvaluatedRun) -> str:
    devices = run.environment.get("devices", [])
    return f"{len(devices)} x {devices[0]}" if len(devices) > 1 else "".join(devices)


def _commit(run: EvaluatedRun) -> str:
    commit = run.environment.get("git") or ""
    return commit[:10] + ("-dirty" if commit.endswith("-dirty") else "")


def _format(value: Any) -> str:
    return MISSING if value is None or value == "" else str(value)


_COSTS: dict[str, Callable[[EvaluatedRun], str]] = {
    "generator": lambda run: run.settings.get("task.generator", ""),
    "parameters": _parameters,
    "time per page, at evaluation": _seconds_per_page,
    "peak memory, at evaluation": _peak_memory,
    "training throughput (median)": _throughput,
    "training time": _training_time,
    "steps": _steps,
    "training pictures": _training_pictures,
    "training size": _training_size,
    "device": _devices,
    "jax": lambda run: run.environment.get("versions", {}).get("jax", ""),
    "commit": _commit,
}
