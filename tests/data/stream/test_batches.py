"""The stream: batch i is a function of the seed and i alone, with any number of workers and hosts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from skimage.color import rgb2lab

from mangagan.config import Experiment, example_batch
from mangagan.data.archive.archive import Archive, open_archive
from mangagan.data.degradation.degrade import FreeForm, Gaussian, Holes, Jpeg, Noise
from mangagan.data.settings import Data
from mangagan.data.stream.batches import batches, steps_per_epoch
from mangagan.tasks.paired import Paired

DATA = Data(size=24, window=40, jitter=0.2, batch_size=4, workers=0)
PAGES = 20


def drawn(data: Data, archive: Archive, count: int, **options) -> list[dict[str, np.ndarray]]:
    stream = batches(data, archive, **({"split": "train", "seed": 7} | options))
    try:
        return [batch for batch, _ in zip(stream, range(count), strict=False)]
    finally:
        stream.close()


def same(first, second) -> bool:
    return len(first) == len(second) and all(
        a.keys() == b.keys() and all(np.array_equal(a[role], b[role]) for role in a)
        for a, b in zip(first, second, strict=True)
    )


def numbers(batch: dict[str, np.ndarray], role: str) -> list[int]:
    """Which pages a batch shows: the last channel of every page is ten times its number."""
    return [round((picture[0, 0, -1] + 1) * 127.5 / 10) for picture in batch[role]]


@pytest.fixture(scope="module")
def paired(tmp_path_factory, write_pages, map_page) -> Archive:
    """Pages of which the black-and-white form is the red channel of the colored one."""
    folder = tmp_path_factory.mktemp("paired")
    pages = {f"w{n % 10}/{n:02}.png": map_page(n) for n in range(PAGES)}
    write_pages(folder / "bw", {name: page[..., 0] for name, page in pages.items()})
    write_pages(folder / "color", pages)
    return open_archive(f"pairs:{folder / 'bw'},{folder / 'color'}", cache=folder, progress=False)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory, write_pages, map_page) -> Archive:
    """Fifteen colored pages and, of other works, seven grey ones, each all of one tone that tells its number."""
    folder = tmp_path_factory.mktemp("mixed")
    color = {f"c{n % 5}/{n:02}.png": map_page(n) for n in range(15)}
    gray = {f"g{n % 7}/{n:02}.png": np.full((96, 80), 10 * n, np.uint8) for n in range(7)}
    return open_archive(f"folder:{write_pages(folder / 'pages', color | gray)}", cache=folder, progress=False)


def test_shapes_ranges_and_pair_alignment(paired):
    for batch in drawn(replace(DATA, input="bw"), paired, 6):
        assert batch["input"].shape == (4, 24, 24, 1) and batch["target"].shape == (4, 24, 24, 3)
        assert batch["input"].dtype == batch["target"].dtype == np.float32
        assert np.array_equal(batch["input"][..., 0], batch["target"][..., 0])
        assert all(np.abs(array).max() <= 1 for array in batch.values())


def test_grey_input_is_the_luminance_of_the_target(paired):
    for batch in drawn(DATA, paired, 3):
        luminance = (batch["target"] + 1) @ np.float32([0.299, 0.587, 0.114]) - 1
        np.testing.assert_allclose(batch["input"][..., 0], luminance, atol=0.51 / 127.5)


def test_lightness_input_has_the_lightness_of_the_target(paired):
    for one, other in zip(drawn(DATA, paired, 2), drawn(replace(DATA, input="lightness"), paired, 2), strict=True):
        assert np.array_equal(one["target"], other["target"])
        gray = np.repeat((other["input"] + 1) / 2, 3, axis=-1)
        np.testing.assert_allclose(rgb2lab(gray)[..., 0], rgb2lab((one["target"] + 1) / 2)[..., 0], atol=1e-3)


def test_instances_number_the_regions_of_the_input(paired):
    for batch in drawn(replace(DATA, instances=True), paired, 2):
        assert batch["instances"].shape == batch["input"].shape[:3] and batch["instances"].dtype == np.int32


def test_color_input_is_the_target(paired, mixed):
    for batch in drawn(replace(DATA, input="color", instances=True), paired, 2):
        assert np.array_equal(batch["input"], batch["target"]) and batch["instances"].shape == (4, 24, 24)
    apart = drawn(replace(DATA, input="color", paired=False), mixed, 3)
    assert all(batch["input"].shape == (4, 24, 24, 3) for batch in apart)
    assert all(numbers(batch, "input") != numbers(batch, "target") for batch in apart)


def test_crops_of_the_output_size_have_the_pixels_of_the_page(paired, map_page):
    data = replace(DATA, input="color", size=24, window=24, jitter=0.0)
    pictures = [picture for batch in drawn(data, paired, 5) for picture in batch["input"]]
    whole = drawn(replace(data, batch_size=1), paired, 99, split="validation", augment=False)
    for picture in [*pictures, *(batch["target"][0] for batch in whole)]:
        red, green, blue = np.moveaxis((picture + 1) * 127.5, -1, 0).round().astype(int)
        page = map_page(blue[0, 0] // 10)
        # The pixels of the page encode their position.
        cut = page[green[0, 0] // 2 :, min(red[0, 0], red[0, -1]) // 2 :][:24, :24]
        assert any(np.array_equal(np.stack([red, green, blue], -1), way) for way in (cut, cut[:, ::-1]))


DEGRADATIONS = [Holes(), FreeForm(), Noise(Gaussian(), known=True), Noise(Jpeg())]


@pytest.mark.parametrize("damage", DEGRADATIONS)
@pytest.mark.parametrize("form", ["color", "gray"])
def test_degraded_batches_have_the_shapes_that_a_run_expects(paired, damage, form):
    data = replace(DATA, input=form, damage=damage)
    expected = {name: (one.shape, one.dtype) for name, one in example_batch(Experiment(Paired(), data)).items()}
    for batch, clean in zip(drawn(data, paired, 2), drawn(replace(DATA, input=form), paired, 2), strict=True):
        assert {name: (one.shape, one.dtype) for name, one in batch.items()} == expected
        # The crops do not depend on the degradation.
        assert np.array_equal(batch["target"], clean["target"])
        assert not np.array_equal(batch["input"], clean["input"])


def test_degradation_is_new_at_every_step_and_the_same_with_any_workers_and_hosts(paired):
    data = replace(DATA, input="color", damage=Holes())
    alone = drawn(data, paired, 12)
    masks = [mask.tobytes() for batch in alone for mask in batch["mask"]]
    assert len(set(masks)) == len(masks)
    assert same(alone, drawn(data, paired, 12))
    assert same(alone[3:11], drawn(replace(data, workers=2), paired, 8, start=3))
    shares = [drawn(data, paired, 12, process=(index, 2)) for index in range(2)]
    for n, batch in enumerate(alone):
        joined = {role: np.concatenate([share[n][role] for share in shares]) for role in batch}
        assert same([batch], [joined])
    assert not set(masks) & {mask.tobytes() for batch in drawn(data, paired, 12, seed=8) for mask in batch["mask"]}


def test_held_out_pages_have_the_same_degradation_at_every_evaluation(paired):
    data = replace(DATA, input="color", damage=Noise(), batch_size=1)
    first, again = (drawn(data, paired, 99, split="validation", augment=False, seed=0) for _ in range(2))
    assert same(first, again) and len(first) == 2
    differences = [batch["input"] - batch["target"] for batch in first]
    assert all(difference.any() for difference in differences) and not np.array_equal(*differences)


@pytest.mark.parametrize("stream", [steps_per_epoch, lambda *args: batches(*args, split="train", seed=0)])
def test_an_invalid_degradation_is_refused_at_once(paired, stream):
    with pytest.raises(ValueError, match="Jpeg has no sigma"):
        stream(replace(DATA, damage=Noise(Jpeg(), known=True)), paired)


def test_worker_processes_and_restarts_change_nothing(paired):
    data = replace(DATA, input="bw")
    alone = drawn(data, paired, 12)
    assert same(alone, drawn(data, paired, 12))
    assert same(alone[5:], drawn(data, paired, 7, start=5))
    assert same(alone[3:11], drawn(replace(data, workers=2), paired, 8, start=3))
    assert not same(alone, drawn(data, paired, 12, seed=8))


def test_an_epoch_shows_every_page_once_in_a_new_order(paired):
    data = replace(DATA, batch_size=1)
    steps = steps_per_epoch(data, paired)
    assert steps == len(paired.domains["train"]["color"]) == 18
    epochs = [numbers(batch, "target")[0] for batch in drawn(data, paired, 3 * steps)]
    orders = [epochs[n * steps : (n + 1) * steps] for n in range(3)]
    assert len({tuple(sorted(order)) for order in orders}) == 1 and len(set(map(tuple, orders))) == 3
    assert len(drawn(data, paired, 999, epochs=2)) == 2 * steps
    assert len(drawn(data, paired, 999, epochs=2, start=5)) == 2 * steps - 5
    # A page is cropped anew in every epoch.
    targets = [batch["target"].tobytes() for batch in drawn(data, paired, 3 * steps)]
    assert len(set(targets)) == 3 * steps


def test_hosts_share_the_same_batches(paired):
    whole = drawn(DATA, paired, 6)
    shares = [drawn(DATA, paired, 6, process=(index, 2)) for index in range(2)]
    for n, batch in enumerate(whole):
        parts = [share[n]["target"] for share in shares]
        assert [len(part) for part in parts] == [2, 2]
        np.testing.assert_array_equal(np.concatenate(parts), batch["target"])
    with pytest.raises(ValueError, match="batch_size=4 cannot be shared by 3"):
        batches(DATA, paired, split="train", seed=0, process=(0, 3))


def test_unpaired_domains_are_drawn_independently(mixed):
    data = replace(DATA, paired=False, input="bw", batch_size=1)
    steps = steps_per_epoch(data, mixed)
    assert steps == len(mixed.domains["train"]["color"]) == 12
    shown = [(numbers(b, "input")[0], numbers(b, "target")[0]) for b in drawn(data, mixed, 10 * steps)]
    inputs, targets = ({pair[n] for pair in shown} for n in range(2))
    assert len(inputs) == len(mixed.domains["train"]["bw"]) == 6 and len(targets) == 12
    # Each input page meets many targets, so neither order follows from the other.
    assert len(set(shown)) > 45
    # With input=gray, luminance of colored pages comes in as well.
    assert steps_per_epoch(replace(data, input="gray"), mixed) == 18


def test_evaluation_shows_every_page_once_in_order(paired):
    stream = drawn(DATA, paired, 999, split="validation", augment=False)
    names = [int(page["name"][-2:]) for page in paired.pages("validation")]
    assert [number for batch in stream for number in numbers(batch, "target")] == names and len(names) == 2
    # The centre crop of 40 pixels of a page of 80 x 96, scaled by 24 / 40.
    columns = (stream[0]["target"][0, 12, :, 0] + 1) * 127.5 / 2
    assert abs(columns.mean() - 39.5) < 0.5 and abs(np.ptp(columns) - 40 * 23 / 24) < 1.5
    train = drawn(DATA, paired, 999, augment=False, split="train")
    assert [len(batch["target"]) for batch in train] == [4, 4, 4, 4, 2]
    assert same(train[2:], drawn(replace(DATA, workers=1), paired, 999, augment=False, split="train", start=2))


def test_unpaired_evaluation_goes_over_the_longer_domain(mixed):
    data = replace(DATA, paired=False, input="bw", batch_size=1)
    stream = drawn(data, mixed, 999, augment=False)
    assert len(stream) == 12
    inputs = [numbers(batch, "input")[0] for batch in stream]
    assert inputs[:6] == inputs[6:] and len(set(inputs)) == 6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"input": "bw"}, "0 pages that give input bw and target color.*data.input=bw"),
        ({"batch_size": 64}, "12 pages that give target color, and 64 are needed.*data.batch_size=64"),
        ({"batch_size": 10, "paired": False, "input": "bw"}, "6 pages that give input bw, and 10"),
    ],
)
def test_pages_that_an_archive_lacks_are_reported_at_once(mixed, change, message):
    with pytest.raises(ValueError, match=message):
        batches(replace(DATA, **change), mixed, split="train", seed=0)
    with pytest.raises(ValueError, match=message):
        steps_per_epoch(replace(DATA, **change), mixed)


def test_unknown_split(mixed):
    with pytest.raises(ValueError, match="no split"):
        batches(DATA, mixed, split="test", seed=0)


STREAM = """
import sys
from pathlib import Path
from mangagan.data.archive.archive import Archive
from mangagan.data.settings import Data
from mangagan.data.stream.batches import batches
if __name__ == "__main__":
    data = Data(size=24, window=40, batch_size=4, workers=1)
    stream = batches(data, Archive(Path(sys.argv[1])), split="train", seed=0)
    for _ in stream:
        print("batch", flush=True)
        sys.stdin.readline()
"""


def test_workers_end_with_a_killed_parent(paired, tmp_path):
    (tmp_path / "stream.py").write_text(STREAM)
    path = os.pathsep.join([str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "stream.py"), str(paired.directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert process.stdout.readline() == "batch\n"
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    process.wait()
    end = time.monotonic() + 20
    while any(child.is_running() and child.status() != "zombie" for child in children):
        assert time.monotonic() < end, "a worker outlives its parent"
        time.sleep(0.05)
