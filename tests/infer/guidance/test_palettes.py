"""Which palette a page of a volume gets, of files, of a folder, or of the volume itself."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from mangagan.images.errors import UnusableFile
from mangagan.images.volume import Member, Volume
from mangagan.infer.colorizer import ColorizeOptions, Colorizer
from mangagan.infer.guidance.palettes import choose_palettes
from mangagan.infer.guidance.prior import prior
from mangagan.infer.guidance.volume_palette import volume_palette
from mangagan.infer.network import Network, NetworkInfo
from mangagan.infer.page.compose import Compositing
from mangagan.infer.volume.plan import plan
from mangagan.infer.volume.process_volumes import Settings, process_volumes
from mangagan.palette import merge_palettes, named_palette, palette_of
from mangagan.palette_bins import LIGHT_BINS, bin_colors

RED, BLUE, GREEN = (216, 69, 62), (59, 74, 107), (60, 160, 70)
NOTHING = Volume(())


def named(color):
    return json.dumps({"version": 1, "colors": [{"color": "#{:02x}{:02x}{:02x}".format(*color)}]})


def colored(seed):
    """A picture in colour: an even mix of a few colours."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (8, 5, 3)).astype(np.uint8)).resize((50, 80), 0)


def encoded(picture):
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def gray(seed=0):
    return encoded(colored(seed).convert("L"))


def volume(pages, loaded=None):
    """An open volume of files; names of those that are loaded are put into a list."""

    def load(name):
        if loaded is not None:
            loaded.append(name)
        if pages[name] is None:
            raise UnusableFile("damaged")
        return pages[name]

    return Volume(tuple(Member(name, lambda name=name: load(name), name.endswith("png")) for name in pages))


def known(seed):
    """The palette of a volume of which one page is in colour."""
    return merge_palettes([palette_of(colored(seed)), prior()[0]])


def same(palette, other):
    return np.array_equal(palette, other)


def test_files_are_for_all_pages_and_several_count_alike(tmp_path):
    (tmp_path / "red.json").write_text(named(RED))
    (tmp_path / "a,b.json").write_text(named(BLUE))
    colored(1).save(tmp_path / "cover.png")
    red, blue = (named_palette([(color, 1.0)]) for color in (RED, BLUE))
    assert same(choose_palettes(str(tmp_path / "red.json")).in_volume("kite.cbz", NOTHING).of_page("p1.png"), red)
    assert same(choose_palettes(str(tmp_path / "a,b.json")).in_volume("kite.cbz", NOTHING).of_page("p1.png"), blue)
    several = choose_palettes(f"{tmp_path / 'red.json'},{tmp_path / 'cover.png'}")
    assert (
        same(several.in_volume("kite.cbz", NOTHING).of_page("p1.png"), merge_palettes([red, palette_of(colored(1))]))
        and several.requested
    )
    none = choose_palettes("none")
    assert (
        not none.in_volume("kite.cbz", volume({"1.png": encoded(colored(1))})).of_page("1.png").any()
        and not none.requested
    )
    many = ",".join([str(tmp_path / "red.json")] * 300)
    np.testing.assert_allclose(choose_palettes(many).in_volume("kite.cbz", NOTHING).of_page("p1.png"), red, atol=1e-6)
    for wrong in ("", "red", f"{tmp_path / 'red.json'},", f"{tmp_path / 'red.json'},{tmp_path}"):
        with pytest.raises(ValueError, match="there is no file"):
            choose_palettes(wrong)


@pytest.fixture
def folder(tmp_path):
    files = {"kite.cbz/p1.png.json": RED, "kite/p2.json": BLUE, "deep/p3.json": GREEN, "kite.json": (1, 2, 3)}
    for name, color in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(named(color))
    colored(4).save(tmp_path / "kite" / "p4.webp", lossless=True)
    colored(5).save(tmp_path / "kite" / "p2.png")  # the JSON file of this name counts
    colored(6).save(tmp_path / "owl.PNG")
    return tmp_path


@pytest.mark.parametrize(
    ("title", "page", "expected"),
    [
        ("kite.cbz", "p1.png", RED),
        ("kite.cbz", "p2.jpg", BLUE),
        ("kite.cbz", "deep/p3.png", GREEN),
        ("kite.cbz", "p4.png", 4),
        ("kite.cbz", "p5.png", (1, 2, 3)),
        ("owl", "p1.png", 6),
        ("fox.cbz", "p1.png", None),
    ],
)
def test_a_page_s_own_file_comes_before_its_volume_s_and_that_before_its_volume_itself(folder, title, page, expected):
    wanted = {
        tuple: lambda: named_palette([(expected, 1.0)]),
        int: lambda: palette_of(colored(expected)),
        type(None): lambda: known(9),
    }[type(expected)]()
    assert same(
        choose_palettes(str(folder)).in_volume(title, volume({"0.png": encoded(colored(9))})).of_page(page), wanted
    )


def test_what_follows_a_dot_is_no_suffix_unless_it_is_one_of_a_format(tmp_path):
    (tmp_path / "Kite v1.2").mkdir()
    for name, color in {"Kite v1.2.json": RED, "Kite v1.json": GREEN, "Kite v1.2/p1.json": BLUE}.items():
        (tmp_path / name).write_text(named(color))
    red, blue, green = (named_palette([(color, 1.0)]) for color in (RED, BLUE, GREEN))
    for title in ("Kite v1.2", "Kite v1.2.cbz"):
        chosen = choose_palettes(str(tmp_path)).in_volume(title, NOTHING)
        assert same(chosen.of_page("p1.png"), blue) and same(chosen.of_page("p2.png"), red)
    assert same(choose_palettes(str(tmp_path)).in_volume("Kite v1.cbz", NOTHING).of_page("p1.png"), green)


