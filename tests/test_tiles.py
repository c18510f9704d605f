import numpy as np
import pytest
from scipy import ndimage

from mangagan.tiles import Tiles


def blurred(tiles):
    """A network that looks three pixels far, and sees black beyond a tile's borders."""
    return ndimage.uniform_filter(tiles["x"], (1, 7, 7, 1), mode="constant")


@pytest.mark.parametrize("height, width", [(48, 48), (49, 48), (100, 131), (47, 200), (96, 20)])
@pytest.mark.parametrize("batch", [1, 3])
def test_tiles_equal_the_whole_where_a_network_looks_less_far_than_their_margin(height, width, batch):
    x = np.random.default_rng(0).uniform(-1, 1, (height, width, 2)).astype(np.float32)
    # Beyond the picture a tile is mirrored, where a whole picture ends: judged away from the borders.
    whole = ndimage.uniform_filter(x, (7, 7, 1), mode="constant")
    tiled = Tiles(48, 20, batch).predict({"x": x}, blurred)
    assert tiled.shape == x.shape and tiled.dtype == np.float32
    np.testing.assert_allclose(tiled[3:-3, 3:-3], whole[3:-3, 3:-3], atol=1e-5)


@pytest.mark.parametrize("height, width", [(1, 1), (5, 300), (64, 64), (65, 127), (200, 150)])
def test_what_changes_nothing_gives_the_picture_back(height, width):
    x = np.random.default_rng(1).uniform(-1, 1, (height, width, 3)).astype(np.float32)
    for overlap in (0, 1, 17, 40):
        tiled = Tiles(64, overlap, 2).predict({"x": x}, lambda tiles: tiles["x"])
        np.testing.assert_allclose(tiled, x, atol=1e-6)


def test_tiles_that_disagree_leave_no_seam():
    rng = np.random.default_rng(2)
    tiled = Tiles(64, 32).predict(
        {"x": np.zeros((200, 300, 1), np.uint8)},
        lambda tiles: np.broadcast_to(rng.uniform(0, 1, (1, 1, 1, 1)), tiles["x"].shape),
    )
    assert np.ptp(tiled) > 0.5
    # Half a wave over the overlap without its margins, 16 pixels, is nowhere steeper than pi / 2 / 16.
    assert max(np.abs(np.diff(tiled, axis=axis)).max() for axis in (0, 1)) < np.pi / 2 / 16


def test_all_tiles_have_one_shape_and_those_without_a_wanted_pixel_are_left_out():
    shapes, wanted = [], np.zeros((100, 100), bool)
    wanted[90, 5] = True

    def paint(tiles):
        shapes.append(tiles["x"].shape)
        return tiles["x"] + 1.0

    tiles = Tiles(32, 8, 4)
    for shape in ((100, 100), (31, 70), (3, 3)):
        tiles.predict({"x": np.zeros((*shape, 1), np.float32)}, paint)
    assert set(shapes) == {(4, 32, 32, 1)}
    shapes.clear()
    one = tiles.predict({"x": np.zeros((100, 100, 1), np.float32)}, paint, wanted)
    assert len(shapes) == 1 and one[90, 5] == 1 and one[5, 90] == 0
    assert not np.any(tiles.predict({"x": np.ones((100, 100, 1))}, paint, np.zeros((100, 100), bool)))


@pytest.mark.parametrize("values", [(0, 0, 1), (64, 64, 1), (64, -1, 1), (64, 8, 0)])
def test_tiles_that_do_not_fit_together(values):
    with pytest.raises(ValueError, match="overlap at least 0 and smaller than the tile"):
        Tiles(*values)
