"""The pages of a trial: the true ones in colour, and the inputs that are made from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from mangagan.color import to_bytes
from mangagan.data.drawing import Drawing, draw_page
from mangagan.data.stream.redraw import page_rng
from mangagan.images.atomic import write_atomically
from mangagan.images.decode import read_picture
from mangagan.images.encode import encode_png
from mangagan.images.picture import Pixels

# The luminance of a page; or its ink, solid blacks and screentones, as a manga artist would have drawn it.
TrialInput = Literal["gray", "toned"]
INPUT_TITLES: Mapping[TrialInput, str] = {"gray": "grey pages", "toned": "ink and tones"}


def make_input(pixels: Pixels, kind: TrialInput, name: str) -> Pixels:
    """Return a page in colour as an input with three equal channels.

    Args:
        pixels: The page [h w 3], 8-bit sRGB.
        kind: The kind of input.
        name: The name of the page; a page of the same name is always drawn in the same way.
    """
    picture = Image.fromarray(pixels)
    if kind == "gray":
        return np.asarray(picture.convert("L").convert("RGB"))
    # Not scanned: paper and noise of scans would add differences that colouring cannot remove.
    drawn = draw_page(picture, picture.size, "toned", Drawing(scanned=0.0), page_rng(name))
    return np.repeat(to_bytes(drawn), 3, axis=-1)


def keep_picture(folder: Path, name: str, make: Callable[[], Pixels]) -> Pixels:
    """Return the picture NAME.png of a folder; if it is missing, make and write it, so that trials can be continued."""
    file = folder / f"{name}.png"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, encode_png(Image.fromarray(make())))
    return np.asarray(read_picture(file.read_bytes())[0].convert("RGB"))
