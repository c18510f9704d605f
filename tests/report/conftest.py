"""Evaluated runs made of nothing, and a browser without a window that says what a page did."""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from mangagan.evaluate.result import PageFigures, PagePictures, Result, result_file, write_result

PROTOCOL = {"name": "256", "data": "folder:pages", "works": [], "size": [256, 256], "seed": 0}


@pytest.fixture
def made_run(tmp_path):
    """Writes a run's folder: pages of works, figures by a seed, worse by `worse`, pictures of four of its pages."""

    def made(name="one", *, seed=0, worse=0.0, works=8, kinds=("gray",), protocol=None, pictures=True, **more):
        folder, rng = tmp_path / name, np.random.default_rng(seed)
        noise = np.random.default_rng(99).normal(size=(works, 2, len(kinds)))
        pages = [
            PageFigures(f"w{work}/{page}.png", f"w{work}", kind, _figures(noise[work, page, side], worse, rng))
            for work in range(works)
            for page in range(2)
            for side, kind in enumerate(kinds)
        ]
        protocol = PROTOCOL | (protocol or {})
        file = result_file(folder, protocol["name"])
        kept = [_pictures(file.parent, page, seed) for page in pages[:: len(pages) // 4][:4]] if pictures else []
        cost = {"parameters": 1_234_567, "seconds_per_page": 0.25, "peak_memory_bytes": 3 * 2**28}
        write_result(file, Result(name, protocol, tuple(pages), **({"cost": cost, "pictures": tuple(kept)} | more)))
        settings = {"task.generator": "UNet", "data.batch_size": 4, "data.size": 96, "data.window": 640}
        start = {"devices": ["cpu"], "versions": {"jax": "0.10.2"}}
        (folder / "experiment.json").write_text(json.dumps(settings | {"train.seed": seed}))
        (folder / "environment.jsonl").write_text(json.dumps(start) + "\n")
        (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in _lines(worse)))
        return folder

    return made


def _figures(noise, worse, rng):
    return {
        "psnr": float(24 + noise - worse),
        "ssim": float(0.9 + 0.01 * rng.normal()),
        "ciede2000": float(10 + noise + worse + 0.01 * rng.normal()),
        "colorfulness": float(20 + noise),
    }


def _pictures(folder, page, seed):
    paths, name = {}, page.name.replace("/", "__")
    for shade, role in enumerate(("input", "output", "truth")):
        paths[role] = f"{page.kind}/{name}.{role}.jpg"
        (folder / page.kind).mkdir(parents=True, exist_ok=True)
        color = (60 * shade, 40 * seed % 256, 120)
        Image.new("RGB", (48, 64), color).save(folder / paths[role], quality=90)
    return PagePictures(page.name, page.work, page.kind, "spread", **paths)


def _lines(worse):
    for step in range(50, 301, 50):
        yield {"step": step, "loss/generator": 20 / step + worse, "loss/l1": 0.1, "time/step_seconds": 0.2}
        if step % 100 == 0:
            yield {"step": step, "evaluation/ciede2000": 12 + worse - step / 300, "evaluation/ciede2000_input": 14.0}


class Browser:
    """One tab of a Chromium, driven through the pipe of its DevTools."""

    def __init__(self, program, profile):
        (self._in, into), (out, self._out) = os.pipe(), os.pipe()
        # The browser wants its pipe at 3 and 4.
        start = (
            f"import os, sys; os.dup2({self._in}, 203); os.dup2({self._out}, 204); os.dup2(203, 3); os.dup2(204, 4); "
            "os.execv(sys.argv[1], sys.argv[1:])"
        )
        command = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"]
        command += ["--no-first-run", "--disable-dev-shm-usage", f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", start, *command],
            pass_fds=(self._in, self._out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(self._in), os.close(self._out)
        self._to, self._from, self._rest, self._count, self.events = into, out, b"", 0, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Runtime", "Log", "Network", "Page"):
            self.call(f"{domain}.enable")

    def call(self, method, **params):
        """What the browser answers; its events until then are kept."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        if not method.startswith("Target."):
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data) :]
        while True:
            answer = self._read()
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def open(self, file, width, height, dark=False):
        """Loads a file in a window of a size."""
        self.events.clear()
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=scheme)
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self.call("Page.navigate", url=file.resolve().as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._read())

    def run(self, script):
        """The value of a script, which may be a promise."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key, code):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def click(self, x, y):
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)

    def errors(self):
        """What the console said that was an error or a warning."""
        found = []
        for event in self.events:
            method, told = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown" or (
                (method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"))
                or (method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"))
            ):
                found.append(told)
        return found

    def requested(self):
        """The schemes of all that was asked for."""
        sent = [event for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        return {event["params"]["request"]["url"].partition(":")[0] for event in sent}

    def screenshot(self, file, whole=True):
        picture = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(picture["data"]))

    def close(self):
        self._process.kill()
        self._process.wait()
        os.close(self._to), os.close(self._from)

    def _read(self, seconds=60):
        until = time.monotonic() + seconds
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._from], [], [], max(0, until - time.monotonic()))
            data = os.read(self._from, 1 << 20) if ready else b""
            if not data:
                raise TimeoutError(f"the browser said nothing for {seconds} seconds, or ended")
            self._rest += data
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A Chromium; tests that ask for it are skipped where there is none."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium is installed")
    browser = Browser(program, tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()
