"""Pictures of all kinds through untrained runs."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mangagan.cli.restore import main


@pytest.fixture(scope="module")
def models(named, untrained):
    """Untrained runs by the names that stand for their folders."""
    known = {"data.damage.known": True}
    named["run/inpaint"] = untrained("restore_inpaint:debug")
    named["run/denoise"] = untrained("restore_denoise:debug")
    named["run/known"] = untrained("restore_denoise:debug", known)
    return {name.removeprefix("run/"): name for name in named}


def picture(mode="RGB", size=(50, 40), seed=0):
    small = np.random.default_rng(seed).integers(20, 236, (6, 5, 4)).astype(np.uint8)
    large = Image.fromarray(small, "RGBA").resize(size, Image.Resampling.BICUBIC)
    return large if mode == "RGBA" else large.convert("RGB").convert(mode)


def hole(size, box):
    mask = Image.new("L", size)
    mask.paste(255, box)
    return mask


def restore(task, models, *arguments, run=None):
    return main([f"--task={task}", f"--checkpoint={models[run or task]}", "--tile=32", *map(str, arguments)])


def array(file):
    return np.asarray(Image.open(file))


@pytest.fixture
def scans(tmp_path):
    """A tree of pictures, and masks of the same names."""
    for name, mode, size, box in (
        ("scans/2.png", "RGB", (50, 40), (10, 10, 20, 30)),
        ("scans/a/1.tif", "L", (70, 33), (0, 0, 60, 33)),
        ("scans/a/b.png", "RGBA", (9, 11), (2, 2, 4, 4)),
    ):
        file = tmp_path / name
        mask = tmp_path / name.replace("scans", "masks").replace(".tif", ".png")
        for folder in (file.parent, mask.parent):
            folder.mkdir(parents=True, exist_ok=True)
        picture(mode, size).save(file, dpi=(300, 300))
        hole(size, box).save(mask)
    return tmp_path / "scans"


def test_inpainting_keeps_known_pixels_and_the_folder_tree(models, scans, tmp_path, capsys):
    out, masks = tmp_path / "out", tmp_path / "masks"
    assert restore("inpaint", models, scans, f"--mask={masks}", f"--output={out}") == 0
    assert "scans: done" in (text := capsys.readouterr().out) and "pages: 3 done" in text
    names = ["2.png", "a/1.tif", "a/b.png"]
    assert sorted(file.relative_to(out).as_posix() for file in out.rglob("*.*")) == names
    for name in names:
        before, after = array(scans / name), array(out / name)
        inside = array((masks / name).with_suffix(".png")) > 0
        assert before.shape == after.shape
        np.testing.assert_array_equal(after[~inside], before[~inside])
        assert np.any(after[inside] != before[inside])
        assert Image.open(out / name).info["dpi"] == pytest.approx((300, 300), abs=0.1)
    np.testing.assert_array_equal(array(out / "a/b.png")[..., 3], array(scans / "a/b.png")[..., 3])


def test_a_hole_may_be_a_color_or_transparent(models, tmp_path, capsys):
    painted, cut = picture(), picture("RGBA")
    painted.paste((255, 255, 255), (5, 6, 30, 20))
    cut.putalpha(Image.eval(hole(cut.size, (5, 6, 30, 20)), lambda value: 255 - value))
    painted.save(tmp_path / "painted.png")
    cut.save(tmp_path / "cut.webp", lossless=True, exact=True)
    out, inside = tmp_path / "out", np.asarray(hole(cut.size, (5, 6, 30, 20))) > 0
    assert restore("inpaint", models, tmp_path / "painted.png", "--hole=white", f"--output={out}") == 0
    assert restore("inpaint", models, tmp_path / "cut.webp", f"--output={out}") == 0
    for name in ("painted.png", "cut.webp"):
        # WebP leaves an alpha out that is opaque everywhere.
        before, after = (np.asarray(Image.open(root / name).convert("RGBA")) for root in (tmp_path, out))
        np.testing.assert_array_equal(after[~inside], before[~inside])
        assert np.any(after[inside][:, :3] != before[inside][:, :3])
        assert (after[..., 3] == 255).all()


def test_a_picture_without_hole_is_kept_as_it_is(models, tmp_path, capsys):
    picture().save(tmp_path / "1.jpg")
    dark = picture()
    dark.paste((0, 0, 0), (10, 10, 40, 30))
    dark.save(tmp_path / "2.jpg", quality=100, subsampling=0)
    arguments = (tmp_path / "1.jpg", tmp_path / "2.jpg", "--hole=black", f"--output={tmp_path / 'out'}")
    assert restore("inpaint", models, *arguments) == 0
    assert "pages: 1 done, 1 kept" in capsys.readouterr().out
    assert (tmp_path / "out" / "1.jpg").read_bytes() == (tmp_path / "1.jpg").read_bytes()


def test_denoising_keeps_size_mode_and_alpha_and_continues_where_it_stopped(models, scans, tmp_path, capsys):
    out = tmp_path / "out"
    assert restore("denoise", models, scans, f"--output={out}", "--overlap=8", "--batch=3") == 0
    for name, mode in (("2.png", "RGB"), ("a/1.tif", "L"), ("a/b.png", "RGBA")):
        before, after = Image.open(scans / name), Image.open(out / name)
        assert (after.size, after.mode) == (before.size, before.mode) == (before.size, mode)
        assert np.any(np.asarray(after) != np.asarray(before))
    np.testing.assert_array_equal(array(out / "a/b.png")[..., 3], array(scans / "a/b.png")[..., 3])
    first = (out / "2.png").read_bytes()
    (out / "a/1.tif").unlink()
    (out / "a/b.png").write_bytes(b"mine")
    assert restore("denoise", models, scans, f"--output={out}", "--overlap=8", "--batch=3") == 0
    text = capsys.readouterr().out
    assert "pages: 1 done, 2 exists" in text
    assert (out / "a/b.png").read_bytes() == b"mine" and (out / "a/1.tif").exists()
    assert restore("denoise", models, scans, f"--output={out}", "--overlap=8", "--batch=3", "--overwrite") == 0
    assert (out / "a/b.png").read_bytes() != b"mine" and (out / "2.png").read_bytes() == first


def test_a_known_sigma_changes_the_result(models, scans, tmp_path):
    for sigma in (5, 60):
        arguments = (scans / "2.png", f"--sigma={sigma}", f"--output={tmp_path / str(sigma)}")
        assert restore("denoise", models, *arguments, run="known") == 0
    assert np.any(array(tmp_path / "5" / "2.png") != array(tmp_path / "60" / "2.png"))


def test_faulty_pictures_and_masks_are_reported(models, scans, tmp_path, capsys):
    (scans / "broken.png").write_bytes((scans / "2.png").read_bytes()[:200])
    Image.fromarray(np.zeros((9, 9), np.uint16)).save(scans / "deep.png")
    picture().save(scans / "unmasked.png")
    picture().save(scans / "wrong.png")
    hole((20, 20), (0, 0, 5, 5)).save(tmp_path / "masks" / "wrong.png")
    (tmp_path / "masks" / "broken.png").touch()
    out = tmp_path / "out"
    assert restore("inpaint", models, scans, f"--mask={tmp_path / 'masks'}", f"--output={out}") == 1
    told = capsys.readouterr()
    assert "pages: 2 copied, 3 done, 2 failed" in told.out
    for reason in (
        "broken.png: copied: cannot be decoded",
        "deep.png: copied: it has more than 8 bits a channel",
        "unmasked.png: failed: no masks named unmasked",
        "wrong.png: failed: its mask is 20 x 20, the picture 50 x 40",
    ):
        assert reason in told.out
    results = {path.name for pattern in ("*.*", "a/*") for path in out.glob(pattern) if path.is_file()}
    assert results == {"1.tif", "2.png", "b.png", "broken.png", "deep.png"}
    assert (out / "deep.png").read_bytes() == (scans / "deep.png").read_bytes()
    # What failed is done as soon as its mask is there.
    for name in ("unmasked.png", "wrong.png"):
        hole((50, 40), (5, 5, 9, 9)).save(tmp_path / "masks" / name)
    assert restore("inpaint", models, scans, f"--mask={tmp_path / 'masks'}", f"--output={out}") == 1
    assert "pages: 2 copied, 5 done" in capsys.readouterr().out
    assert (out / "unmasked.png").is_file() and (out / "wrong.png").is_file()


@pytest.mark.parametrize(
    ("task", "arguments", "complaint"),
    [
        ("inpaint", ["--checkpoint={denoise}"], "was trained to denoise"),
        ("denoise", ["--checkpoint={inpaint}"], "was trained to inpaint"),
        ("denoise", ["--checkpoint={scans}"], "is neither a run (no experiment.json) nor a model"),
        ("denoise", ["--sigma=25"], "takes no standard deviation"),
        ("denoise", ["--checkpoint={known}"], "takes the standard deviation of the noise: give --sigma"),
        ("denoise", ["--sigma=-3"], "0 to 255"),
        ("denoise", ["--hole=white"], "--mask and --hole belong to --task=inpaint"),
        ("inpaint", ["--sigma=25"], "--sigma belongs to --task=denoise"),
        ("inpaint", ["--mask={scans}/none"], "there is no such file or folder"),
        ("denoise", ["--tile=32", "--overlap=32"], "smaller than the tile"),
        ("denoise", ["--batch=0"], "the batch must be 1 or more"),
        ("denoise", ["{scans}/none.png"], "there is no file or folder"),
        ("denoise", ["--output={scans}"], "lies in a folder that is read"),
        ("denoise", ["--output={scans}/2.png"], "is a file: name a folder"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(models, scans, tmp_path, task, arguments, complaint, capsys):
    given = [argument.format(scans=scans, **models) for argument in arguments]
    defaults = [f"--task={task}", f"--checkpoint={models[task]}", f"--output={tmp_path / 'out'}", str(scans)]
    assert main([*defaults, *given]) == 2
    error = capsys.readouterr().err
    assert error.startswith("mangagan restore: error: ") and error.count("\n") == 1 and complaint in error
    assert not (tmp_path / "out").exists()


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    assert "examples:" in (out := capsys.readouterr().out) and "--hole=white" in out and "exit code" in out
