"""A data set read ahead, in worker processes if there are any."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from typing import Any

import grain
from absl import flags

from mangagan.data.archive.staging import exit_with_parent


def loaded(dataset: grain.MapDataset, workers: int) -> Generator[Any, None, None]:
    """What a data set gives, from now on read a few items ahead; closing it stops its worker processes, if any."""
    threads = 1 if workers else 2
    ahead = grain.ReadOptions(num_threads=threads, prefetch_buffer_size=2 * threads)
    batches = dataset.to_iter_dataset(ahead)
    if workers:
        # Grain asks whether the command line was parsed by absl; ours is not.
        flags.FLAGS.mark_as_parsed()
        options = grain.MultiprocessingOptions(num_workers=workers, per_worker_buffer_size=2)
        batches = batches.mp_prefetch(options, worker_init_fn=_start_worker)
    return _closing(iter(batches))


def _start_worker(index: int, count: int) -> None:
    del index, count
    os.environ["JAX_PLATFORMS"] = "cpu"  # a worker never claims an accelerator
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the one that trains saves first
    exit_with_parent()


def _closing(iterator: Any) -> Generator[Any, None, None]:
    try:
        yield from iterator
    finally:
        iterator.close()
