"""Each kind of source, read from tiny files in the real formats."""

from __future__ import annotations

import importlib.util
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mangagan.data.sources.entries import PageImages, paired_page
from mangagan.data.sources.open_source import KINDS, open_source, zips
from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits


def loaded(text: str) -> dict[str, PageImages | str]:
    """Every entry of a source by name: its images, or the reason why it has none."""
    pages: dict[str, PageImages | str] = {}
    for entry in open_source(text).entries():
        try:
            pages[entry.label.name] = entry.load()
        except UnusableFile as reason:
            pages[entry.label.name] = str(reason)
    return pages


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


@pytest.fixture
def gray_page(map_page) -> np.ndarray:
    return np.asarray(Image.fromarray(map_page(1)).convert("L"))


def test_unknown_sources_are_refused_with_a_list_of_kinds():
    with pytest.raises(ValueError, match="folders.*there are comics.*folder:DIR.*coco"):
        open_source("folders:x")
    with pytest.raises(ValueError, match="lacks its argument"):
        open_source("folder:")
    with pytest.raises(ValueError, match="two folders"):
        open_source("pairs:only_one")
    with pytest.raises(ValueError, match="number of pages"):
        open_source("comics:many")
    for kind in set(KINDS) - {"comics", "unseen", "hf"}:
        if kind != "coco":
            with pytest.raises(ValueError):
                open_source(f"{kind}:/nowhere/at/all")


def test_folder(tmp_path, write_pages, map_page, gray_page):
    write_pages(tmp_path, {"a/1.png": map_page(1), "a/2.png": gray_page, "b/x/3.png": map_page(3), "b/4.jpg": b"?"})
    pages = loaded(f"folder:{tmp_path}")
    assert list(pages) == ["a/1.png", "a/2.png", "b/4.jpg", "b/x/3.png"]
    assert np.array_equal(pixels(pages["a/1.png"].color), map_page(1)) and not pages["a/1.png"].bw
    # A grey page among colored ones never enters the colored domain.
    assert np.array_equal(pixels(pages["a/2.png"].bw), gray_page) and not pages["a/2.png"].color
    assert "cannot be decoded" in pages["b/4.jpg"]
    assert [entry.label.work for entry in open_source(f"folder:{tmp_path}").entries()] == ["a", "a", "b", "b"]


@pytest.mark.parametrize("kind", ["halves", "halves-ba"])
def test_halves(kind, tmp_path, write_pages, map_page, gray_page):
    gray_rgb = np.repeat(gray_page[..., None], 3, -1)
    sides = (gray_rgb, map_page(1)) if kind == "halves" else (map_page(1), gray_rgb)
    write_pages(tmp_path, {"1.png": np.concatenate(sides, 1)})
    page = loaded(f"{kind}:{tmp_path}")["1.png"]
    assert np.array_equal(pixels(page.color), map_page(1)) and page.size == (96, 80)
    assert np.array_equal(pixels(page.bw), gray_page)


def test_pairs_by_name(tmp_path, write_pages, map_page, gray_page, encoded):
    write_pages(
        tmp_path / "bw",
        {
            "a/1.png": gray_page,
            "a/2.png": gray_page,
            "a/only.png": gray_page,
            "a/half.png": np.asarray(Image.fromarray(gray_page).resize((40, 48))),
            "a/wide.png": gray_page[:40],
        },
    )
    color = {f"a/{name}.png": map_page(1) for name in ("half", "wide", "alone")}
    jpeg = encoded(map_page(1), format="JPEG", quality=95)
    write_pages(tmp_path / "color", {"a/1.jpg": jpeg, "a/2.png": np.repeat(gray_page[..., None], 3, -1), **color})
    pages = loaded(f"pairs:{tmp_path / 'bw'},{tmp_path / 'color'}")
    assert pages["a/1"].color == jpeg and np.array_equal(pixels(pages["a/1"].bw), gray_page)
    assert not pages["a/2"].color and np.array_equal(pixels(pages["a/2"].bw), gray_page)
    assert pixels(pages["a/half"].bw).shape == (96, 80) and pages["a/half"].color
    assert "differ in shape: 80 x 40 and 80 x 96" in pages["a/wide"]
    assert "no picture of this name in" in pages["a/only"] and "color" in pages["a/only"]
    assert "no picture of this name in" in pages["a/alone"]


