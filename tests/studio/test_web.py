"""The web page in a browser: drawing, undo, reload, the slider, a run, three languages, wide and narrow."""

import re
import time
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.studio.conftest import TOKEN, page

WEB = Path(__file__).parents[2] / "mangagan" / "studio" / "web"


def until(browser, script, seconds=30):
    """Wait until a script gives a value that counts, and return it."""
    end = time.monotonic() + seconds
    while not (found := browser.run(script)):
        assert time.monotonic() < end, f"{script}: {browser.errors()}"
        time.sleep(0.05)
    return found


def put(browser, selector, value):
    """Give a control a value, as a person does."""
    event = "change" if "select" in selector else "input"
    browser.run(
        f"(() => {{ const e = document.querySelector({selector!r}); e.value = {value!r}; "
        f"e.dispatchEvent(new Event({event!r})); }})()"
    )


def idle(browser, operations=None):
    counted = "" if operations is None else f" && window.studio.page.operations.length === {operations}"
    until(browser, f"!!window.studio.page && document.body.dataset.busy === '0'{counted}")


def shown(browser):
    """The result that the viewer shows, in RGB."""
    until(browser, "!!window.studio.viewer.result")
    values = browser.run(
        "(() => { const r = window.studio.viewer.result;"
        " const c = new OffscreenCanvas(r.width, r.height).getContext('2d');"
        " c.drawImage(r, 0, 0); return [r.width, r.height, ...c.getImageData(0, 0, r.width, r.height).data]; })()"
    )
    width, height = values[:2]
    return np.array(values[2:], np.uint8).reshape(height, width, 4)[..., :3].astype(int)


def drag(browser, *places):
    points = [browser.run(f"window.studio.viewer.toClient({x}, {y})") for x, y in places]
    for kind, (x, y) in zip(["mousePressed"] + ["mouseMoved"] * (len(points) - 1), points, strict=True):
        browser.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)
    x, y = points[-1]
    browser.call("Input.dispatchMouseEvent", type="mouseReleased", x=x, y=y, button="left", buttons=1, clickCount=1)


def click(browser, selector):
    script = f"(() => {{ const e = document.querySelector({selector!r}); e?.click(); return !!e; }})()"
    assert browser.run(script), selector


@pytest.fixture
def opened(browser, client, studio, volume):
    """A volume of six pages in the browser, at its first page."""
    project = studio.library.open_source(volume)

    def show(width=1440, height=900, dark=False):
        browser.open(f"http://127.0.0.1:{client.port}/?token={TOKEN}", width, height, dark)
        browser.run(f"location.hash = '#/project/{project.id}'")
        until(browser, f"window.studio.project?.id === '{project.id}'")
        idle(browser)

    show()
    project.show = show
    yield project
    errors, schemes = browser.errors(), browser.requested()
    browser.open("about:blank", 800, 600)
    assert not errors and schemes == {"http"}


def test_a_dot_turns_a_shirt_red_and_undo_redo_and_reload_agree(browser, opened):
    before = shown(browser)
    click(browser, '[data-tool="point"]')
    put(browser, "#color", "#ff0000")
    browser.click(*browser.run("window.studio.viewer.toClient(30, 30)"))
    idle(browser, operations=1)
    after = shown(browser)
    reds = after[..., 0] - after[..., 2] - (before[..., 0] - before[..., 2])
    assert reds[20:45, 15:45].mean() > 30 and (after[90:] == before[90:]).all()
    click(browser, "#undo")
    idle(browser, operations=0)
    until(browser, "document.getElementById('redo').disabled === false")
    assert (shown(browser) == before).all()
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="z", code="KeyZ", modifiers=10)
    idle(browser, operations=1)
    assert (shown(browser) == after).all()
    opened.show()
    idle(browser, operations=1)
    assert (shown(browser) == after).all()


def test_a_mask_is_drawn_filled_and_erased(browser, opened, studio):
    click(browser, '[data-stage="color"]')
    browser.run("document.querySelectorAll('details')[1].open = true")
    studio.set_settings(opened, {"stages": {"color": False}})
    opened.show()
    click(browser, '[data-stage="inpaint"]')
    click(browser, '[data-tool="brush"]')
    drag(browser, (20, 100), (60, 100), (80, 110))
    idle(browser, operations=1)
    hole = np.asarray(Image.open(BytesIO(studio.mask(opened, "001.png")))) > 0
    filled, original = shown(browser), np.asarray(page(0).convert("RGB")).astype(int)
    assert hole[100, 20:60].all() and hole.mean() < 0.2
    assert (filled[~hole] == original[~hole]).all() and (filled[hole] != original[hole]).any()
    click(browser, '[data-tool="eraser"]')
    drag(browser, (10, 100), (60, 100), (95, 112))
    idle(browser, operations=2)
    browser.run("[...document.querySelectorAll('button')].find((b) => b.textContent === 'Clear the mask').click()")
    idle(browser, operations=3)
    assert not np.asarray(Image.open(BytesIO(studio.mask(opened, "001.png")))).any()


