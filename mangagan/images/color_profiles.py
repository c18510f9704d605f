"""Colour profiles of pages: which of them a coloured page can keep, and the way back from sRGB to them."""

from __future__ import annotations

import io

from PIL import Image, ImageCms

from mangagan.images.decode import is_srgb

_COLOR_MODES = ("RGB", "RGBA", "RGBX", "RGBa", "P", "PA", "YCbCr", "LAB")


def rgb_profile(image: Image.Image) -> bytes:
    """The embedded profile if it is one of RGB, else b"": those of grey and CMYK mean nothing for a coloured page."""
    try:
        data = image.info["icc_profile"]
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        # Where a profile does not fit its pixels, `mangagan.images.decode` takes them for sRGB.
        fits = image.mode in _COLOR_MODES or is_srgb(profile)
        return data if fits and profile.profile.xcolor_space.strip() == "RGB" else b""
    except (KeyError, TypeError, OSError, ImageCms.PyCMSError):
        return b""


def from_srgb(picture: Image.Image, data: bytes) -> Image.Image:
    """What `mangagan.images.decode` converted to sRGB, back to where it came from: a profile of RGB."""
    profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
    try:
        if is_srgb(profile):
            return picture
        converted = ImageCms.profileToProfile(picture, ImageCms.createProfile("sRGB"), profile, outputMode="RGB")
    except ImageCms.PyCMSError:  # it was not converted in the first place, then
        return picture
    return converted or picture
