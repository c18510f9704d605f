"""Drawn inputs in the stream: new for every sample of training, always the same in evaluation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mangagan.config import Experiment, example_batch
from mangagan.data.archive.archive import Archive, open_archive
from mangagan.data.archive.contact_sheet import drawn_sheet
from mangagan.data.drawing import Drawing
from mangagan.data.settings import Data
from mangagan.data.stream.batches import batches
from mangagan.data.stream.transforms import Crop, RandomCrop
from mangagan.overrides import override
from mangagan.tasks.paired import Paired

DATA = Data(input="drawn", size=24, window=40, jitter=0.2, batch_size=4, workers=0)
NEVER = Drawing(luminance=0, toned=0, lines=0, wash=0)


@pytest.fixture(scope="module")
def archive(tmp_path_factory, write_pages) -> Archive:
    """Twelve pages of four works, each with a disc of another place and color; half of them also in black and white."""
    folder, bw, color = tmp_path_factory.mktemp("drawn"), {}, {}
    for n in range(12):
        page = Image.new("RGB", (80, 96), (250, 240, 220))
        corner = (4 * n % 40, 5 * n % 50)
        disc = (*corner, corner[0] + 36, corner[1] + 36)
        ImageDraw.Draw(page).ellipse(disc, fill=(20 * n, 90, 200 - 10 * n), outline=(0, 0, 0), width=2)
        color[f"w{n % 4}/{n:02}.png"] = np.asarray(page)
        bw[f"w{n % 4}/{n:02}.png"] = np.where(np.asarray(page.convert("L")) < 128, 0, 255).astype(np.uint8)
    write_pages(folder / "bw", bw)
    write_pages(folder / "color", color)
    return open_archive(f"pairs:{folder / 'bw'},{folder / 'color'}", cache=folder, progress=False)


def first(data: Data, archive: Archive, count: int = 2, **options) -> list[dict[str, np.ndarray]]:
    stream = batches(data, archive, **({"split": "train", "seed": 7} | options))
    try:
        return [batch for batch, _ in zip(stream, range(count), strict=False)]
    finally:
        stream.close()


def test_batches_have_the_shapes_and_ranges_that_a_run_expects(archive):
    batch, expected = first(DATA, archive, 1)[0], example_batch(Experiment(Paired(), DATA))
    assert {role: (array.shape, array.dtype) for role, array in batch.items()} == {
        role: (shape.shape, shape.dtype) for role, shape in expected.items()
    }
    assert all(array.min() >= -1 and array.max() <= 1 for array in batch.values())


def test_the_luminance_share_is_exactly_the_luminance(archive):
    drawn = first(replace(DATA, drawing=replace(NEVER, luminance=1)), archive)
    gray = first(replace(DATA, input="gray"), archive)
    for one, other in zip(drawn, gray, strict=True):
        np.testing.assert_array_equal(one["input"], other["input"])
        np.testing.assert_array_equal(one["target"], other["target"])


def test_drawings_are_new_at_every_step_and_the_same_after_a_restart(archive):
    data = replace(DATA, batch_size=9, drawing=replace(NEVER, toned=1, own=0))
    steps = first(data, archive, 2)
    np.testing.assert_array_equal(first(data, archive, 1, start=1)[0]["input"], steps[1]["input"])
    assert not np.array_equal(steps[0]["input"], steps[1]["input"])


def test_targets_do_not_depend_on_the_drawing(archive):
    target = [batch["target"] for batch in first(replace(DATA, input="gray"), archive)]
    np.testing.assert_array_equal([batch["target"] for batch in first(DATA, archive)], target)


def test_a_held_out_page_is_always_drawn_the_same_way(archive):
    """With any seed and any batch size."""
    one, other = (
        np.concatenate(
            [b["input"] for b in first(replace(DATA, batch_size=size), archive, 99, seed=seed, **EVALUATION)]
        )
        for size, seed in ((4, 1), (3, 2))
    )
    np.testing.assert_array_equal(one, other)


EVALUATION = {"split": "train", "augment": False}


def test_unpaired_inputs_are_drawn_too(archive):
    batch = first(replace(DATA, paired=False, drawing=replace(NEVER, lines=1, scanned=0)), archive, 1)[0]
    assert batch["input"].shape == (4, 24, 24, 1) and batch["input"].max() == 1


def test_strengths_are_overridden_and_checked(archive):
    experiment = override(Experiment(Paired(), DATA), {"data.drawing.toned": "0.75", "data.drawing.wear": "2"})
    assert experiment.data.drawing == Drawing(toned=0.75, wear=2)
    with pytest.raises(ValueError, match=r"data\.drawing\.own=2"):
        batches(replace(DATA, drawing=Drawing(own=2)), archive, split="train", seed=0)


@pytest.mark.parametrize("octaves", [0.0, 1.0])
def test_octaves_vary_the_scale_of_crops(octaves):
    """Without octaves the crop depends on four random numbers only; with octaves the scales are log-uniform."""
    image = Image.fromarray(np.arange(256, dtype=np.uint8)[None].repeat(256, 0))
    crop, sides = Crop(8, 64), []
    for seed in range(200):
        window = RandomCrop(crop, 0.1, False, octaves).random_map({"target": image}, np.random.default_rng(seed))[
            "target"
        ]
        side, across, down, _ = np.random.default_rng(seed).random(4)
        plain = crop.crop_at({"target": image}, 1 + 0.1 * (2 * side - 1), across, down)["target"]
        if not octaves:
            assert window.tobytes() == plain.tobytes()
        sides.append(np.ptp(np.asarray(window).astype(float)) / np.ptp(np.asarray(plain).astype(float)))
    scales = np.log2(sides)
    assert (scales == 0).all() if not octaves else -1.2 < scales.min() < -0.9 and 0.9 < scales.max() < 1.2
    assert abs(scales.mean()) < 0.15


@pytest.mark.parametrize("octaves", [-1.0, 9.0])
def test_invalid_octaves_are_refused(octaves):
    with pytest.raises(ValueError, match=r"data\.octaves"):
        Data(octaves=octaves)


def test_the_sheet_has_each_page_above_its_drawings(archive):
    sheet = drawn_sheet(archive, columns=3, side=24, window=60)
    assert sheet.size == (3 * 30 + 6, 5 * 30 + 6)
    pixels = np.asarray(sheet).astype(int)
    chroma = np.ptp(pixels, axis=-1)
    assert chroma[6:30, 6:30].max() > 20 and chroma[36:].max() == 0
    assert drawn_sheet(archive, columns=3, side=24, window=60).tobytes() == sheet.tobytes()
