import numpy as np
import pytest
from PIL import Image

from mangagan.color import ciede2000, lab_to_srgb, srgb_to_lab
from mangagan.infer.page import compose as module
from mangagan.infer.page.analysis import analyze_page
from mangagan.infer.page.color_kind import page_kind
from mangagan.infer.page.compose import Compositing
from mangagan.infer.page.ink import brightness
from mangagan.infer.page.paper_mask import paper_mask


def compose(page, predicted, *settings):
    return module.compose(analyze_page(page, page_kind(page)), predicted, *settings)


def lab(page):
    page = page if page.ndim == 3 else np.repeat(page[..., None], 3, -1)
    return srgb_to_lab(page.astype(np.float32) / 255)


def predicted(color, side=384):
    """The prediction of a perfect model at that working size."""
    small = Image.fromarray(color)
    share = side / min(small.size)
    small = small.resize([round(length * share) for length in small.size], Image.Resampling.BICUBIC)
    return np.asarray(small, np.float32) / 127.5 - 1


@pytest.fixture(scope="module")
def page(composed):
    return composed(3, 8)


@pytest.fixture(scope="module")
def drawing():
    """A drawing of lines on white without tones or lettering, and its flat colours."""
    y, x = np.mgrid[:360, :300]
    gray = np.full((360, 300), 255, np.uint8)
    color = np.full((360, 300, 3), (250, 200, 160), np.uint8)
    color[:, 150:] = (120, 190, 250)
    ring = np.hypot(y - 180, x - 150)
    color[ring < 90] = (200, 90, 140)
    ink = (np.abs(ring - 90) < 1.6) | (np.abs(x - 150) < 1.6)
    gray[ink], color[ink] = 0, 0
    return gray, color


@pytest.mark.parametrize("side", ["bw", "color"])
def test_the_ink_of_the_page_is_kept(page, side):
    gray = page.bw if side == "bw" else np.asarray(Image.fromarray(page.color).convert("L"))
    result = compose(gray, predicted(page.color))
    assert result.dtype == np.uint8 and result.shape == page.color.shape
    ink = lab(gray)[..., 0] < 25
    assert ciede2000(lab(result), lab(gray))[ink].max() < 2


def test_paper_has_the_predicted_chroma_which_swapping_lightness_loses(drawing):
    gray, color = drawing
    result = compose(gray, predicted(color, 100), Compositing(protect=False))
    swapped = lab(color)
    swapped[..., 0] = lab(gray)[..., 0]
    chroma = [np.hypot(*lab(picture)[gray == 255][:, 1:].T).mean() for picture in (result, color)]
    starved = np.hypot(*srgb_to_lab(lab_to_srgb(swapped))[gray == 255][:, 1:].T).mean()
    assert chroma[0] > 0.97 * chroma[1]
    assert starved < 0.8 * chroma[1]


def test_colors_stay_on_their_side_of_the_lines(drawing):
    gray, color = drawing
    result = compose(gray, predicted(color, 75), Compositing(protect=False))
    assert ciede2000(lab(result), lab(color)).mean() < 1
    assert np.quantile(ciede2000(lab(result), lab(color)), 0.99) < 4


def test_a_perfect_prediction_of_a_gray_page_is_reproduced(page):
    gray = np.asarray(Image.fromarray(page.color).convert("L"))
    result = compose(gray, predicted(page.color), Compositing(ink="soft", protect=False))
    assert ciede2000(lab(result), lab(page.color)).mean() < 2.5


def test_every_dot_of_a_tone_is_kept_and_does_not_darken_the_color(page):
    result = compose(page.bw, predicted(page.color), Compositing(protect=False))
    # From afar, dots and the colour between them are the colour predicted.
    near, far = (np.asarray(Image.fromarray(picture).reduce(16)) for picture in (result, page.color))
    assert ciede2000(lab(near), lab(far)).mean() < 4
    contrast = brightness(result)[page.bw > 200].mean() - brightness(result)[page.bw < 50].mean()
    assert contrast > 0.5


