"""Several sources as one, drawings among them."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pytest

from mangagan.data.archive.archive import open_archive
from mangagan.data.comics import UNSEEN, WORKS, draw
from mangagan.data.comics.art import openmoji
from mangagan.data.comics.drawings import SIDE, objects_of
from mangagan.data.sources.open_source import open_source, same_source


@pytest.fixture(scope="module")
def folders(tmp_path_factory, write_pages, map_page):
    root = tmp_path_factory.mktemp("joined")
    write_pages(root / "one+two", {f"E{n:02}P01.png": map_page(n) for n in range(1, 5)})
    write_pages(root / "other", {f"{work}/E01P01.png": map_page(7) for work in ("kite", "fox")})
    return root, f"joined:folder:{root / 'one+two'}+folder:{root / 'other'}+drawings:2"


def test_page_names_are_prefixed_and_works_keep_their_names(folders):
    root, text = folders
    archive = open_archive(text, held_out="E03,*kite/*", cache=root, progress=False)
    works = {page["name"]: (page["work"], page["split"]) for page in archive.manifest["pages"]}
    assert works["1-folder/E03P01.png"] == ("E03", "validation")
    assert works["1-folder/E04P01.png"] == ("E04", "train")
    assert works["2-folder/kite/E01P01.png"] == ("kite", "validation")
    assert works["2-folder/fox/E01P01.png"] == ("fox", "train")
    assert works[f"3-drawings/{WORKS[0].name}/drawing-0000"] == (WORKS[0].name, "train")
    assert len(works) == 8
    licences = archive.manifest["licences"]
    assert len(licences) == len(set(licences)) and any("OpenMoji" in one for one in licences)


def test_the_same_parts_are_the_same_source(folders):
    _, text = folders
    assert open_source(text).identity == open_source(text).identity
    assert open_source(text).identity != open_source(text.replace("drawings:2", "drawings:3")).identity
    assert same_source(text, text.replace("/other", "/other/../other"))
    assert not same_source(text, text.replace("drawings:2", "drawings:3"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("joined:comics:2", "takes several"),
        ("joined:", "lacks its argument"),
        ("joined:comics:2+drawings:x", "must be a number"),
    ],
)
def test_wrong_parts_are_refused(text, message):
    with pytest.raises(ValueError, match=message):
        open_source(text)


def test_a_drawing_depends_only_on_its_numbers():
    made, again, other = draw(WORKS, 2, 1), draw(WORKS, 2, 1), draw(WORKS, 3, 1)
    digests = [sha256(page.color.tobytes() + page.bw.tobytes()).hexdigest() for page in (made, again, other)]
    assert digests[0] == digests[1] != digests[2]
    assert made.color.shape == (SIDE, SIDE, 3) and made.bw.shape == (SIDE, SIDE)
    assert (made.work, made.split) == (WORKS[1].name, WORKS[1].split)
    solid = made.color.max(-1) == 0
    assert solid.mean() > 0.003 and made.bw[solid].max() < 10
    with pytest.raises(ValueError, match="0 or more"):
        draw(WORKS, 0, -1)


def test_extra_things_belong_to_one_work():
    unseen = {code for work in UNSEEN for code in (*work.props, *work.animals)}
    own = {work.name: set(work.props) | set(work.animals) for work in WORKS}
    extra = {work.name: set(objects_of(work)) - own[work.name] for work in WORKS}
    everything = [code for codes in extra.values() for code in codes]
    assert len(everything) == len(set(everything)) > 300
    assert not unseen & set(everything)
    assert not set(everything) & set.union(*own.values())
    for code in np.random.default_rng(0).choice(sorted(everything), 30, replace=False):
        openmoji(str(code))
