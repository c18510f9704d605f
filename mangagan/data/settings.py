"""The configuration of the data of an experiment."""

from __future__ import annotations

from dataclasses import dataclass, field

from mangagan.data.degradation.degrade import Degradation, Undamaged
from mangagan.data.drawing import Drawing
from mangagan.data.stream.page_palettes import NoPalettes, PagePalettes
from mangagan.data.stream.transforms import Input


@dataclass(frozen=True)
class Data:
    """Which pages a network is trained on, and how they become examples."""

    source: str = "comics:2000"  # see mangagan.data.sources.open_source for all kinds
    # Works for validation, "E15,E16", or patterns of the names of pages, "E1*"; "" holds out a tenth of the works.
    held_out: str = ""
    input: Input = "gray"
    drawing: Drawing = field(default_factory=Drawing)  # how inputs are drawn where `input` is "drawn"
    damage: Degradation = field(default_factory=Undamaged)  # degradation of the input
    palettes: NoPalettes | PagePalettes = field(default_factory=NoPalettes)  # palettes that condition the network
    instances: bool = False  # also number the regions between the lines of the page
    paired: bool = True  # False: input and target come from independently sampled pages
    size: int = 256  # side in pixels of the square input of the network
    window: int = 512  # side in page pixels of the crop that is scaled to `size`
    # Median side of the crops where most pages are smaller than the window, 0 elsewhere. It is noted by a run and kept
    # with its model, for which it tells the scale of the pages; training does not read it.
    crop: int = field(default=0, compare=False)
    octaves: float = 0.0  # the crop is up to so many octaves larger or smaller, log-uniformly
    jitter: float = 0.1  # the side of the crop varies uniformly by this share
    flip: bool = True  # flip half of the examples left to right
    batch_size: int = 1  # per step, over all devices and hosts
    workers: int = 2  # decoding processes, 0 for this process alone; the batches do not depend on it

    @property
    def page_scale(self) -> float:
        """The scale at which the network is shown pages: 1 for their own size."""
        return self.size / min(self.crop or self.window, self.window)

    def __post_init__(self) -> None:
        least = {"size": 1, "window": 1, "crop": 0, "batch_size": 1, "workers": 0}
        wrong = [f"data.{name}={getattr(self, name)}" for name, low in least.items() if getattr(self, name) < low]
        if not 0 <= self.octaves <= 8:
            raise ValueError(f"data.octaves={self.octaves}: it must be 0 to 8")
        if wrong or not 0 <= self.jitter < 1:
            raise ValueError(
                f"{', '.join(wrong) or f'data.jitter={self.jitter}'}: sizes must be at least 1, data.crop and "
                "data.workers at least 0, data.jitter at least 0 and below 1"
            )
