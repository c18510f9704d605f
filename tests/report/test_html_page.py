"""The page is one file without requests, and works in a browser with mouse, touch and keyboard."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from mangagan.report.comparison import compare_runs
from mangagan.report.evaluated_runs import open_runs
from mangagan.report.html_page import render_html
from mangagan.report.page_pictures import BUDGET

VOID = {"meta", "link", "img", "input", "wbr"}


class Strict(HTMLParser):
    """A parser that fails if elements are not nested or an id occurs twice; it collects ids and references."""

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


def render(runs, **budget):
    return render_html(runs, compare_runs(runs), **budget)


def test_the_page_is_complete_and_makes_no_requests(three):
    text = render(three)
    strict = Strict(text)
    assert [link for link in strict.links if not link.startswith(("#", "data:"))] == []
    assert {link[1:] for link in strict.links if link.startswith("#")} <= set(strict.ids)
    assert "http://" not in text and "https://" not in text and "url(" not in text and "@import" not in text
    assert "<strong>first</strong> has the best CIEDE2000" in text
    assert "Its lead over all others is statistically significant." in text


def test_hostile_names_stay_text(hostile, evil_text):
    text = render(hostile)
    Strict(text)
    assert "<script>x()" not in text and "<img src=x" not in text and evil_text not in text
    assert text.count("<script") == text.count("</script>") == 2 and "\\u003cimg src=x" in text
    assert "<strong>b &amp; *c* | &amp;lt; [d](e)</strong>" in text


def test_hostile_names_stay_text_in_a_browser(hostile, opened, evil_text):
    browser = opened(hostile, 1280, 900)
    assert browser.errors() == [] and browser.requested() <= {"file", "data"}
    assert browser.run("[...document.images].every(image => image.src.startsWith('data:'))")
    assert evil_text in browser.run("page.selectedOptions[0].text")


def test_six_runs_of_noise_stay_below_twenty_megabytes(made_run):
    """The pictures use their budget, and everything else fits into what BUDGET leaves of 20 MB."""
    rng, places = np.random.default_rng(0), [made_run(f"run{place}", kinds=("gray", "bw")) for place in range(6)]
    for file in (file for place in places for file in place.glob("evaluation/**/*.jpg")):
        Image.fromarray(rng.integers(0, 256, (400, 300, 3), np.uint8)).save(file, quality=90)
    budget = 2_000_000
    size = len(render(open_runs(places), budget=budget).encode())
    assert 0.5 * budget < size < 20_000_000 - BUDGET + budget


def test_sections_without_content_are_left_out(made_run):
    folder = made_run("alone", pictures=False)
    for name in ("metrics.jsonl", "experiment.json", "environment.jsonl"):
        (folder / name).unlink()
    text = render(open_runs([folder]))
    Strict(text)
    assert "The evaluations kept no pictures" in text and "slider" not in re.sub(
        r"<style>.*?</style>", "", text, flags=re.S
    )
    assert re.findall(r'<section id="([a-z-]*)"', text) == ["pages", "metrics", "cost"]


def test_a_caution_names_too_few_works(made_run):
    runs = open_runs([made_run("a", works=3), made_run("b", works=3, worse=5.0, seed=1)])
    assert "These pages are of 3 works: intervals and tests assume" in render(runs)


def test_each_kind_of_input_has_its_own_tables(made_run):
    runs = open_runs([made_run(name, kinds=("gray", "bw"), worse=worse) for name, worse in (("a", 0), ("b", 1))])
    text = render(runs)
    assert text.count("<h3>Input: grey</h3>") == 2 and "Input: grey. <strong>a</strong> has the best" in text


def test_restorers_are_compared_with_their_baselines(restorers):
    text = render(restorers)
    Strict(text)
    assert "<title>Comparison of small and large</title>" in text
    assert "Input: 1-10 %. <strong>large</strong> has the best PSNR (RGB)" in text
    assert text.count("<details><summary>3 baselines</summary>") == 2
    assert "small, coarse" in text.replace("<wbr>", "")


# One browser for all tests: starting it takes longer than the tests.
@pytest.fixture(scope="module")
def opened(browser, tmp_path_factory):
    def open_(runs, width, height, dark=False):
        file = tmp_path_factory.mktemp("page") / "page.html"
        file.write_text(render(runs))
        browser.open(file, width, height, dark)
        return browser

    return open_


@pytest.mark.parametrize(("width", "height", "dark"), [(390, 844, False), (1280, 900, True)])
def test_a_browser_shows_the_page_without_errors_or_sideways_scrolling(three, opened, width, height, dark):
    browser = opened(three, width, height, dark)
    assert browser.errors() == [] and browser.requested() <= {"file", "data"}
    assert browser.run("document.documentElement.scrollWidth") <= width
    color = browser.run("getComputedStyle(document.body).backgroundColor")
    assert (max(map(int, re.findall(r"\d+", color))) < 60) is dark
    assert browser.run("[...document.images].every(image => image.complete && image.naturalWidth === 48)")
    assert browser.run("document.getElementById('stage').getBoundingClientRect().width") > 300


SHARE = "parseFloat(getComputedStyle(document.getElementById('left-picture')).getPropertyValue('--at'))"
SLIDER_TEXT = "document.getElementById('slider').getAttribute('aria-valuetext')"


def test_the_slider_moves_by_keyboard_and_by_pointer(three, opened):
    browser = opened(three, 1280, 900)
    assert browser.run(SHARE) == 50 and browser.run(SLIDER_TEXT) == "50 % input, 50 % first"
    assert browser.run("document.getElementById('slider').getAttribute('aria-label')")
    browser.run("document.getElementById('right').focus()")
    browser.press("Tab", 9)
    assert browser.run("document.activeElement.id") == "slider"
    for _ in range(3):
        browser.press("ArrowRight", 39)
    assert browser.run(SHARE) == pytest.approx(53) and browser.run(SLIDER_TEXT) == "53 % input, 47 % first"
    browser.press("Home", 36)
    assert browser.run(SHARE) == 0
    box = browser.run(
        "(s => (s.scrollIntoView(), s.getBoundingClientRect().toJSON()))(document.getElementById('stage'))"
    )
    browser.click(box["x"] + 0.8 * box["width"], box["y"] + 100)
    assert browser.run(SHARE) == pytest.approx(80, abs=1)
    # The left picture is clipped at the slider.
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
    # The choice of versions remains on the next page.
    browser.run("after.click()")
    assert browser.run(state) == ["2", "third", "truth"] and browser.errors() == []
