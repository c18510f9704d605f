"""Stop a sweep's child process when its parent is gone."""

from __future__ import annotations

import os
import signal
import threading


def stop_with_parent() -> None:
    """Stop this process as SIGTERM does, after a checkpoint, once the parent has closed the other end of its input."""

    def watch() -> None:
        # Not sys.stdin: Python could not close it at exit while this thread reads it.
        while os.read(0, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
