"""The page is one file, asks for nothing, and works in a browser, under a mouse, a finger and a keyboard."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from mangagan.report.evaluated_runs import open_runs
from mangagan.report.html_page import page
from mangagan.report.markdown import markdown
from mangagan.report.page_pictures import BUDGET
from mangagan.report.story import legend, parts, protocol
from mangagan.report.text import as_html, as_markdown, strong

VOID = {"meta", "link", "img", "input", "wbr"}


class Strict(HTMLParser):
    """Raises where an element is closed that is not open, or an id is there twice; collects ids and references."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links = [], [], []
        self.feed(text)
        assert not self.open
        assert len(set(self.ids)) == len(self.ids)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values[name] for name in ("href", "src") if name in values]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def made(runs, **budget):
    return page(runs, parts(runs), **budget)


@pytest.fixture
def three(made_run):
    places = [
        made_run(name, seed=place + 1, worse=2.0 * place) for place, name in enumerate(("first", "second", "third"))
    ]
    return open_runs(places)


def test_the_page_is_whole_and_asks_for_nothing(three):
    text = made(three)
    strict = Strict(text)
    assert [link for link in strict.links if not link.startswith(("#", "data:"))] == []
    assert {link[1:] for link in strict.links if link.startswith("#")} <= set(strict.ids)
    assert "http://" not in text and "https://" not in text and "url(" not in text and "@import" not in text
    assert "Best by CIEDE2000 is <strong>first</strong>" in text and "Its lead holds against all others" in text


EVIL = '</script></title><script>x()</script><img src=x onerror="x()"> & |*b*|'


@pytest.fixture
def hostile(made_run):
    """Two runs of which all that is text in their files, and each one's own name, would be markup."""
    runs = []
    for place, name in enumerate(('<img src=x onerror="x()">', "b & *c* | &lt; [d](e)")):
        (run,) = open_runs([made_run(name, seed=place, worse=place, kinds=("gray", "bw"))])
        result, named = run.result, dict(name=EVIL, work=EVIL)
        first = replace(result.pages[0], **named, figures=result.pages[0].figures | {EVIL: 1.0})
        result = replace(
            result,
            protocol=result.protocol | {EVIL: EVIL, "data": EVIL},
            pages=(first, *result.pages[1:]),
            pictures=tuple(replace(page, **named) for page in result.pictures),
            skipped={EVIL: EVIL},
            left_out={EVIL: EVIL},
        )
        lines = [*run.lines, {"step": 300, f"loss/{EVIL}": 1.0, f"evaluation/{EVIL}": 2.0}]
        settings = {**run.settings, EVIL: f"{EVIL}{place}", "task.generator": EVIL}
        start = {"devices": [EVIL], "versions": {"jax": EVIL}, "git": EVIL}
        runs.append(replace(run, result=result, lines=lines, settings=settings, start=start))
    return runs


def test_hostile_names_stay_text(hostile):
    text = made(hostile)
    Strict(text)
    assert "<script>x()" not in text and "<img src=x" not in text and EVIL not in text
    assert text.count("<script") == text.count("</script>") == 2 and "\\u003cimg src=x" in text
    assert "<strong>b &amp; *c* | &amp;lt; [d](e)</strong>" in text


def test_hostile_names_stay_text_in_a_browser(hostile, opened):
    browser = opened(hostile, 1280, 900)
    assert browser.errors() == [] and browser.requested() <= {"file", "data"}
    assert browser.run("[...document.images].every(image => image.src.startsWith('data:'))")
    assert EVIL in browser.run("page.selectedOptions[0].text")


def test_hostile_names_stay_text_in_markdown(hostile):
    text = markdown(hostile, parts(hostile))
    ours = text.replace("<!-- made by launch/compare.py -->", "")
    assert not re.search(r"(?<!\\)<", ours) and EVIL not in text
    assert r"**b & \*c\* \| \&lt; [d\](e)**" in text
    for table in re.findall(r"(?:^\|.*\n)+", text, flags=re.M):
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1


def test_six_runs_of_noise_stay_below_twenty_megabytes(made_run):
    """All but the pictures of six runs takes less than BUDGET leaves of 20 MB; the pictures take what they may."""
    rng, places = np.random.default_rng(0), [made_run(f"run{place}", kinds=("gray", "bw")) for place in range(6)]
    for file in (file for place in places for file in place.glob("evaluation/**/*.jpg")):
        Image.fromarray(rng.integers(0, 256, (400, 300, 3), np.uint8)).save(file, quality=90)
    budget = 2_000_000
    size = len(made(open_runs(places), budget=budget).encode())
    assert 0.5 * budget < size < 20_000_000 - BUDGET + budget


def test_without_pictures_curves_or_rivals_the_page_is_shorter(made_run):
    folder = made_run("alone", pictures=False)
    for name in ("metrics.jsonl", "experiment.json", "environment.jsonl"):
        (folder / name).unlink()
    text = made(open_runs([folder]))
    Strict(text)
    assert "No pictures were kept" in text and "slider" not in re.sub(r"<style>.*?</style>", "", text, flags=re.S)
    assert re.findall(r'<section id="([a-z-]*)"', text) == ["pages", "figures", "cost"]


def test_too_few_works_are_named(made_run):
    runs = open_runs([made_run("a", works=3), made_run("b", works=3, worse=5.0, seed=1)])
    assert "These pages are of 3 works: intervals and tests take" in made(runs)


