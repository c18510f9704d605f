"""Prefetch a data set, in threads or in worker processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from typing import Any

import grain
from absl import flags

from mangagan.data.archive.staging import exit_with_parent


def prefetch(dataset: grain.MapDataset, workers: int) -> Generator[Any, None, None]:
    """Return an iterator that reads a few items ahead; closing it stops the worker processes."""
    # The examples are computed by the workers if there are any, else by these threads.
    threads = 1 if workers else 2
    ahead = grain.ReadOptions(num_threads=threads, prefetch_buffer_size=2 * threads)
    batches = dataset.to_iter_dataset(ahead)
    if workers:
        # Grain requires that absl has parsed the command line, which is parsed by argparse here.
        flags.FLAGS.mark_as_parsed()
        options = grain.MultiprocessingOptions(num_workers=workers, per_worker_buffer_size=2)
        batches = batches.mp_prefetch(options, worker_init_fn=_start_worker)
    return _closing(iter(batches))


def _start_worker(index: int, count: int) -> None:
    del index, count
    os.environ["JAX_PLATFORMS"] = "cpu"  # a worker must not claim an accelerator
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the main process saves first
    exit_with_parent()


def _closing(iterator: Any) -> Generator[Any, None, None]:
    try:
        yield from iterator
    finally:
        # Otherwise the worker processes would live until the garbage collector runs.
        iterator.close()
