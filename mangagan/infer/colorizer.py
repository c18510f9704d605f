"""Colour pages and volumes with a trained network.

    color = mangagan.load("base")
    picture = color("page.png", palette="cover.jpg")
    for page in color.volume("vol1.cbz", "vol1-color.cbz"):
        print(page.name, page.outcome)

The way of a page, from top to bottom of this file: its pixels are analysed, the network sees them at the size that
suits both, whole or in tiles, and `compose` lays the predicted colours under the page's own ink.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from mangagan.images.encode import Quality, encode
from mangagan.images.errors import UnusableFile
from mangagan.images.limits import Limits
from mangagan.images.names import matches
from mangagan.images.page_file import Envelope, read_page, with_alpha, write_page
from mangagan.images.picture import Pixels
from mangagan.images.volume import Member, Volume
from mangagan.infer.guidance.hints_file import PageHints
from mangagan.infer.guidance.hints_folder import HintsFolder, choose_hints
from mangagan.infer.guidance.palettes import WITHOUT_PALETTE, AutoPalettes, Palettes, VolumePalettes, choose_palettes
from mangagan.infer.network import Network
from mangagan.infer.page.analysis import analyze_page
from mangagan.infer.page.color_kind import ColorKind, page_kind
from mangagan.infer.page.compose import Compositing, compose
from mangagan.infer.page.ink import brightness
from mangagan.infer.page.settings import PAGE
from mangagan.infer.predict_page import PageView, predict_page, working_height_and_width
from mangagan.infer.strips import NO_STRIPS, Strips, in_bands, strips_of
from mangagan.infer.volume.page_stages import Keep, PageInput
from mangagan.infer.volume.plan import To
from mangagan.infer.volume.process_one import process_one
from mangagan.infer.volume.report import PageReport
from mangagan.palette import Palette
from mangagan.tiles import PAGE_TILES, TileSettings

# A page for the library: a path, a PIL image, or an array [h w] or [h w 3] of 8-bit sRGB.
AnyPage = str | Path | Image.Image | np.ndarray


@dataclass(frozen=True)
class ColorizeOptions:
    """How pages are coloured.

    Attributes:
        compositing: How the colours and the page's ink are put together.
        size: Pixels of a page's shorter side for the network; None: as the page's lines require.
        recolor: Patterns of the names of pages that are coloured anew even if they are in colour; "*" means all.
        keep: Patterns of the names of pages that are kept as they are.

    Raises:
        ValueError: The size is below 16.
    """

    compositing: Compositing = Compositing()
    size: int | None = None
    recolor: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.size is not None and self.size < 16:
            raise ValueError(f"a size of {self.size} pixels shows nothing of a page: it must be at least 16")


@dataclass(frozen=True)
class Colorizer:
    """Colours pages, and volumes of them, with one network.

    Attributes:
        network: A trained colouriser.
        options: How pages are coloured.
        palettes: Palettes of a volume's pages, for networks that take them.
        hints: Hints of a volume's pages, for networks that take them.
        tiles: How large pages are cut.
        version: Of the program; pages that another version finished are done again.
    """

    network: Network
    options: ColorizeOptions = ColorizeOptions()
    palettes: Palettes = AutoPalettes()
    hints: HintsFolder | None = None
    tiles: TileSettings = PAGE_TILES
    version: str = ""

    participle: ClassVar[str] = "coloured"
    colors: ClassVar[bool] = True

    def __call__(self, page: AnyPage, *, palette: Any = "auto", hints: Any = None) -> Image.Image:
        """Return a page in colour, at its own size; a page that is in colour already returns as it is.

        Args:
            page: A path, a PIL image, or an array [h w] or [h w 3] of 8-bit sRGB.
            palette: The colours to use: "auto", "none", a path or paths, a picture, or colours such as "#d8453e" in a
                list (see `choose_palettes`).
            hints: Colours in a few places: the path of a JSON file, or `PageHints`.

        Returns:
            An RGB image in sRGB, upright; RGBA if the page has transparency.

        Raises:
            ValueError: The page cannot be read, or the network takes no such guidance.
        """
        guided = self.with_guidance(palette, None)
        given = choose_hints(hints)
        if given and not self.network.info.hints:
            raise ValueError("this network takes no hints; runs of colorizer_base and siggraph17_manga do")
        name, data = _page_file(page)
        try:
            pixels, envelope = read_page(data, Limits(), Quality())
        except UnusableFile as error:
            raise ValueError(f"{name}: {error}") from error
        volume = guided.begin_volume(name, Volume((Member(name, lambda: data, True),)))
        colored = self.color_pixels(pixels, volume.palette_of(name), given, name)
        return with_alpha(pixels if isinstance(colored, Keep) else colored, envelope)

    def with_guidance(self, palette: Any = "auto", hints: Path | str | None = None) -> Colorizer:
        """Return the same colouriser with palettes and hints for volumes.

        Args:
            palette: See `choose_palettes`.
            hints: A folder of JSON files by the names of volumes and pages.

        Raises:
            ValueError: The network takes no such guidance, or there is none in the files.
        """
        palettes = choose_palettes(palette)
        folder = HintsFolder(Path(hints)) if hints else None
        if folder and not self.network.info.hints:
            raise ValueError("this network takes no hints; runs of colorizer_base and siggraph17_manga do")
        if palettes.requested and not self.network.info.palette:
            raise ValueError("this network takes no palette; runs of colorizer_base do")
        return replace(self, palettes=palettes, hints=folder)

    def volume(
        self,
        source: str | Path,
        output: str | Path,
        *,
        palette: Any = "auto",
        hints: str | Path | None = None,
        to: To | None = None,
        overwrite: bool = False,
    ) -> Iterator[PageReport]:
        """Colour a volume, and yield what became of each page as soon as it is finished.

        It does what `mangagan colorize` does: a loop that is left early, or killed, is resumed by the next call.

        Args:
            source: A picture, a folder, an archive or a PDF.
            output: A folder, or the file of the coloured volume.
            palette: See `choose_palettes`.
            hints: A folder of JSON files by the names of volumes and pages.
            to: What volumes become; None keeps folders folders, and archives CBZ.
            overwrite: Whether existing output is replaced.

        Yields:
            The name, the outcome, the reason and the seconds of each page.

        Raises:
            ValueError: There is no such source, the output does not fit it, or the volume cannot be processed.
        """
        return process_one(self.with_guidance(palette, hints), source, output, to, overwrite)

    def begin_volume(self, title: str, volume: Volume) -> VolumeColorizer:
        """Return the colouriser of one open volume, with the palettes and hints of its pages."""
        palettes = self.palettes if self.network.info.palette else WITHOUT_PALETTE
        return VolumeColorizer(self, title, palettes.in_volume(title, volume), strips_of(volume))

    @property
    def identity(self) -> str:
        """All that decides a page's colours beside the page and its guidance."""
        return f"{self.version} {self.network.info} {self.options} {self.tiles} {PAGE.digest}"

    def color_pixels(
        self,
        pixels: Pixels,
        palette: Palette | None,
        hints: PageHints | None,
        name: str = "",
        strips: Strips = NO_STRIPS,
    ) -> Pixels | Keep:
        """Return a page in colour, or why it is kept as it is.

        Args:
            pixels: 8-bit sRGB.
            palette: Shares of the bins; None for a network without palettes.
            hints: Of a page of this size.
            name: The page's name, which the options may name.
            strips: The neighbours of the pages of its volume.

        Raises:
            ValueError: The hints are for a page of another size.
        """
        if matches(name, self.options.keep):
            return Keep("it is to be kept")
        anew = matches(name, self.options.recolor)
        kind = "gray" if anew else page_kind(pixels)
        if kind == "color":
            return Keep("it is in colour already")
        height, width = pixels.shape[:2]
        if hints and (hints.width, hints.height) != (width, height):
            raise ValueError(f"its hints are for {hints.width} x {hints.height} pixels; it has {width} x {height}")
        if hints:
            return self._color(pixels, kind, anew, palette, hints)
        found = strips.surroundings(name, pixels)
        return found.inside(in_bands(found.around(pixels), lambda part: self._color(part, kind, anew, palette, None)))

    def _color(
        self, pixels: Pixels, kind: ColorKind, anew: bool, palette: Palette | None, hints: PageHints | None
    ) -> Pixels:
        page = analyze_page(_without_colors(pixels) if anew else pixels, kind)
        size = working_height_and_width(page, self.options.size, self.network.info.scale)
        guided = self.network
        if guided.info.palette and palette is not None:
            guided = guided.with_palette(palette)
        predicted = predict_page(guided, PageView(guided.info, pixels, hints), *size, self.tiles)
        return compose(page, guided.to_srgb(predicted), self.options.compositing)


