"""The tuned constants of page analysis and composition: every value here changes the pixels of coloured pages.

The digest of all values is part of the identity of a finished page, so that a page is coloured again after a change.
Levels are brightness in [0, 1] (0 black, 1 white), "of white" means relative to the brightest pixels of the page, and
shares are fractions of 1. Lightness and chroma are those of CIE Lab.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256


@dataclass(frozen=True)
class ColorKindSettings:
    """Whether a page is grey, has a spot colour, or is in colour (`color_kind`, `ink_line`)."""

    side: int = 350  # pixels of the longer side at which a page is examined, at least
    paper_quantile: float = 0.8  # quantile of brightness from which on pixels are paper
    darkest_quantile: float = 0.001  # quantile of brightness that counts as the darkest pixel of a page
    ink_range: float = 0.15  # share of the way from the darkest pixel to the paper up to which pixels are ink
    paper_range: float = 12.0  # lightness below that of the paper down to which unevenness of the paper is measured
    uneven_chroma: float = 15.0  # largest chroma of uneven paper, off its mean
    printed_range: float = 4.0  # lightness below that of the paper from which on a pixel is printed
    smoothing: int = 9  # pixels of that size over which chroma is averaged: noise and fringes of lines cancel out
    noise: float = 0.95  # chroma off the line, so averaged, that noise and JPEG have on neutral pages
    noise_share: float = 0.15  # share of that noise by which it grows for each unit of chroma between ink and paper
    plane_share: float = 0.05  # the same once more in the plane of the line, where JPEG leaves what it smears
    smeared_chroma: float = 20.0  # chroma between ink and paper from which on noise grows no more
    spot_smeared: float = 8.0  # the same on pages with a spot colour
    quantile: float = 0.9  # quantile of the printed pixels whose chroma is compared with that noise
    colored_chroma: float = 14.0  # chroma off the line above which a pixel is coloured
    colored_share: float = 0.3  # the same, for each unit of chroma between ink and paper
    speck: int = 3  # pixels over which chroma is averaged before it is called coloured: lines of scans have fringes
    rim: int = 3  # pixels around coloured ones into which JPEG smears their chroma
    largest_spot: float = 0.45  # largest share of a spot colour among the printed pixels
    smallest_spot: float = 0.0005  # share of the page below which coloured pixels are dirt
    mark_share: float = 0.05  # share of the printed pixels below which a mark (a stamp) may have any hues
    hue_range: int = 50  # degrees of hue within which a spot colour lies
    hue_purity: float = 0.9  # least share of the chroma of a spot colour within that range
    tone_hues: float = 12.0  # degrees by which the hues of its tones differ from its mean hue, at most


@dataclass(frozen=True)
class InkSettings:
    """What is ink and nothing else, and which pages are painted in greys (`ink`)."""

    black: float = 0.2309  # level below which all is ink: sRGB of lightness 25
    free: float = 0.3677  # level above which nothing is ink alone: sRGB of lightness 40
    darkest_quantile: float = 0.002  # quantile of brightness that counts as the darkest pixel of a page
    solid_range: float = 0.1  # levels above the darkest pixel up to which black is solid
    even_range: float = 0.06  # levels that brightness spans over three pixels, at most, where it is even
    painted_share: float = 0.12  # least share of even pixels that are not black among the dark ones of a painted page


@dataclass(frozen=True)
class ScreentoneSettings:
    """Where screentones are, and how they are removed (`screentone`); distances in pixels or in pitches of the tone."""

    window: int = 64  # side in pixels of the windows that are searched for a tone
    windows: int = 400  # windows of a page that are searched, about
    shortest_pitch: float = 2.5  # pixels between the dots of the finest tone
    longest_pitch: float = 14  # pixels between the dots of the coarsest tone
    contrast: float = 0.05  # standard deviation of brightness in a window above which it is not blank
    peak_share: float = 0.08  # least share of the fine structure in one of the four frequencies of a tone
    sharpness: float = 0.8  # least share of the power around that frequency that is the frequency's own
    toned_share: float = 0.02  # least share of windows with a tone on a page that has tones
    pitch_quantile: float = 0.75  # quantile of the pitches on a page with several tones
    blur: float = 0.45  # sigma in pitches of the blur that makes a tone even
    area_reach: float = 2.0  # pitches to each side over which a toned area has fine structure
    area_energy: float = 0.012  # mean square of the levels of that fine structure, at least
    area_edge: float = 0.25  # sigma in pitches of the soft edge of a toned area
    line_reach: float = 1.5  # pitches to each side in which the surroundings of a line are found
    line_contrast: float = 0.12  # levels by which a line is darker than its surroundings
    line_level: float = 0.6  # level below which a pixel can belong to a line
    solid_level: float = 0.45  # level below which a pixel can belong to a solid black
    solid_width: float = 1.3  # width in pitches from which on black is solid, and no dot of a tone


@dataclass(frozen=True)
class WorkingSizeSettings:
    """The size at which a network sees a page (`working_size`)."""

    sizes: tuple[int, ...] = (512, 768, 1024)  # pixels of the shorter side
    line_width: float = 1.25  # pixels that the lines of a page should be wide at that size
    moire_pitch: tuple[float, float] = (1.2, 2.4)  # pixels between dots, from and to, that make moiré with the pixels
    white_quantile: float = 0.98  # quantile of brightness that counts as the paper
    ink_level: float = 0.5  # level of white below which a pixel is ink
    deepest_line: float = 0.01  # half of the width of the widest line, as a share of the shorter side
    fewest_pixels: int = 50  # pixels of centre lines, at least, on a page that has lines
    width_offset: float = 0.5  # pixels by which twice the depth of a line exceeds its width


@dataclass(frozen=True)
class LetteringSettings:
    """Which dark shapes are lettering (`lettering`)."""

    smallest: float = 0.006  # longer side of the smallest letter, as a share of the shorter side of the page
    largest: float = 0.06  # longer side of the largest letter, as a share of the shorter side of the page
    smallest_mark: float = 0.002  # longer side of the smallest point or accent, in the same share
    least_ink: int = 6  # pixels of the smallest letter
    ring_gap: int = 3  # pixels between a letter and the ring around it on which its background is looked up
    ring_pixels: int = 8  # pixels of that ring, at least, that no other letter covers
    ring_share: float = 0.8  # least share of that ring on one white area
    most_shapes: int = 8000  # shapes on one white area above which it is a pattern; a page of text has about 5,000
    neighbor_reach: float = 1.9  # longest sides of a letter within which its neighbours are searched
    alike_ratio: float = 2.2  # largest ratio of the heights (in a row) or of a side (in a column) of two neighbours
    neighbor_overlap: float = 0.5  # least overlap of two neighbours across a row or column, as a share of the smaller
    neighbor_gap: float = 0.9  # largest gap between two neighbours, in longest sides
    fewest_letters: int = 3  # letters of a block; two like shapes on white are the eyes of a face more often
    telling_letters: int = 400  # letters of a block that are enough to tell whether all stand in rows or columns
    slim_ratio: float = 4  # ratio of the sides above which a shape is a stroke of hatching
    thin_fill: float = 0.22  # share of its box that a shape fills, below which it is an outline
    dot_fill: float = 0.7  # share of its box that a shape fills, above which it can be a dot
    dot_ratio: float = 0.25  # largest difference of the sides of a dot, as a share of its height
    odd_share: float = 0.5  # share of strokes, outlines and dots from which on a block is not lettering
    alike_count: int = 8  # shapes above which letters differ in their ink
    alike_deviation: float = 0.2  # standard deviation of the ink over its mean, below which shapes are a pattern
    uneven_deviation: float = 0.32  # the same of the heights, above which shapes are drawn: lettering has 0.04 to 0.26
    line_tolerance: float = 0.25  # lengths of a letter by which the ends of others on its line may differ


@dataclass(frozen=True)
class GutterSettings:
    """Which white is the margin or a gutter (`gutters`); lengths as shares of the shorter side of the page."""

    widest: float = 0.06  # width above which white is part of a picture
    shortest: float = 0.15  # length of each piece of a gutter
    least_span: float = 0.5  # share of the page that a gutter spans, up or across
    narrow_share: float = 0.6  # least share of narrow parts in a gutter that is not the margin
    rim_share: float = 0.5  # least share of the white rim of a page that its margin covers
    margin_ratio: float = 1.5  # deepest margin, relative to its median depth, where it has no level edge
    tilt: float = 0.2  # largest change of depth along a level edge, as a share of its length (crooked scans)
    line_gap: int = 5  # pixels of the widest gap in a frame that is not looked through
    # Of panels on black (`black_surround`):
    solid_width: float = 0.012  # width from which on black is no line or frame
    edge_width: int = 2  # pixels over which black turns into white
    crooked: float = 0.02  # tilt of a side, as a share of its length
    least_panel: float = 0.25  # shorter side of the smallest panel on black that may have margins and gutters
    side_share: float = 0.8  # least share of a side that its margin covers
    level_share: float = 0.25  # least share of a side along which its margin has one depth
    side_ratio: float = 1.5  # largest ratio of the margins of two opposite sides
    end_share: float = 0.5  # largest share of a side that the end of a gutter takes
    straight: float = 0.1  # length of white along rows or columns that is straight
    straight_share: float = 0.8  # least share of straight parts in a gutter that joins no margin


@dataclass(frozen=True)
class PaperSettings:
    """What stays paper: balloons, lettering, sheets of text, margin and gutters (`paper_mask`)."""

    side: int = 1000  # pixels of the shorter side at which a page is examined, at most
    white_quantile: float = 0.99  # quantile of brightness that counts as white
    darkest_white: float = 0.6  # level of white below which a page has no paper
    ink_level: float = 0.6  # level of white below which a pixel is ink
    area_level: float = 0.86  # level of white above which a pixel belongs to a white area
    paper_level: float = 0.95  # level of white above which a pixel is paper, and below which a sheet is shaded
    soft_edge: float = 0.6  # sigma in pixels of the soft edge of the mask
    frame_gap: float = 0.008  # widest gap in a frame, as a share of the shorter side; gutters are wider
    clear_level: int = 200  # of 255: share of white above which a pixel of half the size is white
    dot_opening: float = 1.25  # pitches of the tone over which white must be open to be more than the gaps of dots
    least_opening: int = 3  # pixels over which it must be open in any case
    legible_letters: int = 5  # letters of a block from which on its surroundings are kept
    letter_margin: float = 0.8  # heights of a letter to which the surroundings of lettering are kept
    few_letters: int = 4  # letters below which the next three values are the first of their pair
    balloon_ratio: tuple[float, float] = (10, 16)  # largest ratio of the areas of a balloon and its lettering
    balloon_ink: tuple[float, float] = (0.9, 0.75)  # least share of the ink in a balloon that is lettering
    balloon_hull: tuple[float, float] = (0.85, 0.7)  # least share of its convex hull that a balloon fills
    largest_balloon: float = 0.25  # share of the page
    sheet_text: float = 0.25  # least share of lettering on a sheet: text has 0.4 and more, a sky with a caption 0.05
    sheet_shade: float = 0.25  # least share of a sheet that is shaded
    sheet_mask: float = 0.5  # how far shaded paper of a sheet stays paper: it may be old, but is not blue
    stroke: int = 9  # pixels that the strokes of letters are wide, at most


@dataclass(frozen=True)
class UpsampleSettings:
    """How colours are brought to the size of the page (`guided_upsample`)."""

    edge: float = 0.15  # levels of a step in the page that costs as much as the whole reach
    grain: float = 0.02  # levels of a step up to which it is noise or paper grain
    reach: float = 1.5  # pixels of the small picture over which colours are smoothed
    passes: int = 2  # passes of the filter, up and across
    seen_reach: float = 1.5  # pixels of the small picture to each side that one of them saw of the page
    seen_range: float = 0.2  # levels that the page spans there at which a pixel is trusted by 1/e
    least_weight: float = 0.02  # weight of a pixel that saw both sides of an edge, for places that have none better


@dataclass(frozen=True)
class GamutSettings:
    """The table of the lightness that sRGB has for each a and b (`gamut`)."""

    step: int = 4  # between the entries of the table, in a and b
    reach: int = 128  # largest a and b
    tolerance: float = 1.0  # largest change of L, a and b at which sRGB still has a colour


@dataclass(frozen=True)
class ComposeSettings:
    """How colours and the page are put together (`compose`)."""

    dark_offset: float = 0.06  # added to levels before their ratio is taken, so that dark colours shift, not scale


@dataclass(frozen=True)
class StripSettings:
    """Which pages are slices of one strip, and what is seen of their neighbours (`mangagan.infer.strips`)."""

    context_rows: int = 600  # rows of each neighbour
    least_deviation: float = 8.0  # of 255: deviation of a row at the rim that goes through a drawing
    largest_step: float = 14.0  # of 255: mean difference of two rows that follow each other
    step_share: float = 0.4  # the same, relative to the deviation of the row
    long_ratio: float = 4.0  # pages of more rows, relative to their columns, are coloured in bands
    band_rows: int = 2400  # rows of a band
    fade_rows: int = 160  # rows over which the colours of two bands are mixed


@dataclass(frozen=True)
class PageSettings:
    """All tuned constants of this folder."""

    color_kind: ColorKindSettings = ColorKindSettings()
    ink: InkSettings = InkSettings()
    screentone: ScreentoneSettings = ScreentoneSettings()
    working_size: WorkingSizeSettings = WorkingSizeSettings()
    lettering: LetteringSettings = LetteringSettings()
    gutters: GutterSettings = GutterSettings()
    paper: PaperSettings = PaperSettings()
    upsample: UpsampleSettings = UpsampleSettings()
    gamut: GamutSettings = GamutSettings()
    compose: ComposeSettings = ComposeSettings()
    strips: StripSettings = StripSettings()

    @property
    def digest(self) -> str:
        """SHA-256 of all names and values, as hexadecimal text."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


PAGE = PageSettings()
