"""What happens, told to every open page of the studio as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

# Events that a page has not fetched; one that sleeps loads everything anew when it wakes.
_WAITING = 1000
# Seconds after which a comment keeps a silent connection alive.
_BEAT = 15.0


class Events:
    """Passes events from any thread to the connections of the event loop."""

    def __init__(self) -> None:
        """Begin without connections."""
        self._queues = set[asyncio.Queue[str]]()
        self._loop: asyncio.AbstractEventLoop | None = None

    def publish(self, event: dict[str, Any]) -> None:
        """Send an event to all connections. Called from any thread."""
        text = json.dumps(event, ensure_ascii=False)
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put, text)

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield the events of one connection, in the format of server-sent events."""
        self._loop = asyncio.get_running_loop()
        queue = asyncio.Queue[str](_WAITING)
        self._queues.add(queue)
        try:
            yield b": the studio\n\n"
            while True:
                try:
                    text = await asyncio.wait_for(queue.get(), _BEAT)
                except TimeoutError:
                    yield b": \n\n"
                else:
                    if not text:
                        return
                    yield f"data: {text}\n\n".encode()
        finally:
            self._queues.discard(queue)

    def close(self) -> None:
        """End all connections, which would keep the server from ending. Called from the event loop."""
        for queue in list(self._queues):
            self._queues.discard(queue)
            while not queue.empty():
                queue.get_nowait()
            queue.put_nowait("")

    def _put(self, text: str) -> None:
        for queue in list(self._queues):
            if queue.full():
                self._queues.discard(queue)
            else:
                queue.put_nowait(text)
