"""Make the pictures of the studio in the documentation, with built-in pages and the shipped model, in Chromium.

python tests/studio/pictures.py [--denoise=RUN] [--inpaint=RUN]
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
TOKEN, PORT = "a-token-for-the-pictures", 8765


def write_volume(file: Path) -> None:
    """Write six built-in pages in ink and tones as a CBZ."""
    from mangagan.data import comics

    with zipfile.ZipFile(file, "w") as archive:
        for number in range(6):
            content = io.BytesIO()
            Image.fromarray(comics.compose(comics.WORKS, 3, number + 4).bw).save(content, "PNG")
            archive.writestr(f"{number + 1:03d}.png", content.getvalue())


def take(folder: Path, options: list[str]) -> None:
    """Start a studio and take pictures of its screens."""
    from tests.conftest import Browser

    write_volume(folder / "kite.cbz")
    command = [sys.executable, str(ROOT / "launch" / "studio.py"), str(folder / "kite.cbz"), f"--port={PORT}"]
    command += [f"--token={TOKEN}", "--no-browser", f"--projects={folder / 'projects'}", *options]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout and "the studio is at" in server.stdout.readline()
    browser = Browser(shutil.which("chromium") or "chromium", folder / "browser")
    try:
        browser.open(f"http://127.0.0.1:{PORT}/?token={TOKEN}", 1280, 800)
        time.sleep(1)
        browser.run("document.querySelector('.card').click()")
        for number in (1, 2, 0):
            until(browser, "window.studio.viewer && document.body.dataset.busy === '0'")
            browser.run(f"document.querySelector('[data-number=\"{number}\"]').click()")
            time.sleep(1)
        until(browser, "document.body.dataset.busy === '0' && !!window.studio.viewer.result")
        dot(browser, 0.45, 0.3)
        browser.run("document.getElementById('compare').value = 330; window.studio.viewer.draw()")
        shoot(browser, "color")
        browser.run("document.querySelector('[data-stage=inpaint]').click()")
        drag(browser, (0.3, 0.55), (0.6, 0.6))
        shoot(browser, "inpaint")
        browser.run("document.getElementById('undo').click()")
        until(browser, "document.body.dataset.busy === '0'")
        browser.run("document.querySelector('[data-stage=denoise]').click()")
        shoot(browser, "denoise")
        browser.run("location.hash = '#/'")
        time.sleep(2)
        shoot(browser, "home")
    finally:
        browser.close()
        server.terminate()


def until(browser, script: str) -> None:
    """Wait until a script gives a value that counts."""
    for _ in range(600):
        if browser.run(script):
            return
        time.sleep(0.1)
    raise TimeoutError(script)


def place(browser, across: float, down: float) -> tuple[float, float]:
    """Return the place on the screen of a share of the page."""
    page = "window.studio.page"
    x, y = browser.run(f"window.studio.viewer.toClient({across} * {page}.width, {down} * {page}.height)")
    return x, y


def dot(browser, across: float, down: float) -> None:
    """Put a dot of colour, and wait for its effect."""
    browser.click(*place(browser, across, down))
    until(browser, "window.studio.page.operations.length > 0 && document.body.dataset.busy === '0'")


def drag(browser, *shares: tuple[float, float]) -> None:
    """Draw a line between shares of the page."""
    points = [place(browser, *share) for share in shares]
    for kind, (x, y) in zip(("mousePressed", "mouseMoved", "mouseReleased"), [*points, points[-1]], strict=True):
        browser.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)
    until(browser, "window.studio.page.operations.length > 1")


def shoot(browser, name: str) -> None:
    """Write a picture of the screen."""
    time.sleep(0.5)
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        browser.screenshot(Path(file.name), whole=False)
        target = ROOT / ".github" / "pictures" / f"studio_{name}.jpg"
        Image.open(file.name).convert("RGB").save(target, quality=85, optimize=True)
    print(target.relative_to(ROOT))


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--denoise", default="")
    parser.add_argument("--inpaint", default="")
    options = parser.parse_args()
    chosen = [f"--{name}={run}" for name, run in vars(options).items() if run]
    with tempfile.TemporaryDirectory() as folder:
        take(Path(folder), chosen)


if __name__ == "__main__":
    main()
