"""Any picture file as sound 8-bit sRGB or grey: decoding, checks of soundness, and telling grey from colour."""

from __future__ import annotations

import io
import warnings

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageCms, ImageOps

MAX_PIXELS = 100_000_000
MIN_SIDE = 16
SUFFIXES = frozenset(".jpg .jpeg .jpe .png .webp .bmp .gif .tif .tiff .avif .jp2".split())

# Chroma (8-bit levels of Cb and Cr) above which a pixel is colored, and the share of them that makes a page colored.
_COLORED_CHROMA = 12.0
_COLORED_SHARE = 0.001
ORIENTATION = 0x0112


class Unusable(Exception):
    """A picture that cannot be used; the message is the reason."""


def read_picture(data: bytes) -> tuple[Image.Image, bytes]:
    """A file's picture in mode RGB or L (8 bits, sRGB, upright, over white), and bytes that hold it.

    The bytes are the file's own when they are a plain RGB or grey JPEG or PNG, otherwise a new PNG. Every pixel is
    decoded, so a picture that comes back is whole. Raises Unusable for a file that is broken, truncated, empty,
    huge or tiny.
    """
    picture, source = _loaded(data)
    return picture, data if _is_plain(source) else encode_png(picture)


def decoded(data: bytes) -> Image.Image:
    """The picture that `read_picture` gives, without its bytes. Raises Unusable as it does."""
    return _loaded(data)[0]


def _loaded(data: bytes) -> tuple[Image.Image, Image.Image]:
    """A file's picture, sound and upright, and as it was opened."""
    if not data:
        raise Unusable("the file is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            source = Image.open(io.BytesIO(data))
            _check_size(*source.size)
            source.load()
            upright = ImageOps.exif_transpose(source)
            picture = _to_srgb(_over_white(_to_eight_bits(upright)), source)
    except Unusable:
        raise
    except Exception as error:  # a hostile file makes Pillow's decoders raise nearly anything
        raise Unusable(f"cannot be decoded: {error}") from error
    return picture, source


def encode_png(picture: Image.Image) -> bytes:
    """A picture as PNG bytes, without metadata."""
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(picture)).save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()


def is_gray(picture: Image.Image) -> bool:
    """Whether a page is black and white, on tinted paper or with JPEG noise; one splash of colour makes it colored.

    The page's own neutral axis runs from its ink (darkest pixels) to its paper (brightest pixels). A page is grey
    when less than 0.1 % of it lies 12 levels of chroma or more off that axis. Only warm tints count as paper's.
    """
    if picture.mode == "L":
        return True
    # At a quarter of the size, JPEG's coarser chroma no longer bleeds over the edges of lines.
    small = picture.convert("RGB").reduce(max(4, max(picture.size) // 320))
    pixels = np.asarray(small.convert("YCbCr"), np.float32).reshape(-1, 3)
    light, chroma = pixels[:, 0], pixels[:, 1:] - 128
    dark, bright = np.quantile(light, [0.05, 0.8])
    white = float(np.median(light[light >= bright]))
    ink = _tint(chroma[light <= dark])
    paper = _tint(chroma[light >= bright]) if white > 128 else ink
    share = (light / max(white, 1.0)).clip(0, 1)[:, None]
    distance = np.hypot(*(chroma - ink * (1 - share) - paper * share).T)
    # JPEG smears a paper's tint over the ink: the stronger the tint, the larger its noise.
    noise = _COLORED_CHROMA + np.hypot(*(paper - ink)) / 4
    return bool(np.mean(distance > noise) < _COLORED_SHARE)


def is_srgb(profile: ImageCms.ImageCmsProfile) -> bool:
    """Whether a colour profile is that of sRGB, by what it says of itself."""
    return "srgb" in ImageCms.getProfileDescription(profile).lower()


def _tint(chroma: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, " 2"]:
    """The middle chroma if paper or faded ink may have it (towards yellow and brown), otherwise none."""
    blue, red = np.median(chroma, axis=0)
    warm = -48 <= blue <= 0 and -10 <= red <= 24
    return np.array([blue, red] if warm else [0, 0], np.float32)


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise Unusable(f"{width} x {height} is more than {MAX_PIXELS // 1_000_000} megapixels")
    if min(width, height) < MIN_SIDE:
        raise Unusable(f"{width} x {height} has a side under {MIN_SIDE} pixels")


def _over_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture
    gray = picture.mode in ("LA", "La", "L", "1")
    layer = picture.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    over = Image.alpha_composite(white, layer).convert("RGB")
    return over.getchannel("R") if gray else over


def _to_eight_bits(picture: Image.Image) -> Image.Image:
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        values = np.asarray(picture)
        if values.min() < 0 or values.max() > 65535 or picture.mode == "F":
            raise Unusable(f"its pixels (mode {picture.mode}) are no 8-bit or 16-bit grey")
        return Image.fromarray(((values.astype(np.uint32) + 128) // 257).astype(np.uint8))
    return picture.convert("L") if picture.mode == "1" else picture


def _to_srgb(picture: Image.Image, source: Image.Image) -> Image.Image:
    mode = "L" if picture.mode == "L" else "RGB"
    picture = picture if picture.mode in ("L", "RGB", "CMYK") else picture.convert("RGB")
    profile = _foreign_profile(source)
    if profile is None:
        return picture.convert(mode)
    try:
        # Pixels as they are beat a profile that does not fit them.
        converted = ImageCms.profileToProfile(picture, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except ImageCms.PyCMSError:
        converted = None
    return (converted or picture).convert(mode)


def _foreign_profile(source: Image.Image) -> ImageCms.ImageCmsProfile | None:
    """The embedded colour profile when there is one that differs from sRGB."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(source.info["icc_profile"]))
        return None if is_srgb(profile) else profile
    except (KeyError, OSError, ImageCms.PyCMSError):
        return None


def _is_plain(source: Image.Image) -> bool:
    return (
        source.format in ("JPEG", "PNG")
        and source.mode in ("RGB", "L")
        and source.getexif().get(ORIENTATION, 1) == 1
        and not source.has_transparency_data
        and _foreign_profile(source) is None
    )
