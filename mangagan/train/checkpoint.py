"""Checkpoints of the training state, written while training continues; the last few and the best are kept."""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import chain, count
from operator import itemgetter
from pathlib import Path

import jax
import orbax.checkpoint as ocp
from jax.experimental import multihost_utils
from orbax.checkpoint.checkpoint_managers import AnyPreservationPolicy, BestN, LatestN

from mangagan.config import HIGHEST_IS_BEST
from mangagan.train.state import TrainState

log = logging.getLogger(__name__)


class Checkpoints:
    """The checkpoints of one run, one folder for each saved step.

    A checkpoint gets its final name only when it is complete (Orbax writes to a temporary folder and renames it), so a
    process that is killed while saving leaves the earlier checkpoints untouched.
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
        rank: Callable[[dict[str, float]], float] = itemgetter(keep_best)
        rises = keep_best in HIGHEST_IS_BEST
        best = BestN(get_metric_fn=rank, reverse=not rises, n=1, keep_checkpoints_without_metrics=False)
        options = ocp.CheckpointManagerOptions(
            best_fn=rank,  # without it the metrics would not be saved with the checkpoint
            best_mode="max" if rises else "min",
            preservation_policy=AnyPreservationPolicy([LatestN(keep_last), best]),
            cleanup_tmp_directories=not reading,  # another process may be writing them
            create=not reading,
        )
        self._manager = ocp.CheckpointManager(self._folder, options=options)

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
        state: TrainState = self._manager.restore(step, args=ocp.args.StandardRestore(like))
        return state

    def restore_newest(self, like: TrainState) -> TrainState | None:
        """Return the newest state that can be read, or None if there is no checkpoint.

        For a checkpoint that cannot be read a warning is logged, and the one before is tried. Once one was read, the
        unreadable ones are renamed to `unreadable-STEP`, unless the folder was opened for reading.

        Args:
            like: Shapes, dtypes and shardings of the state.

        Raises:
            ValueError: There are checkpoints, and none can be read.
        """
        unreadable: list[int] = []
        for step in reversed(self.steps):
            try:
                state = self.restore(step, like)
            except Exception as error:  # Orbax raises exceptions of any type for damaged files
                reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
                log.warning("checkpoint %s cannot be read (%s); falling back to the one before", step, reason)
                unreadable.append(step)
            else:
                self._set_aside([] if self._reading else unreadable)
                return state
        if unreadable:
            raise ValueError(
                f"{self._folder}: none of the checkpoints {unreadable} can be read; start in another --workdir"
            )
        return None

    def close(self) -> None:
        """Wait until all checkpoints are on disk, and close the folder."""
        self._manager.wait_until_finished()
        self._manager.close()

    def _set_aside(self, steps: list[int]) -> None:
        if jax.process_index() == 0:
            for step in steps:
                (self._folder / str(step)).rename(_free(self._folder.parent / f"unreadable-{step}"))
        if steps and jax.process_count() > 1:
            multihost_utils.sync_global_devices("unreadable checkpoints are set aside")
        if steps:
            self._manager.reload()


def _free(path: Path) -> Path:
    """Return the path, or if it exists the first free one with a number."""
    names = (path.with_name(f"{path.name}-{number}") for number in count(2))
    return next(name for name in chain([path], names) if not name.exists())
