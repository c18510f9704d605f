"""The library: what `mangagan.load` returns, and what it does with pages and volumes."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image

import mangagan
from mangagan.infer.colorizer import Colorizer
from mangagan.infer.guidance.hints_file import Hint, PageHints
from mangagan.infer.restore.denoiser import Denoiser
from mangagan.infer.restore.inpainter import Inpainter
from mangagan.pretrained.model_folder import save_model

RED = "#d8453e"


@pytest.fixture(scope="module")
def folders(untrained, tmp_path_factory):
    """Folders of untrained models, by the names of their experiments."""
    base = tmp_path_factory.mktemp("models")
    for name in ("colorizer_base", "pix2pix_manga", "restore_denoise", "restore_inpaint"):
        save_model(base / name, *untrained(f"{name}:debug"))
    return base


def gray_page(seed=0, size=(40, 56)):
    blocks = np.random.default_rng(seed).integers(0, 256, (7, 5), dtype=np.uint8)
    return Image.fromarray(blocks).resize(size, Image.Resampling.NEAREST)


def book_of(file, pages):
    with zipfile.ZipFile(file, "w") as archive:
        for name, page in pages.items():
            buffer = io.BytesIO()
            page.save(buffer, "PNG")
            archive.writestr(name, buffer.getvalue())
    return file


def images_in(file):
    with zipfile.ZipFile(file) as archive:
        names = [name for name in archive.namelist() if name.endswith(".png")]
        return {name: np.asarray(Image.open(io.BytesIO(archive.read(name)))) for name in names}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("pix2pix_manga", Colorizer), ("restore_denoise", Denoiser), ("restore_inpaint", Inpainter)],
)
def test_the_task_decides_the_class(folders, name, kind):
    assert type(mangagan.load(folders / name)) is kind


def test_a_path_an_image_and_an_array_give_the_same_picture(folders, tmp_path):
    color = mangagan.load(str(folders / "pix2pix_manga"))
    page = gray_page()
    page.save(tmp_path / "page.png")
    pictures = [color(tmp_path / "page.png"), color(str(tmp_path / "page.png")), color(page), color(np.asarray(page))]
    assert pictures[0].mode == "RGB" and pictures[0].size == page.size
    assert all(np.array_equal(pictures[0], picture) for picture in pictures[1:])


def test_a_call_gives_what_the_command_writes(folders, tmp_path):
    from mangagan.cli import main

    gray_page().save(tmp_path / "page.png")
    (tmp_path / "palette.json").write_text('{"version": 1, "colors": [{"color": "#d8453e"}]}')
    command = ["colorize", str(tmp_path / "page.png"), f"--palette={tmp_path / 'palette.json'}"]
    assert main([*command, f"--checkpoint={folders / 'colorizer_base'}"]) == 0
    color = mangagan.load(folders / "colorizer_base")
    written = np.asarray(Image.open(tmp_path / "page-color.png"))
    for palette in (tmp_path / "palette.json", [RED], [str(tmp_path / "palette.json")]):
        np.testing.assert_array_equal(color(tmp_path / "page.png", palette=palette), written)
    assert not np.array_equal(color(tmp_path / "page.png", palette="none"), written)


def test_hints_and_pages_in_color_and_transparency(folders):
    color = mangagan.load(folders / "colorizer_base")
    page = gray_page()
    hints = PageHints(40, 56, (Hint("point", ((20.0, 20.0),), (255, 0, 0)),))
    assert not np.array_equal(color(page), color(page, hints=hints))
    with pytest.raises(ValueError, match="hints are for 40 x 56 pixels; it has 56 x 40"):
        color(page.transpose(Image.Transpose.ROTATE_90), hints=hints)
    colored = Image.fromarray(np.random.default_rng(1).integers(0, 256, (9, 7, 3), dtype=np.uint8)).resize((70, 90))
    np.testing.assert_array_equal(color(colored), np.asarray(colored))
    page.putalpha(128)
    assert color(page).mode == "RGBA" and np.asarray(color(page))[..., 3].max() == 128


def test_guidance_that_a_network_does_not_take_is_refused(folders):
    color = mangagan.load(folders / "pix2pix_manga")
    with pytest.raises(ValueError, match="takes no palette"):
        color(gray_page(), palette=[RED])
    with pytest.raises(ValueError, match="takes no hints"):
        color(gray_page(), hints=PageHints(40, 56, ()))
    with pytest.raises(ValueError, match="takes no palette"):
        color.volume("book.cbz", "out.cbz", palette=[RED])


def test_a_loop_over_a_volume_that_is_left_early_resumes(folders, tmp_path):
    book = book_of(tmp_path / "book.cbz", {f"{n}.png": gray_page(n) for n in range(8)})
    color = mangagan.load(folders / "pix2pix_manga")
    for page in color.volume(book, tmp_path / "out.cbz"):
        assert page.outcome == "done"
        break
    assert not (tmp_path / "out.cbz").exists()
    outcomes = {page.name: page.outcome for page in color.volume(book, tmp_path / "out.cbz")}
    assert outcomes == {f"{n}.png": "done" for n in range(8)}
    made = images_in(tmp_path / "out.cbz")
    np.testing.assert_array_equal(made["3.png"], color(gray_page(3)))
    with zipfile.ZipFile(tmp_path / "out.cbz") as archive:
        assert b"BlackAndWhite" in archive.read("ComicInfo.xml")
    assert list(color.volume(book, tmp_path / "out.cbz")) == []  # it is there already
    assert sorted(file.name for file in tmp_path.iterdir()) == ["book.cbz", "out.cbz"]


def test_mistakes_in_the_paths_of_a_volume_are_told_at_the_call(folders, tmp_path):
    color = mangagan.load(folders / "pix2pix_manga")
    with pytest.raises(ValueError, match="there is no file or folder"):
        color.volume(tmp_path / "none.cbz", tmp_path / "out.cbz")
    (tmp_path / "broken.cbz").write_bytes(b"no archive")
    with pytest.raises(ValueError, match="broken.cbz: it is no archive or PDF that can be read"):
        list(color.volume(tmp_path / "broken.cbz", tmp_path / "out.cbz"))


def test_restorers_take_pictures_and_volumes(folders, tmp_path):
    page = gray_page(size=(64, 64))
    clean = mangagan.load(folders / "restore_denoise")
    result = clean(page)
    assert result.mode == "L" and result.size == page.size
    book = book_of(tmp_path / "book.cbz", {"a.png": page, "b.png": gray_page(1, (64, 64))})
    assert [page.outcome for page in clean.volume(book, tmp_path / "clean.cbz")] == ["done", "done"]
    made = images_in(tmp_path / "clean.cbz")
    np.testing.assert_array_equal(made["a.png"], result)
    with zipfile.ZipFile(tmp_path / "clean.cbz") as archive:
        assert archive.namelist() == ["a.png", "b.png"]  # nothing says that it was coloured


def test_masks_of_a_volume_by_the_names_of_its_pages(folders, tmp_path):
    fill = mangagan.load(folders / "restore_inpaint")
    pages = {"a.png": gray_page(1, (64, 64)), "b.png": gray_page(2, (64, 64)), "c.png": gray_page(3, (64, 64))}
    (tmp_path / "masks" / "book").mkdir(parents=True)
    mask = np.zeros((64, 64), np.uint8)
    Image.fromarray(mask).save(tmp_path / "masks" / "book" / "b.png")
    mask[20:30, 20:40] = 255
    Image.fromarray(mask).save(tmp_path / "masks" / "book" / "a.png")
    book = book_of(tmp_path / "book.cbz", pages)
    found = {page.name: page for page in fill.volume(book, tmp_path / "whole.cbz", masks=tmp_path / "masks")}
    assert {name: page.outcome for name, page in found.items()} == {
        "a.png": "done",
        "b.png": "failed",
        "c.png": "failed",
    }
    assert found["b.png"].reason == "its mask marks nothing: white is the hole"
    assert "no masks named c.*" in found["c.png"].reason
    made, source = images_in(tmp_path / "whole.cbz"), np.asarray(pages["a.png"])
    np.testing.assert_array_equal(made["a.png"][mask == 0], source[mask == 0])
    np.testing.assert_array_equal(made["a.png"], fill(pages["a.png"], mask=mask))
    np.testing.assert_array_equal(made["b.png"], pages["b.png"])


def test_sigma_must_fit_the_network(folders):
    clean = mangagan.load(folders / "restore_denoise")
    with pytest.raises(ValueError, match="takes no standard deviation"):
        clean(gray_page(size=(64, 64)), sigma=25)


@pytest.mark.parametrize(
    ("source", "message"),
    [("nothing", "there is no model, folder or file nothing"), ((), "name a model"), ("net.onnx", "there is no file")],
)
def test_what_is_no_model_is_refused(source, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message):
        mangagan.load(source)


def test_importing_the_package_needs_no_jax():
    code = "import sys, mangagan; mangagan.load; sys.exit('jax' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
