"""Start the studio: its networks, its server, and the browser."""

from __future__ import annotations

import os
import secrets
import socket
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import jax
import uvicorn

from mangagan.images.limits import Limits
from mangagan.studio.guard import Access, Guard
from mangagan.studio.library import Library
from mangagan.studio.routes import application
from mangagan.studio.stages import Tools
from mangagan.studio.studio import Studio

LOOPBACK = "127.0.0.1"
# Held open by browsers and scripts; a page needs a few.
_CONNECTIONS = 200


@dataclass(frozen=True)
class Address:
    """Where the studio listens.

    Attributes:
        host: An address of this computer.
        port: 0 takes a free one.
        token: A secret; "" makes one.
    """

    host: str = LOOPBACK
    port: int = 0
    token: str = ""


class Server(uvicorn.Server):
    """Ends the connections that listen to events before it waits for all others."""

    def __init__(self, app: Guard, studio: Studio) -> None:
        """Take the application and its studio."""
        super().__init__(
            uvicorn.Config(
                app,
                log_level="error",
                access_log=False,
                server_header=False,
                limit_concurrency=_CONNECTIONS,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=3,
                ws="none",
            )
        )
        self._studio = studio

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the server."""
        self._studio.events.close()
        await super().shutdown(sockets)


def serve(
    tools: Tools,
    folder: Path,
    sources: Sequence[Path],
    address: Address,
    started: Callable[[str], None],
    open_browser: bool,
) -> None:
    """Run the studio until it is interrupted.

    Args:
        tools: The networks.
        folder: Of the projects.
        sources: Pages, folders, archives and PDFs that are opened at once.
        address: Where it listens.
        started: Is told the address, with the token, once the server answers.
        open_browser: Whether the browser is opened.

    Raises:
        ValueError: A source cannot be opened, or the port is taken.
    """
    library = Library(folder)
    opened = [library.open_source(source) for source in sources]
    listening = _listening(address)
    port = listening.getsockname()[1]
    token = address.token or secrets.token_urlsafe(24)
    names = {address.host, "localhost"} if address.host == LOOPBACK else {address.host, LOOPBACK, "localhost"}
    hosts = frozenset(f"{name}:{port}" for name in names)
    access = Access(token, hosts, f"mangagan-{port}", Limits().volume_bytes // 8)
    studio = Studio(library, tools)
    app = application(studio, access, version("mangagan"), _device())
    place = f"#/project/{opened[0].id}" if len(opened) == 1 else ""
    url = f"http://{address.host}:{port}/?token={token}{place}"
    started(url)
    if open_browser:
        # The socket listens already: the browser waits for the first answer.
        webbrowser.open(url)
    try:
        Server(app, studio).run(sockets=[listening])
    finally:
        studio.close()


def _listening(address: Address) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address.host, address.port))
    except OSError as error:
        listening.close()
        raise ValueError(f"--port={address.port}: {address.host} cannot be listened at: {error.strerror}") from error
    listening.listen(128)
    return listening


def _device() -> str:
    devices = jax.devices()
    cores = f"{len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} cores"
    return cores if devices[0].platform == "cpu" else f"{len(devices)} x {devices[0].device_kind}"
