from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits
from mangagan.images.open_volume import open_volume

pytest.importorskip("pypdfium2", reason="pypdfium2 is not installed (pip install -e '.[pdf]')")


@pytest.fixture
def document(tmp_path):
    pages = [Image.fromarray(np.full((90, 60), 40 * n, np.uint8)) for n in range(1, 4)]
    pages[0].save(tmp_path / "b.pdf", save_all=True, append_images=pages[1:], resolution=100)
    return tmp_path / "b.pdf"


def test_pages_have_the_pixels_of_their_pictures(document):
    with open_volume(document)(Limits()) as volume:
        assert [member.name for member in volume.members] == ["001.png", "002.png", "003.png"]
        for number, member in enumerate(volume.members, 1):
            data = member.load()
            assert data == member.load()
            page = Image.open(io.BytesIO(data))
            assert page.size == (60, 90) and abs(int(np.asarray(page).mean()) - 40 * number) <= 3
            assert round(page.info["dpi"][0]) == 100


def test_pages_without_a_picture_are_drawn_at_the_default(tmp_path):
    import pypdfium2

    made = pypdfium2.PdfDocument.new()
    made.new_page(72, 144)
    made.save(tmp_path / "b.pdf")
    with open_volume(tmp_path / "b.pdf")(Limits()) as volume:
        assert Image.open(io.BytesIO(volume.members[0].load())).size == (200, 400)
    with open_volume(tmp_path / "b.pdf")(Limits(pixels=1000)) as volume:
        with pytest.raises(UnusableFile, match="megapixels"):
            volume.members[0].load()


def test_hostile_documents(document):
    with (
        pytest.raises(UnusableFile, match="3 pages, more than the limit of 2"),
        open_volume(document)(Limits(members=2)),
    ):
        pass
    document.write_bytes(b"%PDF-1.4\n" + b"nonsense " * 100)
    with pytest.raises(UnusableFile, match="not a readable PDF"), open_volume(document)(Limits()):
        pass