@pytest.mark.parametrize("ink", ["exact", "off"])
def test_protected_areas_are_copied_from_the_page_in_grey(composed, ink):
    page = composed(3, 4)
    gray = np.asarray(Image.fromarray(page.color).convert("L"))
    pink = np.full((200, 140, 3), (0.9, 0.2, 0.5), np.float32)
    on, off = (compose(gray, pink, Compositing(ink, protect)) for protect in (True, False))
    mask = paper_mask(brightness(gray), None) == 1
    assert mask.mean() > 0.05
    np.testing.assert_array_equal(on[mask], np.repeat(gray[mask][:, None], 3, -1))
    assert np.ptp(off[mask].astype(int), axis=-1).mean() > 20


def test_without_ink_only_the_prediction_remains(drawing):
    gray, _ = drawing
    flat = np.full((90, 75, 3), (0.5, -0.25, 0.0), np.float32)
    result = compose(gray, flat, Compositing(ink="off", protect=False))
    np.testing.assert_array_equal(result, np.broadcast_to(np.array([191, 96, 128]), result.shape))


def test_soft_ink_takes_the_hue_of_the_prediction():
    dark, blue = np.full((64, 64), 40, np.uint8), np.full((16, 16, 3), (-0.9, -0.8, 0.2), np.float32)
    soft, exact = (compose(dark, blue, Compositing(ink=ink)) for ink in ("soft", "exact"))
    assert (exact == 40).all()
    assert np.ptp(soft.astype(int), axis=-1).min() > 60


def test_auto_ink_is_soft_on_painted_pages_and_exact_on_drawn_ones():
    painted = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (64, 1))
    drawn = np.where(painted > 64, 255, 0).astype(np.uint8)
    blue = np.full((16, 16, 3), (-0.9, -0.8, 0.2), np.float32)
    for page, ink in ((painted, "soft"), (drawn, "exact")):
        auto, chosen, other = (
            compose(page, blue, Compositing(ink=each, protect=False))
            for each in ("auto", ink, {"soft": "exact", "exact": "soft"}[ink])
        )
        np.testing.assert_array_equal(auto, chosen)
        assert (auto != other).any()


@pytest.mark.parametrize("ink", ["exact", "off"])
def test_a_spot_color_is_kept(drawing, ink):
    gray, _ = drawing
    page = np.repeat(gray[..., None], 3, -1)
    page[20:40, 20:80] = (220, 30, 40)
    result = compose(page, np.full((36, 30, 3), (0.2, 0.6, 0.1), np.float32), Compositing(ink, protect=False))
    np.testing.assert_array_equal(result[25:35, 25:75], page[25:35, 25:75])
    assert (result[300, 40] != page[300, 40]).any()


@pytest.mark.parametrize("shape", [(1, 1), (17, 300), (65, 64)])
@pytest.mark.parametrize("small", [(1, 1), (16, 24), (128, 128)])
def test_any_size_and_gray_or_rgb(shape, small):
    page = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    color = np.random.default_rng(1).uniform(-1, 1, (*small, 3)).astype(np.float32)
    result = compose(page, color)
    assert result.shape == (*shape, 3)
    same = compose(np.repeat(page[..., None], 3, -1), color)
    assert np.abs(result.astype(int) - same).max() <= 1


def test_other_pages_predictions_and_inks_are_refused():
    page, color = np.zeros((20, 20), np.uint8), np.zeros((5, 5, 3), np.float32)
    with pytest.raises(ValueError, match="uint8"):
        analyze_page(page / 255, "gray")
    with pytest.raises(ValueError, match=r"\[20, 20, 4\]"):
        analyze_page(np.zeros((20, 20, 4), np.uint8), "gray")
    with pytest.raises(ValueError, match=r"\[5, 5\]"):
        compose(page, color[..., 0])
    with pytest.raises(ValueError, match="NaN or infinite"):
        compose(page, color + np.nan)
    with pytest.raises(ValueError, match="ink is 'hard'"):
        Compositing(ink="hard")
