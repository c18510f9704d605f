"""Who may use the studio: requests of its own page, with the token, and of bounded size.

A browser sends requests of any web page to 127.0.0.1. What tells them apart is the token in a cookie that other sites
cannot send (SameSite), the Host (against names that are made to point here), the Origin, and a header that a form
cannot have.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "x-studio"
_HEADERS = {
    "content-security-policy": "default-src 'self'; img-src 'self' blob: data:; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
# Of what a browser sends beside uploads: a stroke of 20,000 places has 400 KB.
_BODY_BYTES = 4 * 2**20
# Seconds without a byte after which an upload has ended.
_PATIENCE = 60.0


@dataclass(frozen=True)
class Access:
    """Who is let in.

    Attributes:
        token: A secret of this start.
        hosts: Values of the Host header that name this server.
        cookie: The name of the cookie, which servers on other ports do not share.
        upload_bytes: The largest upload.
    """

    token: str
    hosts: frozenset[str]
    cookie: str
    upload_bytes: int

    def has_token(self, given: str) -> bool:
        """Return whether this is the token."""
        return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self.token.encode())


class Guard:
    """Passes on the requests that may be answered, with the headers that every answer has."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        """Take the application behind it."""
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of any kind."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        limit = self._access.upload_bytes if scope["method"] == "PUT" else _BODY_BYTES
        status, text = self._fault(scope, headers, limit)
        if status:
            await _refuse(_with_headers(send), status, text)
            return
        await self._app(scope, _bounded(receive, limit), _with_headers(send))

    def _fault(self, scope: Scope, headers: Mapping[str, str], limit: int) -> tuple[int, str]:
        """Return the status and the text of a refusal; status 0 lets a request in."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if host not in self._access.hosts:
            return 421, "this server answers to its own address only"
        if origin is not None and origin != f"http://{host}":
            return 403, "requests of other pages are not answered"
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return 403, "requests of other pages are not answered"
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > limit:
            return 413, f"the request is larger than {limit} bytes"
        if self._is_start(scope):
            return 0, ""
        bearer = headers.get("authorization", "")
        if bearer.lower().startswith("bearer "):
            return (0, "") if self._access.has_token(bearer[7:].strip()) else (401, "this is not the token")
        if not self._access.has_token(_cookie(headers.get("cookie", ""), self._access.cookie)):
            return 401, "open the address that the studio printed: it holds the token"
        if scope["method"] not in ("GET", "HEAD") and HEADER not in headers:
            return 403, f"requests that change something have the header {HEADER}"
        return 0, ""

    def _is_start(self, scope: Scope) -> bool:
        """Return whether this is the first request, which is answered with the cookie."""
        query = scope["query_string"].decode("latin-1")
        return (
            scope["path"] == "/" and scope["method"] == "GET" and self._access.has_token(query.removeprefix("token="))
        )


class BadBody(Exception):
    """A body is larger than its header said, or does not come; with the status of the answer."""

    def __init__(self, status: int, text: str) -> None:
        """Take the status and a sentence for people."""
        super().__init__(text)
        self.status = status


def _cookie(header: str, name: str) -> str:
    try:
        morsel = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _bounded(receive: Receive, limit: int) -> Receive:
    received = 0

    async def bounded() -> Message:
        nonlocal received
        try:
            # After the body only the end of the connection is waited for.
            message = await (asyncio.wait_for(receive(), _PATIENCE) if received >= 0 else receive())
        except TimeoutError:
            raise BadBody(408, f"nothing was sent for {_PATIENCE:g} seconds") from None
        if message["type"] == "http.request":
            received = received + len(message.get("body", b""))
            if received > limit:
                raise BadBody(413, f"the request is larger than {limit} bytes")
            if not message.get("more_body"):
                received = -1
        return message

    return bounded


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            own: list[tuple[bytes, bytes]] = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
            given = {name.lower() for name, _ in message.get("headers", [])}
            kept = [pair for pair in own if pair[0] not in given]
            message = {**message, "headers": [*message.get("headers", []), *kept]}
        await send(message)

    return sending


async def _refuse(send: Send, status: int, text: str) -> None:
    body = json.dumps({"error": text}).encode()
    headers: list[Any] = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    # What is left of a refused body is not read.
    headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
