"""Checkpoints of the training state, written while training continues; the last few and the best are kept."""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import chain, count
from math import inf
from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp
from jax.experimental import multihost_utils
from orbax.checkpoint.checkpoint_managers import AnyPreservationPolicy, BestN, LatestN

from mangagan.config import HIGHEST_IS_BEST
from mangagan.train.digests import check_digests, write_digests
from mangagan.train.state import TrainState

log = logging.getLogger(__name__)

# What Orbax appends to the name of a checkpoint that is not complete.
TEMPORARY = ".orbax-checkpoint-tmp"
# The part of a reason that Orbax gives: some of its messages list whole trees.
REASON_LETTERS = 200


class Checkpoints:
    """The checkpoints of one run, one folder for each saved step.

    A checkpoint gets its final name only when it is complete, with the digests of its files (Orbax writes to a
    temporary folder and renames it), so a process that is killed while saving leaves the earlier checkpoints untouched.
    """

    def __init__(self, folder: Path, keep_last: int, keep_best: str, *, reading: bool = False) -> None:
        """Open the checkpoints of a folder.

        Args:
            folder: The folder of the checkpoints.
            keep_last: How many of the newest are kept.
            keep_best: The metric by which one more, the best, is kept.
            reading: Nothing in the folder is changed; it may be that of a run that is still training.
        """
        self._folder, self._reading = folder.resolve(), reading
        rises = keep_best in HIGHEST_IS_BEST
        # A checkpoint that was saved with other metrics is never the best.
        rank: Callable[[dict[str, float]], float] = lambda metrics: metrics.get(keep_best, -inf if rises else inf)  # noqa: E731
        best = BestN(get_metric_fn=rank, reverse=not rises, n=1, keep_checkpoints_without_metrics=False)
        options = ocp.CheckpointManagerOptions(
            best_fn=rank,  # without it the metrics would not be saved with the checkpoint
            best_mode="max" if rises else "min",
            preservation_policy=AnyPreservationPolicy([LatestN(keep_last), best]),
            cleanup_tmp_directories=not reading,  # another process may be writing them
            create=not reading,
            async_options=ocp.AsyncOptions(post_finalization_callback=self._write_digests),
        )
        self._manager = _Manager(self._folder, options=options)

    @property
    def steps(self) -> list[int]:
        """The steps of the existing checkpoints, oldest first."""
        return sorted(self._manager.all_steps())

    def save(self, step: int, state: TrainState, metrics: dict[str, float] | None) -> None:
        """Start to save a state in the background.

        Args:
            step: The number of steps that were made.
            state: The state after them.
            metrics: The metrics of this state, among them that of `keep_best`; None if it was not evaluated.
        """
        if step not in self.steps:
            self._manager.save(step, args=ocp.args.StandardSave(state), metrics=metrics)

    def restore(self, step: int, like: TrainState) -> TrainState:
        """Return the state after a step.

        Args:
            step: The step of the checkpoint.
            like: Shapes, dtypes and shardings of the state.

        Raises:
            ValueError: There is no such checkpoint; the message lists those that exist.
        """
        if step not in self.steps:
            raise ValueError(f"{self._folder} has no checkpoint {step}; it has {', '.join(map(str, self.steps))}")
        try:
            return self._read(step, like)
        except Exception as error:  # Orbax raises exceptions of any type for damaged files
            raise ValueError(f"the checkpoint {self._folder / str(step)} cannot be read: {_reason(error)}") from error

    def restore_newest(self, like: TrainState) -> TrainState | None:
        """Return the newest state that can be read, or None if there is no checkpoint.

        For a checkpoint that cannot be read a warning is logged, and the one before is tried. Once one was read, the
        unreadable ones are renamed to `unreadable-STEP`, unless the folder was opened for reading.

        Args:
            like: Shapes, dtypes and shardings of the state.

        Raises:
            ValueError: There are checkpoints, and none can be read.
        """
        unreadable: dict[int, str] = {}
        for step in reversed(self.steps):
            try:
                state = self._read(step, like)
            except Exception as error:  # as in `restore`
                unreadable[step] = _reason(error)
            else:
                for bad, reason in unreadable.items():
                    log.warning("checkpoint %s cannot be read (%s); falling back to %s", bad, reason, step)
                self._set_aside([] if self._reading else list(unreadable))
                return state
        if unreadable:
            reasons = "; ".join(f"{step}: {reason}" for step, reason in unreadable.items())
            raise ValueError(
                f"{self._folder}: none of the checkpoints can be read ({reasons}); bring back a copy of one, or start "
                "in another --workdir"
            )
        return None

    def close(self) -> None:
        """Wait until all checkpoints are on disk, and close the folder."""
        self._manager.wait_until_finished()
        self._manager.close()

    def _read(self, step: int, like: TrainState) -> TrainState:
        folder = self._folder / str(step)
        # Orbax would take a checkpoint without this folder for one of another kind, and all later ones with it.
        if not (folder / "default").is_dir():
            raise ValueError("it has no folder 'default'")
        check_digests(folder)
        state: TrainState = self._manager.restore(step, args=ocp.args.StandardRestore(like))
        if int(state.step) != step:
            raise ValueError(f"it holds the state after step {int(state.step)}")
        return state

    def _write_digests(self) -> None:
        """Add the digests to the checkpoint that is being saved: all of its files are there, its final name is not."""
        if jax.process_index() == 0:
            for folder in self._folder.glob(f"[0-9]*{TEMPORARY}*"):
                write_digests(folder)

    def _set_aside(self, steps: list[int]) -> None:
        if jax.process_index() == 0:
            for step in steps:
                (self._folder / str(step)).rename(_free(self._folder.parent / f"unreadable-{step}"))
        if steps and jax.process_count() > 1:
            multihost_utils.sync_global_devices("unreadable checkpoints are set aside")
        if steps:
            self._manager.reload()


class _Manager(ocp.CheckpointManager):
    """A manager that reads the metrics of all checkpoints when it is opened, and does not fail for a damaged one."""

    def metrics(self, step: int) -> Any:
        """Return the metrics of a checkpoint, or None where it has none that can be read."""
        try:
            metrics = super().metrics(step)
        except (ValueError, RecursionError):
            return None
        known = isinstance(metrics, dict) and all(isinstance(value, (int, float)) for value in metrics.values())
        return metrics if known else None


def _reason(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:REASON_LETTERS]


def _free(path: Path) -> Path:
    """Return the path, or if it exists the first free one with a number."""
    names = (path.with_name(f"{path.name}-{number}") for number in count(2))
    return next(name for name in chain([path], names) if not name.exists())
