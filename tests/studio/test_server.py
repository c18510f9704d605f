"""The HTTP interface, and attacks on it."""

import json
import socket
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from mangagan.studio.guard import Access
from mangagan.studio.operations import HINTS, MASKS
from mangagan.studio.project_settings import ProjectSettings, to_json
from mangagan.studio.routes import Web
from tests.studio.conftest import TOKEN, page, wait


def upload(client, content, name="one.png"):
    return client("PUT", f"/api/projects?name={name}", content)


def png():
    content = BytesIO()
    page().save(content, "PNG")
    return content.getvalue()


def test_a_page_is_uploaded_drawn_on_and_fetched(client, studio):
    status, answer = upload(client, png())
    assert status == 201
    path = f"/api/projects/{answer['id']}"
    status, project = client("GET", path)
    assert status == 200 and [entry["name"] for entry in project["pages"]] == ["one.png"]
    status, drawn = client("POST", f"{path}/pages/0/operations", {"kind": "point", "at": [30, 30], "color": "#ff0000"})
    assert status == 200 and drawn["can_undo"] and len(drawn["operations"]) == 1
    found = wait(lambda: client("GET", f"{path}/pages/0")[1]["results"]["color"])
    status, picture = client("GET", f"{path}/pages/0/result?stage=color&revision={found}")
    assert status == 200 and picture.startswith(b"\x89PNG")
    assert client("GET", f"{path}/pages/0/thumbnail")[1].startswith(b"\xff\xd8")
    assert client("GET", f"{path}/pages/0/original")[0] == client("GET", f"{path}/pages/0/mask")[0] == 200
    assert client("GET", f"{path}/command")[1]["command"].startswith("mangagan colorize ")
    assert client("GET", f"{path}/export?form=page&number=0")[1].startswith(b"\x89PNG")
    assert client("GET", f"{path}/export?form=layers&number=0")[1].startswith(b"PK")
    assert client("GET", f"{path}/export?form=psd")[0] == 400
    assert client("POST", f"{path}/run", {"pages": None, "pause_after": None})[1]["total"] == 1
    wait(lambda: client("GET", path)[1]["run"]["state"] == "finished")
    assert client("GET", f"{path}/export?form=cbz")[1].startswith(b"\x89PNG")
    assert client("DELETE", path)[0] == 204 and client("GET", path)[0] == 404


def test_events_tell_of_pages(client, studio):
    _, answer = upload(client, png())
    listening = socket.create_connection(("127.0.0.1", client.port))
    listening.sendall(
        f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
    )
    listening.settimeout(30)
    text = b""
    while b": the studio" not in text:
        text += listening.recv(4096)
    client("POST", f"/api/projects/{answer['id']}/pages/0/preview", {})
    while b'"state": "done"' not in text:
        text += listening.recv(4096)
    assert b'"kind": "page"' in text
    listening.close()


def test_the_token_opens_a_session_and_nothing_else_does(client):
    status, _ = client("GET", f"/?token={TOKEN}", Authorization=None)
    cookie = client.headers["set-cookie"]
    assert status == 303 and "HttpOnly" in cookie and "samesite=strict" in cookie.lower()
    session = cookie.partition(";")[0]
    assert client("GET", "/", Authorization=None, Cookie=session)[0] == 200
    assert client("GET", "/web/app.js", Authorization=None, Cookie=session)[0] == 200
    for given in ({}, {"Cookie": session[:-1]}, {"Cookie": "x"}, {"Cookie": "a=\x22;;=="}):
        assert client("GET", "/api/state", Authorization=None, **given)[0] == 401
    assert client("GET", "/?token=wrong", Authorization=None)[0] == 401
    assert client("GET", "/api/state", Authorization="Bearer wrong")[0] == 401
    # A form of another site could send the cookie of an old browser: it cannot send the header.
    assert client("POST", "/api/projects/x/run", {}, Authorization=None, Cookie=session)[0] == 403
    assert client("POST", "/api/projects/x/run", {}, Authorization=None, Cookie=session, X_Studio="1")[0] == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1:1"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Content_Length": "99999999999"}, 413),
        ({"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Key": "x", "Origin": "http://evil"}, 403),
    ],
    ids=str,
)
def test_other_pages_are_refused(client, headers, status):
    assert client("GET", "/api/state", **headers)[0] == status
    assert client("GET", "/api/state")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/web/../routes.py",
        "/web/%2e%2e%2froutes.py",
        "/web//etc/passwd",
        "/web/app.js%00",
        "/api/projects/..%2f..",
        "/api/projects/../../etc",
        "/api/projects/x/pages/0",
        "/api/projects/x/export?form=page&number=../../1",
    ],
)
def test_no_path_of_a_request_is_opened(client, path):
    status, answer = client("GET", path)
    assert status == 404 and (isinstance(answer, bytes) or "error" in answer)


