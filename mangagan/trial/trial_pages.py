"""The pages of a trial: the true ones in colour, and the inputs that are made of them."""

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

# The luminance of a page; its ink, solid blacks and screentones, as a manga artist would have drawn it.
Kind = Literal["gray", "toned"]
KINDS: Mapping[Kind, str] = {"gray": "grey pages", "toned": "ink and tones"}


def input_of(pixels: Pixels, kind: Kind, name: str) -> Pixels:
    """A page in colour as an input, of equal channels; the page of a name is always drawn the same way."""
    picture = Image.fromarray(pixels)
    if kind == "gray":
        return np.asarray(picture.convert("L").convert("RGB"))
    drawn = draw_page(picture, picture.size, "toned", Drawing(scanned=0.0), page_rng(name))
    return np.repeat(to_bytes(drawn), 3, axis=-1)


def kept(folder: Path, name: str, make: Callable[[], Pixels]) -> Pixels:
    """The picture NAME.png of a folder; where there is none it is made and written: stopped trials go on."""
    file = folder / f"{name}.png"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, encode_png(Image.fromarray(make())))
    return np.asarray(read_picture(file.read_bytes())[0].convert("RGB"))
