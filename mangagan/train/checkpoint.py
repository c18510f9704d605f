"""Checkpoints of the whole train state: written while training goes on; the last few and the best are kept."""

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
    """The checkpoints of one run, a folder for each step saved.

    A checkpoint appears under its final name only when it is whole (Orbax writes aside and renames), so a process that
    is killed while saving leaves the ones before untouched. With `reading` nothing in the folder is changed, which
    may be that of a run that is under way.
    """

    def __init__(self, folder: Path, keep_last: int, keep_best: str, *, reading: bool = False) -> None:
        self._folder, self._reading = folder.resolve(), reading
        rank: Callable[[dict[str, float]], float] = itemgetter(keep_best)
        rises = keep_best in HIGHEST_IS_BEST
        best = BestN(get_metric_fn=rank, reverse=not rises, n=1, keep_checkpoints_without_metrics=False)
        options = ocp.CheckpointManagerOptions(
            best_fn=rank,  # without it the figures would not be written beside the checkpoint
            best_mode="max" if rises else "min",
            preservation_policy=AnyPreservationPolicy([LatestN(keep_last), best]),
            cleanup_tmp_directories=not reading,  # another process may be writing them
            create=not reading,
        )
        self._manager = ocp.CheckpointManager(self._folder, options=options)

    @property
    def steps(self) -> list[int]:
        """The steps that checkpoints exist for, oldest first."""
        return sorted(self._manager.all_steps())

    def save(self, step: int, state: TrainState, figures: dict[str, float] | None) -> None:
        """Starts to save in the background; `figures` hold the one that the best is chosen by."""
        if step not in self.steps:
            self._manager.save(step, args=ocp.args.StandardSave(state), metrics=figures)

    def restore(self, step: int, like: TrainState) -> TrainState:
        """The state after a step. Raises ValueError where there is no such checkpoint, and names those there are."""
        if step not in self.steps:
            raise ValueError(f"{self._folder} has no checkpoint {step}; it has {', '.join(map(str, self.steps))}")
        state: TrainState = self._manager.restore(step, args=ocp.args.StandardRestore(like))
        return state

    def restore_newest(self, like: TrainState) -> TrainState | None:
        """The newest state that can be read, placed as `like` says; None where there is no checkpoint.

        One that cannot be read is reported and the one before is tried; once one was read, those that could not are
        set aside under the name `unreadable-STEP` unless `reading`. Raises ValueError where there are checkpoints and
        none can be read.
        """
        unreadable: list[int] = []
        for step in reversed(self.steps):
            try:
                state = self.restore(step, like)
            except Exception as error:  # a damaged file surfaces as any kind, a bare Exception among them
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
        """Waits until what is being saved is on disk."""
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
    """The path, or the first one like it that nothing lies at."""
    names = (path.with_name(f"{path.name}-{number}") for number in count(2))
    return next(name for name in chain([path], names) if not name.exists())
