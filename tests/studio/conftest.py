"""A studio with networks of a few lines, and its server."""

import http.client
import json
import socket
import threading
import time
import zipfile
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from mangagan.infer.colorizer import Colorizer
from mangagan.infer.network import Network, NetworkInfo
from mangagan.infer.restore.denoiser import Denoiser
from mangagan.infer.restore.inpainter import Inpainter
from mangagan.studio.guard import Access
from mangagan.studio.library import Library
from mangagan.studio.routes import application
from mangagan.studio.server import Server
from mangagan.studio.stages import Tools
from mangagan.studio.studio import Studio
from mangagan.tiles import Tiles

TOKEN = "a-token-of-the-tests"


def paint(maps):
    """The page in a warm tint, and in the colour of each hint within 20 pixels of it."""
    light = (maps["input"] + 1) / 2
    picture = light * np.array([1.0, 0.9, 0.7])
    mask = maps["hint_mask"][0, ..., 0] > 0
    if mask.any():
        distance, (rows, columns) = ndimage.distance_transform_edt(~mask, return_indices=True)
        red = maps["hint_ab"][0, ..., 0][rows, columns] > 0
        color = np.where(red[..., None], np.array([1.0, 0.2, 0.2]), np.array([0.2, 0.4, 1.0]))
        picture = np.where((distance < 20)[None, ..., None], light * color, picture)
    return picture.astype(np.float32) * 2 - 1


def few_lines():
    """Return tools of networks that are a few lines long."""
    info = NetworkInfo(
        "RGB", "luminance", multiple=16, scale=1.0, hints=True, instances=False, palette=False, digest="x"
    )
    fill = Inpainter(lambda variables, batch: 0 * batch["input"], None, tiles=Tiles(64, 16), identity="fill")
    clean = Denoiser(lambda variables, batch: batch["input"] * 0.5, None, tiles=Tiles(64, 16), identity="clean")
    return Tools(Colorizer(Network(info, paint, 1), version="1"), fill, clean, ("base", "fill", "clean"))


@pytest.fixture
def tools():
    return few_lines()


def page(number=0, width=120, height=160):
    """Grey boxes on white, different for each number."""
    picture = np.full((height, width), 245, np.uint8)
    shades = np.random.default_rng(number).integers(90, 220, 6)
    for index, shade in enumerate(shades):
        top, left = 10 + 50 * (index // 2), 8 + 56 * (index % 2)
        picture[top : top + 40, left : left + 46] = shade
        picture[[top, top + 39], left : left + 46] = picture[top : top + 40, [left, left + 45]] = 10
    return Image.fromarray(picture)


@pytest.fixture
def volume(tmp_path):
    """A CBZ of six grey pages."""
    file = tmp_path / "kite.cbz"
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(6):
            content = BytesIO()
            page(number).save(content, "PNG")
            archive.writestr(f"{number + 1:03d}.png", content.getvalue())
    return file


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path / "projects")


@pytest.fixture
def studio(library, tools):
    studio = Studio(library, tools)
    yield studio
    studio.close()


def wait(condition, seconds=60):
    """Wait until a condition holds, and return it."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, "it does not happen"
        time.sleep(0.01)
    return found


class Client:
    """Requests to a server on this computer."""

    def __init__(self, port):
        self.port = port

    def __call__(self, method, path, body=None, **headers):
        """Return the status and the body: JSON where it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        given = {"Authorization": f"Bearer {TOKEN}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        given = {name: value for name, value in given.items() if value is not None}
        content = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        connection.request(method, path, content, given)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        self.headers = dict(answer.getheaders())
        is_json = "json" in self.headers.get("content-type", "")
        return answer.status, json.loads(data) if is_json else data


@pytest.fixture
def client(studio):
    """The server of a studio, and what asks it."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    access = Access(TOKEN, frozenset((f"127.0.0.1:{port}", f"localhost:{port}")), f"mangagan-{port}", 2**20)
    server = Server(application(studio, access, "1", "2 cores"), studio)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    wait(lambda: server.started)
    yield Client(port)
    server.should_exit = True
    thread.join(10)