def test_pairs_that_nearly_fit_are_scaled_on_request(tmp_path, write_pages, map_page, gray_page):
    height, width = gray_page.shape
    taller, other = (np.asarray(Image.fromarray(gray_page).resize((width, round(height * by)))) for by in (1.03, 1.2))
    write_pages(tmp_path / "bw", {"1.png": gray_page, "2.png": taller, "3.png": other})
    write_pages(tmp_path / "color", {f"{number}.png": map_page(number) for number in (1, 2, 3)})
    folders = f"{tmp_path / 'bw'},{tmp_path / 'color'}"
    plain, scaled = loaded(f"pairs:{folders}"), loaded(f"pairs-scaled:{folders}")
    assert plain["2"].endswith("a source pairs-scaled: takes them")
    assert pixels(scaled["2"].bw).shape == pixels(scaled["2"].color).shape[:2] == (height, width)
    assert plain["1"] == scaled["1"] and plain["3"] == scaled["3"] and "differ in shape" in plain["3"]
    assert open_source(f"pairs:{folders}").identity != open_source(f"pairs-scaled:{folders}").identity


def test_the_remedy_for_pairs_is_named_for_folders_alone(map_page, gray_page, encoded):
    taller = np.asarray(Image.fromarray(gray_page).resize((gray_page.shape[1], round(gray_page.shape[0] * 1.03))))
    with pytest.raises(UnusableFile, match=r"differ in shape: \d+ x \d+ and \d+ x \d+$"):
        paired_page(encoded(taller), encoded(map_page(1)))


def test_unpaired(tmp_path, write_pages, map_page):
    write_pages(tmp_path / "scans", {"kite_1.png": map_page(1)})
    write_pages(tmp_path / "art", {"kite_1.png": map_page(2), "harbour_1.png": map_page(3)})
    pages = loaded(f"unpaired:{tmp_path / 'scans'},{tmp_path / 'art'}")
    assert {name: (bool(page.bw), bool(page.color)) for name, page in pages.items()} == {
        "bw/kite_1.png": (True, False),
        "color/harbour_1.png": (False, True),
        "color/kite_1.png": (False, True),
    }


def test_zip_in_natural_order_without_other_files(tmp_path, encoded, map_page):
    with zipfile.ZipFile(tmp_path / "Kite v01.cbz", "w") as archive:
        for name in ("p10.png", "p2.png", "__MACOSX/._p2.png"):
            archive.writestr(name, encoded(map_page(int("10" in name))))
        archive.writestr("info.xml", "<info/>")
        archive.writestr("cut.png", encoded(map_page(1))[:60])
    (tmp_path / "Harbour v01.zip").write_bytes(b"no zip")
    pages = loaded(f"zip:{tmp_path}")
    kite = "Kite v01.cbz"
    assert list(pages) == ["Harbour v01.zip", f"{kite}/cut.png", f"{kite}/p2.png", f"{kite}/p10.png"]
    assert np.array_equal(pixels(pages[f"{kite}/p10.png"].color), map_page(1))
    assert "not a readable ZIP" in pages["Harbour v01.zip"] and "cannot be decoded" in pages[f"{kite}/cut.png"]
    works = [entry.label.work for entry in open_source(f"zip:{tmp_path / kite}").entries()]
    assert works == ["Kite"] * 3
    assert open_source(f"zip:{tmp_path}").others() == [(f"{kite}/info.xml", "is no picture")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Harbour v01.zip", kite]


def test_zip_bombs_and_damage_are_skipped(tmp_path, encoded, map_page, monkeypatch):
    path = tmp_path / "a.cbz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.png", b"\0" * 10_000_000)
        archive.writestr("good.png", encoded(map_page(1)))
        archive.writestr("flipped.png", encoded(map_page(2)), zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[data.rindex(b"flipped.png", 0, data.rindex(b"PK\x01\x02")) + 200] ^= 255
    path.write_bytes(data)
    pages = loaded(f"zip:{path}")
    assert "archive bomb" in pages["a.cbz/bomb.png"]
    assert "cannot be unpacked: Bad CRC" in pages["a.cbz/flipped.png"]
    assert pages["a.cbz/good.png"].color
    monkeypatch.setattr(zips, "_LIMITS", Limits(member_bytes=1000))
    assert "more than the limit of 1000" in loaded(f"zip:{path}")["a.cbz/bomb.png"]


def test_zip_members_with_unsafe_names_are_skipped_with_the_reason(tmp_path, encoded, map_page):
    with zipfile.ZipFile(tmp_path / "a.cbz", "w") as archive:
        for name in ("C:/up.png", "p1.png", "C:/notes.txt"):
            archive.writestr(name, encoded(map_page(1)))
    pages = loaded(f"zip:{tmp_path / 'a.cbz'}")
    assert list(pages) == ["a.cbz/C:/up.png", "a.cbz/p1.png"]
    assert "leads out of the archive" in pages["a.cbz/C:/up.png"] and pages["a.cbz/p1.png"].color


def test_encrypted_zip_members_are_skipped(tmp_path, encoded, map_page):
    path = tmp_path / "a.cbz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1.png", encoded(map_page(1)))
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the flag that says the member is encrypted, in its own header and in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert "cannot be unpacked" in loaded(f"zip:{path}")["a.cbz/1.png"]