def test_what_a_run_has_made_of_a_page_says_nothing_of_the_volume():
    made = {"p1.png": gray(1), "p1-color.png": encoded(colored(2)), "p2.png": gray(2)}
    assert same(volume_palette(volume(made)), merge_palettes(prior()))
    assert same(volume_palette(volume({"only-color.png": encoded(colored(2))})), known(2))


def test_files_that_nobody_asks_for_are_told(folder):
    chosen = choose_palettes(str(folder))
    of_kite = chosen.in_volume("kite.cbz", NOTHING)
    for page in ("p1.png", "p2.png"):
        of_kite.of_page(page)
    assert {file.name for file in chosen.unused} == {"p3.json", "p4.webp", "owl.PNG"}


def test_a_folder_s_broken_file_is_named_and_an_empty_folder_refused(folder, tmp_path):
    (folder / "kite" / "p9.json").write_text("{")
    of_kite = choose_palettes(str(folder)).in_volume("kite.cbz", NOTHING)
    with pytest.raises(ValueError, match="p9.json: palette: no valid JSON"):
        of_kite.of_page("p9.png")
    (folder / "empty").mkdir()
    with pytest.raises(ValueError, match="there are no palettes, which are pictures in colour or JSON files, in"):
        choose_palettes(str(folder / "empty"))


def test_a_volume_tells_the_colors_of_its_cover_and_its_pages_in_color():
    grays = {f"p{n:03}.png": gray(n) for n in range(40)}
    cover, inner = encoded(colored(50)), encoded(colored(51))
    assert same(volume_palette(volume({"cover.png": cover} | grays)), known(50))
    assert same(volume_palette(volume(grays | {"z/Cover.png": cover})), known(50))
    both = merge_palettes([palette_of(colored(50)), palette_of(colored(51)), prior()[0]])
    for first in (("p000.png", cover, "p003.png", inner), ("p003.png", inner, "p000.png", cover)):
        assert same(volume_palette(volume(grays | dict(zip(first[::2], first[1::2], strict=True)))), both)
    for without in (volume(grays), NOTHING):
        assert same(volume_palette(without), merge_palettes(prior()))


def test_few_pages_are_looked_at_the_same_ones_whatever_their_order():
    pages = {f"p{n}.png": gray(n % 5) for n in range(200)} | {"cover.png": None, "note.txt": b""}
    looked = []
    for order in (list(pages), list(pages)[::-1]):
        looked.append([])
        volume_palette(volume({name: pages[name] for name in order}, looked[-1]))
    assert looked[0] == looked[1] and len(looked[0]) == 12
    assert looked[0][:3] == ["cover.png", "p0.png", "p1.png"] and int(looked[0][-1][1:-4]) > 100
    some = []
    volume_palette(volume({f"p{n}.png": gray(n) for n in range(7)}, some))
    assert sorted(some) == [f"p{n}.png" for n in range(7)]


def test_the_prior_is_a_mean_palette_and_the_same_in_grey_and_counts_less_the_more_is_known():
    colors, gray_ones = prior()
    assert colors.sum() == pytest.approx(1, abs=1e-5) and gray_ones.sum() == pytest.approx(1, abs=1e-5)
    assert np.hypot(*(gray_ones @ bin_colors())[1:]) < 1e-3 and gray_ones.max() > colors.max()
    lightness = [palette.reshape(LIGHT_BINS, -1).sum(1) for palette in (colors, gray_ones)]
    np.testing.assert_allclose(*lightness, atol=1e-5)
    away = [
        np.abs(
            volume_palette(volume({f"{n}.png": encoded(colored(50)) for n in range(count)})) - palette_of(colored(50))
        )
        for count in (1, 4, 12)
    ]
    assert away[0].sum() > away[1].sum() > away[2].sum() > 0


def test_pages_that_cannot_be_read_count_for_nothing():
    chosen = volume_palette(volume({"1.png": encoded(colored(1)), "2.png": None, "3.png": b"broken"}))
    assert same(chosen, known(1))


def test_finished_pages_count_only_for_the_same_palette(tmp_path, archive, outcomes):
    pages = {f"{n}.png": gray(n) for n in (1, 2, 3)}
    book = archive(tmp_path / "kite.cbz", pages)

    def paint(maps):
        if failing and len(made) % 3 == 2:
            made.append("failed")
            raise ValueError("not today")
        made.append(maps["palette"])
        return np.repeat(maps["input"], 3, -1) * maps["palette"].sum()

    facts = NetworkInfo("RGB", "luminance", 4, 1.0, hints=False, instances=False, palette=True, digest="")
    options = ColorizeOptions(Compositing(ink="off", protect=False), size=40)
    made, failing = [], True

    def start(choice, output="out"):
        made.clear()
        color = Colorizer(Network(facts, paint), options, choose_palettes(choice))
        report = process_volumes(plan([book], tmp_path / output), color, Settings("note"))
        return list(outcomes(report).values()).count("done"), len(made)

    (tmp_path / "red.json").write_text(named(RED))
    assert start("none") == (2, 3)
    failing = False
    assert start("none", "elsewhere") == (3, 3)
    failing = True
    assert start(str(tmp_path / "red.json")) == (2, 3)  # nothing of the first run counts
    failing = False
    assert start(str(tmp_path / "red.json")) == (3, 1)
    red = named_palette([(RED, 1.0)])
    assert same(made[0], red[None])


def test_a_network_without_palettes_has_no_page_looked_at():
    facts = NetworkInfo("RGB", "luminance", 4, 1.0, hints=False, instances=False, palette=False, digest="")
    loaded = []
    Colorizer(Network(facts, lambda maps: maps)).begin_volume("kite.cbz", volume({"1.png": gray()}, loaded))
    assert not loaded
