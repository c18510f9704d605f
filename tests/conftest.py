"""What several tests share: color pages, quick compilation, caches of one test session, and a headless browser."""

import base64
import functools
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
# Most of a test's time is compilation, and what it computes is small. Code that is not optimised, and that the older
# emitter writes in one piece, compiles fastest. A jaxlib without one of these flags says "Unknown flag": drop it then.
XLA_FLAGS = (
    "--xla_backend_optimization_level=0",
    "--xla_cpu_use_fusion_emitters=false",
    "--xla_cpu_parallel_codegen_split_count=1",
)
os.environ["XLA_FLAGS"] = " ".join([*XLA_FLAGS, os.environ.get("XLA_FLAGS", "")])


@pytest.fixture(scope="session", autouse=True)
def caches(tmp_path_factory):
    """Archives of this session, and compiled programs that its processes share."""
    base = tmp_path_factory.getbasetemp()
    # Processes that share the tests between them share these, too.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "caches"
    os.environ["MANGAGAN_CACHE"] = str(folder)
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(folder / "compiled"))
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """A folder of three works with four color pages of 72 x 48 each."""
    folder, rng = tmp_path_factory.mktemp("pages"), np.random.default_rng(0)
    for work in "abc":
        (folder / work).mkdir()
        for page in range(4):
            blocks = rng.integers(0, 256, (9, 6, 3)).astype(np.uint8)
            Image.fromarray(blocks).resize((48, 72), Image.Resampling.NEAREST).save(folder / work / f"{page}.png")
    return folder


@pytest.fixture(scope="session")
def lettered():
    """Built-in pages by seed and number, each composed once, and the outlines of their balloons and captions."""
    from mangagan.data import comics

    @functools.lru_cache
    def made(seed, number):
        shapes, box = [], comics.balloons._box

        def remember(page, outlines, *color):
            shapes.extend(outlines)
            box(page, outlines, *color)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(comics.balloons, "_box", remember)
            return comics.compose(comics.WORKS, seed, number), shapes

    return made


@pytest.fixture(scope="session")
def composed(lettered):
    """Built-in pages by seed and number, each composed once."""
    return lambda seed, number: lettered(seed, number)[0]


@pytest.fixture(scope="session")
def untrained():
    """The experiment of a name, with overrides, and drawn variables of its generator, without compiling anything."""
    import jax

    from mangagan import experiments
    from mangagan.config import example_batch
    from mangagan.overrides import override
    from mangagan.tasks.base import Variables

    def made(name, overrides=()):
        experiment, rng = override(experiments.load(name), dict(overrides)), np.random.default_rng(0)
        shapes = jax.eval_shape(experiment.task.init, jax.random.key(0), example_batch(experiment)).generator
        params, stats = (
            jax.tree.map(lambda leaf: rng.uniform(*limits, leaf.shape).astype(leaf.dtype), tree)  # noqa: B023
            for limits, tree in (((-0.1, 0.1), shapes.params), ((0.5, 1.5), shapes.stats))
        )
        return experiment, Variables(params, stats)

    return made


@pytest.fixture
def launch():
    """Starts a launch script as a user does; processes that still run at the end are killed."""
    started = []

    def start(script, *arguments, **environment):
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "launch" / script), *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | environment,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


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

    def open(self, place, width, height, dark=False):
        """Load a file, or an address, in a window of this size."""
        self.events.clear()
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=scheme)
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self.call("Page.navigate", url=place if isinstance(place, str) else place.resolve().as_uri())
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
