"""A page with its layers as an OpenRaster file, which Krita, GIMP and other paint programs open.

Source: https://www.openraster.org (version 0.0.6).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from xml.etree import ElementTree

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from mangagan.images.picture import Pixels
from mangagan.studio.operations import HINTS, Operation

# Below this level a page is ink: nothing is seen of the colour under it, which would only be noise.
_DARKEST = 32
_DOT = 6


def open_raster(page: Pixels, result: Pixels, operations: Iterable[Operation]) -> bytes:
    """Return an OpenRaster file: the page's ink over its colours, the hints, and the result as it is.

    The layer of ink is multiplied by that of colours, which together are the result where the page is not black. The
    layers of hints and of the result are hidden.

    Args:
        page: As it was opened, in 8-bit sRGB.
        result: After its last stage, in 8-bit sRGB.
        operations: Of the page.
    """
    height, width = page.shape[:2]
    ink = np.asarray(Image.fromarray(page).convert("L"))
    layers = {
        "result": (Image.fromarray(result), "svg:src-over", False),
        "hints": (_hints(operations, width, height), "svg:src-over", False),
        "ink": (Image.fromarray(ink).convert("RGB"), "svg:multiply", True),
        "colour": (Image.fromarray(_under_ink(result, ink)), "svg:src-over", True),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        # The first member, and not packed, so that the kind of the file is seen in its first bytes.
        archive.writestr("mimetype", "image/openraster")
        stack = ElementTree.Element("image", {"version": "0.0.6", "w": str(width), "h": str(height)})
        stacked = ElementTree.SubElement(stack, "stack")
        for number, (name, (picture, operation, visible)) in enumerate(layers.items()):
            source = f"data/layer{number}.png"
            archive.writestr(source, _png(picture))
            values = {"name": name, "src": source, "x": "0", "y": "0", "opacity": "1.0"}
            values |= {"composite-op": operation, "visibility": "visible" if visible else "hidden"}
            ElementTree.SubElement(stacked, "layer", values)
        archive.writestr("stack.xml", ElementTree.tostring(stack, encoding="UTF-8", xml_declaration=True))
        merged = Image.fromarray(result)
        archive.writestr("mergedimage.png", _png(merged))
        merged.thumbnail((256, 256))
        archive.writestr("Thumbnails/thumbnail.png", _png(merged))
    return buffer.getvalue()


def _under_ink(result: Pixels, ink: UInt8[np.ndarray, "h w"]) -> Pixels:
    """Return the colours that the ink darkens to the result."""
    share = np.maximum(ink, _DARKEST).astype(np.float32)[..., None] / 255
    return np.round(np.clip(result / share, 0, 255)).astype(np.uint8)


def _hints(operations: Iterable[Operation], width: int, height: int) -> Image.Image:
    """Return the hints of a page on a transparent layer."""
    layer = Image.new("RGBA", (width, height))
    draw = ImageDraw.Draw(layer)
    for operation in operations:
        if operation.kind not in HINTS:
            continue
        if operation.kind == "region":
            draw.polygon(operation.places, fill=operation.color)
        elif operation.kind == "stroke" and len(operation.places) > 1:
            draw.line(operation.places, fill=operation.color, width=max(1, round(operation.width)), joint="curve")
        else:
            x, y = operation.places[0]
            draw.ellipse((x - _DOT, y - _DOT, x + _DOT, y + _DOT), fill=operation.color)
    return layer


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()
