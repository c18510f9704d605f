"""Artificial evaluated runs, and a headless browser that reports what a page did."""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mangagan.evaluate.result import PageMetrics, PagePictures, Result, result_file, write_result
from mangagan.report.evaluated_runs import open_runs

PROTOCOL = {"name": "256", "data": "folder:pages", "works": [], "size": [256, 256], "seed": 0}


@pytest.fixture
def made_run(tmp_path):
    """Writes a run's folder: pages of works, metrics from a seed that are worse by `worse`, pictures of four pages."""

    def made(
        name="one", *, seed=0, worse=0.0, works=8, kinds=("gray",), protocol=None, pictures=True, metrics=None, **more
    ):
        folder, rng = tmp_path / name, np.random.default_rng(seed)
        noise = np.random.default_rng(99).normal(size=(works, 2, len(kinds)))
        pages = [
            PageMetrics(f"w{work}/{page}.png", f"w{work}", kind, _metrics(noise[work, page, side], worse, rng, metrics))
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


def _metrics(noise, worse, rng, names):
    metrics = {
        "psnr": float(24 + noise - worse),
        "ssim": float(0.9 + 0.01 * rng.normal()),
        "ciede2000": float(10 + noise + worse + 0.01 * rng.normal()),
        "colorfulness": float(20 + noise),
    }
    return {name: metrics[name] for name in names or metrics}


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


@pytest.fixture
def three(made_run):
    places = [
        made_run(name, seed=place + 1, worse=2.0 * place) for place, name in enumerate(("first", "second", "third"))
    ]
    return open_runs(places)


_EVIL = '</script></title><script>x()</script><img src=x onerror="x()"> & |*b*|'


@pytest.fixture
def hostile(made_run):
    """Two runs whose names and texts would be markup if they were not escaped."""
    runs = []
    for place, name in enumerate(('<img src=x onerror="x()">', "b & *c* | &lt; [d](e)")):
        (run,) = open_runs([made_run(name, seed=place, worse=place, kinds=("gray", "bw"))])
        result, named = run.result, dict(name=_EVIL, work=_EVIL)
        first = replace(result.pages[0], **named, metrics=result.pages[0].metrics | {_EVIL: 1.0})
        result = replace(
            result,
            protocol=result.protocol | {_EVIL: _EVIL, "data": _EVIL},
            pages=(first, *result.pages[1:]),
            pictures=tuple(replace(page, **named) for page in result.pictures),
            skipped={_EVIL: _EVIL},
            left_out={_EVIL: _EVIL},
        )
        lines = [*run.log, {"step": 300, f"loss/{_EVIL}": 1.0, f"evaluation/{_EVIL}": 2.0}]
        settings = {**run.settings, _EVIL: f"{_EVIL}{place}", "task.generator": _EVIL}
        start = {"devices": [_EVIL], "versions": {"jax": _EVIL}, "git": _EVIL}
        runs.append(replace(run, result=result, log=lines, settings=settings, environment=start))
    return runs


@pytest.fixture
def evil_text():
    """The text that occurs everywhere in the runs of `hostile`."""
    return _EVIL


@pytest.fixture
def restorers(made_run):
    """Two runs that fill holes, with the trivial fill that both share and a coarse stage of each."""
    kinds = ("1-10 %", "10-20 %")

    def outputs(worse):
        return tuple(
            PageMetrics(f"w{work}/{page}.png", f"w{work}", kind, {"psnr": 20.0 + work - worse, "l1": 0.1 + worse / 100})
            for work in range(8)
            for page in range(2)
            for kind in kinds
        )

    def run(name, worse, seed):
        baselines = {"mean colour": outputs(5.0), "coarse": outputs(2.0 + worse)}
        protocol = {"name": "holes", "window": 512}
        more = {"pictures": False, "baselines": baselines, "task": "inpaint"}
        return made_run(name, seed=seed, worse=worse, kinds=kinds, protocol=protocol, metrics=("psnr", "ssim"), **more)

    return open_runs([run("small", 1.5, 1), run("large", 0.0, 2)])


class Browser:
    """One tab of a Chromium, controlled through the pipe of its DevTools."""

    def __init__(self, program, profile):
        (self._in, into), (out, self._out) = os.pipe(), os.pipe()
        # The browser expects its pipe at the file descriptors 3 and 4.
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
        """Call a method and return its result; events that arrive before are kept."""
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
        """Load a file in a window of this size."""
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
        """Return the value of a script, which may be a promise."""
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
        """Return the errors and warnings on the console."""
        found = []
        for event in self.events:
            method, params = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown" or (
                (method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"))
                or (method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"))
            ):
                found.append(params)
        return found

    def requested(self):
        """Return the URL schemes of all requests."""
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
                raise TimeoutError(f"the browser sent nothing for {seconds} seconds, or ended")
            self._rest += data
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A Chromium; tests that need it are skipped if none is installed."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium is installed")
    browser = Browser(program, tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()