def test_each_kind_of_input_has_a_part(made_run):
    runs = open_runs([made_run(name, kinds=("gray", "bw"), worse=worse) for name, worse in (("a", 0), ("b", 1))])
    gray, bw = parts(runs)
    assert gray.title == "Input: grey" and bw.title == "Input: ink and tones"
    assert gray.scores["a"]["psnr"].pages == bw.scores["a"]["psnr"].pages == 16
    text = made(runs)
    assert text.count("<h3>Input: grey</h3>") == 2 and "Input: grey. Best by" in text


def test_the_legend_says_what_is_missing(made_run):
    (run,) = open_runs([made_run("a", skipped={"x": "broken"}, left_out={"lpips_alex": "no weights"})])
    said = legend([run])
    assert "mean over 16 pages of 8 works" in said
    assert "a skipped 1 page." in said and "Without LPIPS (Alex): no weights." in said
    assert as_markdown(protocol(run)) == "Judged by the protocol **256**: data folder:pages; size 256, 256; seed 0."


def test_marked_names_are_bold_and_escaped():
    assert as_html(f"{strong('<a>')} & b") == "<strong>&lt;a&gt;</strong> &amp; b"
    assert as_markdown(f"{strong('a_b')} & b") == "**a_b** & b"


def test_markdown_has_the_table_what_holds_and_the_costs(three):
    text = markdown(three, parts(three))
    assert text.startswith("<!-- made by launch/compare.py -->\n\nJudged by the protocol **256**")
    header, _, first = text.partition("| run |")[2].splitlines()[:3]
    assert "CIEDE2000\u00a0↓" in header and "colourfulness" not in header and first.startswith("| first | **")
    assert "Its lead holds against all others." in text and "- **first** is better than **second** in" in text
    assert "| training throughput (median) | 20.0 pictures/s | 20.0 pictures/s | 20.0 pictures/s |" in text
    assert "<" not in text.removeprefix("<!--")


# One browser on all sizes: starting it takes longer than all that it does.
@pytest.fixture(scope="module")
def opened(browser, tmp_path_factory):
    def open_(runs, width, height, dark=False):
        file = tmp_path_factory.mktemp("page") / "page.html"
        file.write_text(made(runs))
        browser.open(file, width, height, dark)
        return browser

    return open_


@pytest.mark.parametrize(("width", "height", "dark"), [(390, 844, False), (1280, 900, True)])
def test_a_browser_shows_it_without_complaint_and_without_scrolling_sideways(three, opened, width, height, dark):
    browser = opened(three, width, height, dark)
    assert browser.errors() == [] and browser.requested() <= {"file", "data"}
    assert browser.run("document.documentElement.scrollWidth") <= width
    color = browser.run("getComputedStyle(document.body).backgroundColor")
    assert (max(map(int, re.findall(r"\d+", color))) < 60) is dark
    assert browser.run("[...document.images].every(image => image.complete && image.naturalWidth === 48)")
    assert browser.run("document.getElementById('stage').getBoundingClientRect().width") > 300


SHARE = "parseFloat(getComputedStyle(document.getElementById('left-picture')).getPropertyValue('--at'))"
SPOKEN = "document.getElementById('slider').getAttribute('aria-valuetext')"


def test_the_slider_moves_by_keyboard_and_by_pointer(three, opened):
    browser = opened(three, 1280, 900)
    assert browser.run(SHARE) == 50 and browser.run(SPOKEN) == "50 % input, 50 % first"
    assert browser.run("document.getElementById('slider').getAttribute('aria-label')")
    browser.run("document.getElementById('right').focus()")
    browser.press("Tab", 9)
    assert browser.run("document.activeElement.id") == "slider"
    for _ in range(3):
        browser.press("ArrowRight", 39)
    assert browser.run(SHARE) == pytest.approx(53) and browser.run(SPOKEN) == "53 % input, 47 % first"
    browser.press("Home", 36)
    assert browser.run(SHARE) == 0
    box = browser.run(
        "(s => (s.scrollIntoView(), s.getBoundingClientRect().toJSON()))(document.getElementById('stage'))"
    )
    browser.click(box["x"] + 0.8 * box["width"], box["y"] + 100)
    assert browser.run(SHARE) == pytest.approx(80, abs=1)
    # What is seen is cut where the slider stands.
    assert browser.run("getComputedStyle(document.getElementById('left-picture')).clipPath").startswith("inset(0px")
    assert browser.errors() == []


def test_pages_and_versions_are_chosen(three, opened):
    browser = opened(three, 390, 844)
    state = "[page.value, left.selectedOptions[0].text, right.selectedOptions[0].text]"
    assert browser.run(state) == ["0", "input", "first"]
    browser.run("before.click()")
    assert browser.run("page.selectedOptions[0].text").startswith("4. ")
    browser.run("after.click(), after.click()")
    assert browser.run(state) == ["1", "input", "first"]
    browser.run("versions.children[4].click()")
    assert browser.run(state) == ["1", "input", "truth"]
    assert browser.run("versions.querySelectorAll('[aria-pressed=true]').length") == 1
    browser.run("left.value = 3, left.dispatchEvent(new Event('change'))")
    assert browser.run("document.getElementById('left-picture').alt").startswith("third of ")
    # What was chosen stays, page after page.
    browser.run("after.click()")
    assert browser.run(state) == ["2", "third", "truth"] and browser.errors() == []
