"""What runs took, and in which settings they differ, as rows of text that HTML and Markdown both print."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Any

from mangagan.report.evaluated_runs import Run

NONE = "–"
Rows = list[tuple[str, list[str]]]


def cost_rows(runs: Sequence[Run]) -> Rows:
    """What each run took, row by row; a row of which nothing is known is left out."""
    rows = [(title, [told(run) or NONE for run in runs]) for title, told in _COSTS.items()]
    return [(title, cells) for title, cells in rows if set(cells) != {NONE}]


def setting_rows(runs: Sequence[Run]) -> Rows:
    """The keys of `experiment.json` in which runs differ, with their values."""
    known = [run.settings for run in runs if run.settings]
    keys = dict.fromkeys(key for settings in known for key in settings)
    differing = [key for key in keys if len({str(settings.get(key)) for settings in known}) > 1]
    return [(key, [_plain(run.settings.get(key)) for run in runs]) for key in differing]


def _parameters(run: Run) -> str:
    count = run.result.cost.get("parameters")
    return "" if count is None else f"{count / 1e6:.2f} million" if count >= 1e6 else f"{count:,.0f}"


def _page_seconds(run: Run) -> str:
    seconds = run.result.cost.get("seconds_per_page")
    return "" if seconds is None else f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _memory(run: Run) -> str:
    size = run.result.cost.get("peak_memory_bytes")
    return "" if size is None else f"{size / 2**30:.2f} GiB" if size >= 2**30 else f"{size / 2**20:.0f} MiB"


def _throughput(run: Run) -> str:
    seconds = [line["time/step_seconds"] for line in run.lines if "time/step_seconds" in line]
    batch = run.settings.get("data.batch_size")
    return f"{batch / statistics.median(seconds):.1f} pictures/s" if seconds and batch else ""


def _training_time(run: Run) -> str:
    timed = [line for line in run.lines if "time/step_seconds" in line]
    before = [0, *(line["step"] for line in timed)]
    seconds = sum(line["time/step_seconds"] * (line["step"] - last) for line, last in zip(timed, before, strict=False))
    if seconds >= 36_000:
        return f"{seconds / 3600:.0f} h"
    return "" if not timed else f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"


def _steps(run: Run) -> str:
    return f"{run.lines[-1]['step']:,}" if run.lines else ""


def _seen(run: Run) -> str:
    batch = run.settings.get("data.batch_size")
    return f"{run.lines[-1]['step'] * batch:,} in batches of {batch}" if run.lines and batch else ""


def _side(run: Run) -> str:
    size, window = (run.settings.get(f"data.{name}") for name in ("size", "window"))
    return f"{size} px, of windows of {window} px" if size and window else ""


def _device(run: Run) -> str:
    devices = run.start.get("devices", [])
    return f"{len(devices)} x {devices[0]}" if len(devices) > 1 else "".join(devices)


def _code(run: Run) -> str:
    commit = run.start.get("git") or ""
    return commit[:10] + ("-dirty" if commit.endswith("-dirty") else "")


def _plain(value: Any) -> str:
    return NONE if value is None or value == "" else str(value)


_COSTS: dict[str, Callable[[Run], str]] = {
    "generator": lambda run: run.settings.get("task.generator", ""),
    "its parameters": _parameters,
    "time a page, evaluated": _page_seconds,
    "peak memory, evaluated": _memory,
    "training throughput (median)": _throughput,
    "training time": _training_time,
    "steps": _steps,
    "pictures seen": _seen,
    "side of a picture": _side,
    "device": _device,
    "jax": lambda run: run.start.get("versions", {}).get("jax", ""),
    "commit": _code,
}
