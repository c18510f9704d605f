import numpy as np
import pytest
from PIL import Image

from mangagan.data.settings import Data
from mangagan.evaluate.protocol import Protocol, evenly_spaced, match_patterns

DATA = Data(size=24, window=40, input="lightness")


def drawn(height, width):
    rows, columns = np.mgrid[:height, :width]
    return Image.fromarray(np.stack([rows, columns, rows + columns], -1).astype(np.uint8))


@pytest.mark.parametrize(
    ("name", "size"), [("native", None), ("512x800", (800, 512)), ("256", (256, 256)), ("training", (24, 24))]
)
def test_sizes(name, size):
    protocol = Protocol(name)
    assert protocol.size(DATA) == size
    fitted = protocol.fitted({"target": drawn(70, 60), "input": drawn(70, 60).convert("L")}, DATA)
    assert {picture.size[::-1] for picture in fitted.values()} == {size or (70, 60)}


def test_a_square_is_the_middle_of_the_page():
    page = drawn(100, 60)
    square = np.asarray(Protocol("256").fitted({"target": page}, DATA)["target"])
    expected = np.asarray(page.crop((0, 20, 60, 80)).resize((256, 256), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(square, expected)
    # A picture of another size, as some programs make them, shows the same square.
    twice = Protocol("256").fitted({"target": page, "input": page.resize((120, 200))}, DATA)
    assert np.abs(np.asarray(twice["input"], np.float32) - square).mean() < 1


def test_training_has_the_windows_and_the_kind_of_input_of_the_run():
    page = drawn(70, 60)
    window = np.asarray(Protocol("training").fitted({"target": page}, DATA)["target"])
    expected = page.crop((10, 15, 50, 55)).resize((24, 24), Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(window, np.asarray(expected))
    assert Protocol("training").kinds_of(DATA) == ("gray",)
    assert Protocol("training").kinds_of(Data(input="bw")) == ("bw",)
    assert Protocol(kinds=("bw",)).kinds_of(DATA) == ("bw",)


def test_pages_are_chosen_by_their_work_or_by_a_pattern():
    labels = [("E01/1", "E01"), ("E02/1", "E02"), ("E10/1", "E10"), ("E10/2", "E10"), ("other", "other")]
    assert match_patterns(("E1*", "other"), labels, "here") == [False, False, True, True, True]
    assert match_patterns(("E10", "E0?/1"), labels, "here") == [True, True, True, True, False]
    assert match_patterns((), labels, "here") == match_patterns(("*",), labels, "here") == [True] * 5
    with pytest.raises(ValueError, match="there is no work E3 in here; there are E01, E02, E10, other"):
        match_patterns(("E01", "E3"), labels, "here")


def test_items_are_evenly_spread():
    assert (
        evenly_spaced("abcdefg", 3) == ["a", "c", "e"]
        and evenly_spaced("ab", 5) == ["a", "b"]
        and evenly_spaced("ab", None) == ["a", "b"]
    )
    assert evenly_spaced("ab", 0) == []


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="no protocol '512'; there are native, 512x800, 256, training"):
        Protocol("512")
    with pytest.raises(ValueError, match="pages=0: must be at least 1"):
        Protocol(pages=0)
    for kinds in ((), ("grey",)):
        with pytest.raises(ValueError, match="there are gray, bw"):
            Protocol(kinds=kinds)