@dataclass(frozen=True)
class VolumeColorizer:
    """Colours the pages of one volume (see `VolumeProcessor`)."""

    colorizer: Colorizer
    title: str
    palettes: VolumePalettes
    strips: Strips = NO_STRIPS

    def decode(self, data: bytes, limits: Limits, quality: Quality) -> tuple[Pixels, Envelope]:
        """Return a page in sRGB, and what its file has beside its colours."""
        return read_page(data, limits, quality)

    def process(self, page: PageInput) -> Pixels | Keep:
        """Return the page in colour. Raises ValueError for hints of another size."""
        hints = self.colorizer.hints.hints(self.title, page.name) if self.colorizer.hints else None
        return self.colorizer.color_pixels(page.pixels, self.palette_of(page.name), hints, page.name, self.strips)

    def encode(self, pixels: Pixels, envelope: Envelope) -> bytes:
        """Return the file of a coloured page."""
        return write_page(pixels, envelope)

    def identity(self, page: str) -> str:
        """Return what decides the page's colours: program, network, options, hints and palette."""
        hints = self.colorizer.hints.text(self.title, page) if self.colorizer.hints else None
        palette = sha256(self.palette_of(page).tobytes()).hexdigest()
        return f"{self.colorizer.identity} {hints!r} {palette} {self.strips.identity(page)}"

    def palette_of(self, page: str) -> Palette:
        """Return the palette of a page."""
        return self.palettes.of_page(page)


def _page_file(page: AnyPage) -> tuple[str, bytes]:
    """A name for messages, and the bytes of a file that holds the page."""
    if isinstance(page, (str, Path)):
        file = Path(page).expanduser()
        if not file.is_file():
            raise ValueError(f"there is no file {file}; for folders and archives there is Colorizer.volume")
        return file.name, file.read_bytes()
    image = Image.fromarray(page) if isinstance(page, np.ndarray) else page
    profile = image.info.get("icc_profile")
    return "page.png", encode(image, "PNG", compress_level=0, **({"icc_profile": profile} if profile else {}))


def _without_colors(pixels: Pixels) -> UInt8[np.ndarray, "h w"]:
    return np.round(brightness(pixels) * 255).astype(np.uint8)
