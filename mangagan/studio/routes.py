"""The HTTP interface (docs/studio.md): what a browser, or a script with the token, may ask for."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from mangagan.images.errors import UnusableFile
from mangagan.images.names import printable
from mangagan.studio.guard import Access, BadBody, Guard
from mangagan.studio.project import Project
from mangagan.studio.studio import Studio

_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
Answer = Callable[[Request], Awaitable[Response]]


class HttpError(Exception):
    """A request that is refused, with a status and a sentence for people."""

    def __init__(self, status: int, text: str) -> None:
        """Take the status and the sentence."""
        super().__init__(text)
        self.status = status


def application(studio: Studio, access: Access, version: str, device: str) -> Guard:
    """Return the application of a studio, which answers those alone that have access."""
    web = Web(studio, access, version, device)
    handlers: dict[Any, Any] = {error: _refused for error in (HttpError, BadBody, ValueError, UnusableFile, OSError)}
    return Guard(Starlette(routes=web.routes(), exception_handlers=handlers), access)


class Web:
    """The answers to requests. What takes time is done in threads."""

    def __init__(self, studio: Studio, access: Access, version: str, device: str) -> None:
        """Take the studio, and read the web page."""
        self._studio, self._access, self._about = studio, access, (version, device, access.upload_bytes)
        self._page_forms = {
            "page": (studio.page_file, ".png", "image/png"),
            "layers": (studio.layers, ".ora", "image/openraster"),
        }
        # A fixed table: no path that a browser sends is ever opened.
        folder = files("mangagan.studio") / "web"
        self._files = {
            entry.name: entry.read_bytes() for entry in folder.iterdir() if Path(entry.name).suffix in _KINDS
        }

    def routes(self) -> list[Route]:
        """Return all routes."""
        project, page = "/api/projects/{id}", "/api/projects/{id}/pages/{number:int}"
        return [
            Route("/", self._start),
            Route("/web/{name}", self._file),
            Route("/api/state", self._state),
            Route("/api/events", self._events),
            Route("/api/projects", self._upload, methods=["PUT"]),
            Route(project, self._project),
            Route(project, self._remove, methods=["DELETE"]),
            Route(f"{project}/settings", self._settings, methods=["PUT"]),
            Route(f"{project}/swatches", self._swatches, methods=["PUT"]),
            Route(f"{project}/run", self._run, methods=["POST"]),
            Route(f"{project}/pause", partial(self._set_running, False), methods=["POST"]),
            Route(f"{project}/resume", partial(self._set_running, True), methods=["POST"]),
            Route(f"{project}/export", self._export),
            Route(f"{project}/command", self._command),
            Route(page, self._page),
            Route(f"{page}/thumbnail", self._picture("image/jpeg", self._studio.thumbnail)),
            Route(f"{page}/original", self._picture("image/png", self._studio.original)),
            Route(f"{page}/mask", self._picture("image/png", self._studio.mask)),
            Route(f"{page}/result", self._result),
            Route(f"{page}/operations", self._draw, methods=["POST"]),
            Route(f"{page}/undo", partial(self._undo, False), methods=["POST"]),
            Route(f"{page}/redo", partial(self._undo, True), methods=["POST"]),
            Route(f"{page}/preview", self._preview, methods=["POST"]),
            Route(f"{page}/retry", self._preview, methods=["POST"]),
        ]

    async def _start(self, request: Request) -> Response:
        if "token" in request.query_params:
            answer = RedirectResponse("/", status_code=303)
            answer.set_cookie(self._access.cookie, self._access.token, httponly=True, samesite="strict", path="/")
            return answer
        return self._served("index.html")

    async def _file(self, request: Request) -> Response:
        return self._served(request.path_params["name"])

    def _served(self, name: str) -> Response:
        if name not in self._files:
            raise HttpError(404, "there is no such file")
        return Response(self._files[name], media_type=_KINDS[Path(name).suffix])

    async def _state(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self._studio.state, *self._about))

    async def _events(self, request: Request) -> Response:
        return StreamingResponse(self._studio.events.stream(), media_type="text/event-stream")

    async def _upload(self, request: Request) -> Response:
        library = self._studio.library
        file = library.new_upload(request.query_params.get("name", "upload"))
        try:
            with file.open("xb") as written:
                async for part in request.stream():
                    await run_in_threadpool(written.write, part)
            project = await run_in_threadpool(library.open_upload, file)
        except BaseException:  # a closed browser cancels this
            await run_in_threadpool(library.drop_upload, file)
            raise
        self._studio.events.publish({"kind": "projects"})
        return JSONResponse({"id": project.id}, status_code=201)

    async def _project(self, request: Request) -> Response:
        project = await self._of(request)
        return JSONResponse(await run_in_threadpool(self._studio.project, project))

    async def _remove(self, request: Request) -> Response:
        project = await self._of(request)
        await run_in_threadpool(self._studio.remove, project)
        return Response(status_code=204)

    async def _settings(self, request: Request) -> Response:
        project, values = await self._of(request), await _json(request)
        return JSONResponse(await run_in_threadpool(self._studio.set_settings, project, values))

    async def _swatches(self, request: Request) -> Response:
        project, values = await self._of(request), await _json(request)
        return JSONResponse(await run_in_threadpool(project.set_swatches, values))

    async def _run(self, request: Request) -> Response:
        project, values = await self._of(request), await _json(request)
        if not isinstance(values, dict):
            raise HttpError(400, "a run is a JSON object with pages and pause_after")
        numbers, pause_after = values.get("pages"), values.get("pause_after")
        is_right = numbers is None or (isinstance(numbers, list) and all(type(number) is int for number in numbers))
        if not is_right or not (pause_after is None or (type(pause_after) is int and pause_after > 0)):
            raise HttpError(400, "pages are a list of numbers or null, and pause_after is a number above 0 or null")
        run = await run_in_threadpool(self._studio.start_run, project, numbers, pause_after)
        return JSONResponse(run.to_json())

    async def _set_running(self, running: bool, request: Request) -> Response:
        project = await self._of(request)
        return JSONResponse((await run_in_threadpool(self._studio.set_running, project, running)).to_json())

    async def _export(self, request: Request) -> Response:
        project = await self._of(request)
        form = request.query_params.get("form", "cbz")
        if form in self._page_forms:
            make, suffix, kind = self._page_forms[form]
            name = _page(project, request.query_params.get("number", ""))
            content = await run_in_threadpool(make, project, name)
            headers = {"content-disposition": _attachment(f"{Path(name).stem}{suffix}")}
            return Response(content, media_type=kind, headers=headers)
        if form != "cbz":
            raise HttpError(400, "the form of an export is cbz, page or layers")
        file = await run_in_threadpool(self._studio.finished, project)
        return FileResponse(file, filename=file.name)

    async def _command(self, request: Request) -> Response:
        project = await self._of(request)
        return JSONResponse({"command": await run_in_threadpool(self._studio.command, project)})

    async def _page(self, request: Request) -> Response:
        project, name = await self._page_of(request)
        return JSONResponse(await run_in_threadpool(self._studio.page, project, name))

    async def _result(self, request: Request) -> Response:
        project, name = await self._page_of(request)
        stage, revision = (request.query_params.get(key, "") for key in ("stage", "revision"))
        content = await run_in_threadpool(self._studio.result, project, name, stage, revision)
        if content is None:
            raise HttpError(404, "this stage of the page was not made yet, or has other edits by now")
        return Response(content, media_type="image/png", headers={"cache-control": "private, max-age=86400"})

    async def _draw(self, request: Request) -> Response:
        (project, name), value = await self._page_of(request), await _json(request)
        preview = request.query_params.get("preview") != "0"
        return JSONResponse(await run_in_threadpool(self._studio.draw, project, name, value, preview))

    async def _undo(self, redo: bool, request: Request) -> Response:
        project, name = await self._page_of(request)
        return JSONResponse(await run_in_threadpool(self._studio.undo, project, name, redo))

    async def _preview(self, request: Request) -> Response:
        project, name = await self._page_of(request)
        self._studio.worker.look_at(project, name)
        return JSONResponse({}, status_code=202)

    def _picture(self, kind: str, make: Callable[[Project, str], bytes]) -> Answer:
        async def answer(request: Request) -> Response:
            project, name = await self._page_of(request)
            return Response(await run_in_threadpool(make, project, name), media_type=kind)

        return answer

    async def _page_of(self, request: Request) -> tuple[Project, str]:
        project = await self._of(request)
        return project, _page(project, str(request.path_params["number"]))

    async def _of(self, request: Request) -> Project:
        try:
            return await run_in_threadpool(self._studio.library.project, request.path_params["id"])
        except KeyError:
            raise HttpError(404, "there is no such project") from None


def _page(project: Project, number: str) -> str:
    if not number.isdecimal() or len(number) > 6 or int(number) >= len(project.names):
        raise HttpError(404, "there is no page of this number")
    return project.names[int(number)]


async def _json(request: Request) -> Any:
    try:
        return json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError):
        raise HttpError(400, "the body of the request is no JSON") from None


def _attachment(name: str) -> str:
    plain = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name if letter.isascii())
    return f'attachment; filename="{plain or "page.png"}"'


async def _refused(request: Request, error: Exception) -> Response:
    if isinstance(error, (HttpError, BadBody)):
        status = error.status
    else:
        status = 500 if isinstance(error, OSError) else 400
    return JSONResponse({"error": printable(str(error))}, status_code=status)
