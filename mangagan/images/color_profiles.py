"""Embedded colour profiles (ICC): conversion to sRGB and back, and which of them a coloured page can keep."""

from __future__ import annotations

import io

from PIL import Image, ImageCms

_COLOR_MODES = ("RGB", "RGBA", "RGBX", "RGBa", "P", "PA", "YCbCr", "LAB")


def foreign_profile(image: Image.Image) -> ImageCms.ImageCmsProfile | None:
    """Return the embedded profile of an opened file, or None where there is none, it is broken or it is sRGB.

    Args:
        image: As Pillow opened it, of any mode.
    """
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        return None if is_srgb(profile) else profile
    except (KeyError, OSError, ImageCms.PyCMSError):
        return None


def is_srgb(profile: ImageCms.ImageCmsProfile) -> bool:
    """Return whether a profile describes itself as sRGB."""
    return "srgb" in ImageCms.getProfileDescription(profile).lower()


def to_srgb(picture: Image.Image, profile: ImageCms.ImageCmsProfile | None) -> Image.Image:
    """Return a picture in sRGB, as mode L where it was L and as RGB otherwise.

    Args:
        picture: 8 bits a channel, of any mode.
        profile: Describes its colours; None for sRGB.
    """
    mode = "L" if picture.mode == "L" else "RGB"
    picture = picture if picture.mode in ("L", "RGB", "CMYK") else picture.convert("RGB")
    if profile is None:
        return picture.convert(mode)
    try:
        converted = ImageCms.profileToProfile(picture, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except ImageCms.PyCMSError:
        # The profile does not fit the pixels: unconverted pixels are closer to the truth than none.
        converted = None
    return (converted or picture).convert(mode)


def rgb_profile(image: Image.Image) -> bytes:
    """Return the embedded profile of an opened file if it is one of RGB, else b"".

    Profiles of grey and CMYK mean nothing for a coloured page.

    Args:
        image: As Pillow opened it, of any mode.
    """
    try:
        data = image.info["icc_profile"]
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        # `to_srgb` leaves pixels that a profile does not fit as they are, so they must not be converted back either.
        fits = image.mode in _COLOR_MODES or is_srgb(profile)
        return data if fits and profile.profile.xcolor_space.strip() == "RGB" else b""
    except (KeyError, TypeError, OSError, ImageCms.PyCMSError):
        return b""


def from_srgb(picture: Image.Image, data: bytes) -> Image.Image:
    """Return a picture converted from sRGB to its embedded profile, as `to_srgb` converted its source.

    Args:
        picture: 8-bit sRGB of mode RGB.
        data: A profile of RGB (see `rgb_profile`).
    """
    profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
    try:
        if is_srgb(profile):
            return picture
        converted = ImageCms.profileToProfile(picture, ImageCms.createProfile("sRGB"), profile, outputMode="RGB")
    except ImageCms.PyCMSError:
        # Then `to_srgb` failed as well, and the pixels were never converted.
        return picture
    return converted or picture
