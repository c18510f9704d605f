"""The layers of a page in an OpenRaster file."""

import io
import zipfile
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from mangagan.studio.layers import open_raster
from mangagan.studio.operations import parse_operation


def test_ink_over_colors_is_the_result():
    rng = np.random.default_rng(0)
    page = np.repeat(rng.integers(0, 256, (40, 30, 1), dtype=np.uint8), 3, -1)
    colors = rng.integers(0, 256, (40, 30, 3))
    result = np.round(page / 255 * colors).astype(np.uint8)
    hints = [parse_operation({"kind": "point", "at": [10, 20], "color": "#ff0000"}, 30, 40)]
    with zipfile.ZipFile(io.BytesIO(open_raster(page, result, hints))) as archive:
        first = archive.infolist()[0]
        assert first.filename == "mimetype" and first.compress_type == zipfile.ZIP_STORED
        assert archive.read("mimetype") == b"image/openraster"
        stack = ElementTree.fromstring(archive.read("stack.xml"))
        layers = {layer.get("name"): layer for layer in stack.iter("layer")}
        pictures = {name: np.asarray(Image.open(archive.open(layer.get("src")))) for name, layer in layers.items()}
        merged = np.asarray(Image.open(archive.open("mergedimage.png")))
    # From the top to the bottom.
    assert list(layers) == ["result", "hints", "ink", "colour"] and layers["ink"].get("composite-op") == "svg:multiply"
    assert [layer.get("visibility") for layer in layers.values()] == ["hidden", "hidden", "visible", "visible"]
    multiplied = pictures["ink"].astype(float) * pictures["colour"] / 255
    seen = page[..., 0] >= 32
    assert np.abs(multiplied - result)[seen].max() <= 1 and (merged == result).all()
    assert (pictures["hints"][20, 10] == (255, 0, 0, 255)).all() and pictures["hints"][0, 0, 3] == 0
