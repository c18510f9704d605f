import numpy as np

from mangagan.evaluate.restoration.predict import whole_or_tiled
from mangagan.tiles import TileSettings


def test_whole_or_in_tiles():
    shapes = []

    def predict(variables, batch):
        shapes.append(batch["input"].shape)
        return batch["input"] + batch["sigma"]

    batch = {name: np.full((1, 50, 60, c), 0.2, np.float32) for name, c in (("input", 3), ("sigma", 1))}
    whole = whole_or_tiled(predict, {})(batch)
    tiled = whole_or_tiled(predict, {}, TileSettings(whole_pixels=100, size=32, overlap=8))(batch)
    assert shapes == [(1, 50, 60, 3), (1, 32, 32, 3)]
    np.testing.assert_allclose(whole, tiled, atol=1e-6)