def test_every_answer_has_the_headers_that_keep_it_to_itself(client):
    for path in ("/", "/api/state", "/api/none", "/web/studio.css"):
        client("GET", path)
        assert client.headers["content-security-policy"].startswith("default-src 'self'")
        assert client.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in client.headers


def test_uploads_have_a_limit_whatever_their_headers_say(client, library):
    assert client("GET", "/api/state", Content_Length=str(2**40))[0] == 413
    try:
        assert upload(client, b"x" * (2**20 + 1))[0] == 413
    except OSError:
        pass  # refused before all of it was sent
    # Without a length, what arrives is counted.
    sending = socket.create_connection(("127.0.0.1", client.port))
    head = (
        f"PUT /api/projects?name=a.png HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\nAuthorization: Bearer {TOKEN}\r\n"
    )
    sending.sendall((head + "Transfer-Encoding: chunked\r\n\r\n").encode())
    try:
        for _ in range(40):
            sending.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
    except OSError:
        pass  # the server has closed it
    sending.settimeout(20)
    try:
        assert sending.recv(4096).startswith(b"HTTP/1.1 413")
    except ConnectionResetError:
        pass
    sending.close()
    wait(lambda: not list(library.folder.iterdir()))
    assert client("GET", "/api/state")[0] == 200


def test_uploads_that_are_no_pages_leave_nothing(client, library):
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.png", bytes(300 * 2**20))
    files = {"a.png": b"", "../../evil.cbz": b"text", "bomb.cbz": bomb.getvalue(), "%00%0a.cbz": b"x"}
    for name, content in files.items():
        status, answer = upload(client, content, name)
        assert status == 400 and answer["error"], (name, answer)
        assert not list(library.folder.iterdir())


def test_a_name_is_one_part_of_a_path(client, library):
    _, answer = upload(client, png(), "..%2F..%2Fx%0Ay.png")
    files = [path.name for path in (library.folder / answer["id"] / "source").iterdir()]
    assert files == ["x_ny.png"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "pages/0/operations", b"{"),
        ("POST", "pages/0/operations", b"[" * 100_000),
        ("POST", "pages/0/operations", {"kind": "point"}),
        ("POST", "run", {"pages": ["0"]}),
        ("POST", "run", {"pages": [7]}),
        ("POST", "run", {"pause_after": 0}),
        ("POST", "run", []),
        ("POST", "pause", {}),
        ("PUT", "settings", {"size": "x"}),
        ("PUT", "settings", 3),
        ("PUT", "swatches", {}),
        ("GET", "export?form=cbz", None),
        ("GET", "export?form=page&number=0", None),
    ],
    ids=str,
)
def test_mistakes_are_told_in_a_sentence(client, method, path, body):
    _, answer = upload(client, png())
    status, told = client(method, f"/api/projects/{answer['id']}/{path}", body)
    assert status == 400 and len(told["error"]) > 10 and "Traceback" not in told["error"]


def test_held_connections_do_not_keep_others_out(client):
    held = [socket.create_connection(("127.0.0.1", client.port)) for _ in range(100)]
    for connection in held[:50]:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: ")
    assert client("GET", "/api/state")[0] == 200
    for connection in held:
        connection.close()


def test_the_description_of_the_interface_has_all_routes_and_no_others(studio):
    described = json.loads((Path(__file__).parents[2] / "docs" / "studio-openapi.json").read_text(encoding="utf-8"))
    listed = {(path, method) for path, methods in described["paths"].items() for method in methods}
    routes = Web(studio, Access(TOKEN, frozenset(), "x", 1), "1", "").routes()
    found = {
        (route.path.replace(":int", ""), method.lower()) for route in routes for method in route.methods - {"HEAD"}
    }
    assert listed == found
    kinds = described["components"]["schemas"]["Operation"]["properties"]["kind"]["enum"]
    assert set(kinds) == HINTS | MASKS | {"restore"}
    settings = described["components"]["schemas"]["Settings"]["properties"]
    assert set(settings) == set(to_json(ProjectSettings()))