def test_the_slider_moves_by_keys_and_the_original_is_seen_while_o_is_held(browser, opened):
    shown(browser)
    browser.run("document.getElementById('compare').focus()")
    for _ in range(3):
        browser.press("ArrowRight", 39)
    assert browser.run("Number(document.getElementById('compare').value)") > 0
    browser.run("document.getElementById('compare').blur()")
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="o", code="KeyO")
    assert browser.run("window.studio.viewer.held")
    browser.call("Input.dispatchKeyEvent", type="keyUp", key="o", code="KeyO")
    assert not browser.run("window.studio.viewer.held")


def test_a_volume_is_run_paused_and_finished(browser, opened):
    put(browser, ".run select", "3")
    click(browser, "#run")
    until(browser, "document.getElementById('run-state').dataset.state === 'paused'")
    click(browser, "#resume")
    until(browser, "document.getElementById('run-state').dataset.state === 'finished'")
    assert browser.run("document.querySelectorAll('.page-thumb[data-state=done]').length") == 6
    assert browser.run("fetch(document.getElementById('export').href).then((r) => r.ok)")


def test_pages_are_turned_in_the_direction_of_reading(browser, opened):
    browser.press("ArrowLeft", 37)
    until(browser, "window.studio.page.number === 1")
    idle(browser)
    browser.press("ArrowRight", 39)
    until(browser, "window.studio.page.number === 0")
    idle(browser)


@pytest.mark.parametrize(("width", "height", "dark"), [(390, 844, True), (1440, 900, False)])
def test_everything_fits_and_every_control_has_a_name(browser, opened, width, height, dark):
    opened.show(width, height, dark)
    for stage in ("inpaint", "denoise", "restore", "color"):
        click(browser, f'[data-stage="{stage}"]')
        assert browser.run("document.documentElement.scrollWidth") <= width
        nameless = browser.run(
            "[...document.querySelectorAll('button, input, select, a')].filter((e) => e.type !== 'file' && !("
            "e.getAttribute('aria-label') || e.title || e.textContent.trim() || e.closest('label')))"
            ".map((e) => e.outerHTML)"
        )
        assert nameless == []
    assert browser.run("document.querySelector('#viewer canvas').getBoundingClientRect().width") > 200


def test_a_file_is_uploaded_from_the_main_screen(browser, client, tmp_path):
    file = tmp_path / "solo.png"
    page(3).save(file)
    browser.open(f"http://127.0.0.1:{client.port}/?token={TOKEN}", 1000, 800)
    until(browser, "!!document.getElementById('file')")
    node = browser.call("DOM.getDocument")["root"]["nodeId"]
    found = browser.call("DOM.querySelector", nodeId=node, selector="#file")["nodeId"]
    browser.call("DOM.setFileInputFiles", nodeId=found, files=[str(file)])
    until(browser, "window.studio.project?.title === 'solo.png'")
    idle(browser)
    assert not browser.errors()
    browser.open("about:blank", 800, 600)


def test_every_text_is_there_in_three_languages(browser, client):
    browser.open(f"http://127.0.0.1:{client.port}/?token={TOKEN}", 1000, 800)
    used = set()
    for file in WEB.glob("*.js"):
        used |= set(re.findall(r'\bt\("(\w+)"', file.read_text(encoding="utf-8")))
    texts = (WEB / "strings.js").read_text(encoding="utf-8")
    tables = re.findall(r"^  (en|tr|ja): \{(.*?)^  \},", texts, re.M | re.S)
    keys = {name: set(re.findall(r"(\w+): \"", body)) for name, body in tables}
    assert keys["en"] == keys["tr"] == keys["ja"] and used <= keys["en"]
    until(browser, "!!document.querySelector('header select')")
    for language, word in (("tr", "Projeler"), ("ja", "プロジェクト"), ("en", "Projects")):
        put(browser, "header select", language)
        until(browser, f"document.querySelector('h2')?.textContent === '{word}'")
    browser.open("about:blank", 800, 600)
