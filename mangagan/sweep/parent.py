"""The process that has started a run of a sweep, as its child sees it."""

from __future__ import annotations

import os
import signal
import threading


def stop_with_parent() -> None:
    """Stops this process as SIGTERM does, saved, once the sweep that holds the other end of its input is gone."""

    def watch() -> None:
        # Not sys.stdin: Python could not take it down while this thread waits.
        while os.read(0, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