def test_hugging_face_parquet(tmp_path, encoded, map_page, gray_page):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")

    def write(name: str, rows: list[tuple[bytes | None, bytes | None]]) -> None:
        columns = zip(*[[cell and {"bytes": cell, "path": None} for cell in row] for row in rows], strict=True)
        kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        arrays = [pa.array(list(column), kind) for column in columns]
        pq.write_table(pa.table(arrays, ["bw_image", "color_image"]), tmp_path / name, row_group_size=2)

    bw, color = encoded(gray_page), [encoded(map_page(number)) for number in range(4)]
    write("train-00000-of-00001.parquet", [(bw, color[0]), (bw, None), (bw, color[2])])
    write("validation-00000-of-00001.parquet", [(bw, color[3])])
    pages = list(loaded(f"hf:{tmp_path}").values())
    assert [page if isinstance(page, str) else page.color for page in pages] == [
        color[0],
        "the row holds no picture",
        color[2],
        color[3],
    ]
    assert pages[0].bw == bw
    splits = [entry.label.split for entry in open_source(f"hf:{tmp_path}").entries()]
    assert splits == ["train", "train", "train", "validation"]
    (tmp_path / "validation-00000-of-00001.parquet").unlink()
    assert {entry.label.split for entry in open_source(f"hf:{tmp_path}").entries()} == {None}
    pq.write_table(pa.table({"image": [1]}), tmp_path / "a.parquet")
    with pytest.raises(ValueError, match="lacks.*bw_image.*image"):
        open_source(f"hf:{tmp_path}").entries()


def test_coco_folder(tmp_path, write_pages, map_page):
    write_pages(tmp_path, {"train2017/000000000009.jpg": map_page(1), "val2017/000000000139.jpg": map_page(2)})
    entries = open_source(f"coco:{tmp_path}").entries()
    assert [(entry.label.name, entry.label.split) for entry in entries] == [
        ("train2017/000000000009.jpg", "train"),
        ("val2017/000000000139.jpg", "validation"),
    ]
    # Without the official folders each photograph is a work of its own.
    flat = open_source(f"coco:{tmp_path / 'train2017'}").entries()
    assert [(entry.label.work, entry.label.split) for entry in flat] == [("000000000009.jpg", None)]


def write_coco(folder: Path, images: dict[str, list[bytes]]) -> None:
    """Writes a tiny TFDS set with the features of coco/2017 that are read here."""
    import tensorflow_datasets as tfds

    class Coco(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        VERSION = tfds.core.Version("1.1.0")
        BUILDER_CONFIGS = [tfds.core.BuilderConfig(name="2017")]
        code_path = None

        def _info(self):
            features = {"image": tfds.features.Image(encoding_format="jpeg"), "image/filename": tfds.features.Text()}
            return tfds.core.DatasetInfo(
                builder=self, features=tfds.features.FeaturesDict(features), disable_shuffling=True
            )

        def _split_generators(self, dl_manager):
            return {split: self._generate_examples(files) for split, files in images.items()}

        def _generate_examples(self, files):
            for number, data in enumerate(files):
                yield number, {"image": data, "image/filename": f"{number}.jpg"}

    Coco(data_dir=folder, config="2017", file_format="array_record").download_and_prepare()


def test_coco_through_tfds(tmp_path, monkeypatch, encoded, map_page):
    from tensorflow_datasets.core import constants

    from mangagan.data.sources import coco

    jpegs = [encoded(map_page(number), format="JPEG") for number in range(4)]
    monkeypatch.setattr(constants, "DATA_DIR", tmp_path)
    coco._coco_split.cache_clear()
    if importlib.util.find_spec("tensorflow") is None:
        with pytest.raises(ValueError, match="not prepared.*coco:DIR"):
            loaded("coco:tfds")
    write_coco(tmp_path, {"train": jpegs[:3], "validation": jpegs[3:]})
    pages = loaded("coco:tfds")
    coco._coco_split.cache_clear()
    assert list(pages) == ["train/000000", "train/000001", "train/000002", "validation/000000"]
    assert [page.color for page in pages.values()] == jpegs
