"""What an experiment says of its pages."""

from __future__ import annotations

from dataclasses import dataclass, field

from mangagan.data.degradation.degrade import Damage, Undamaged
from mangagan.data.drawing import Drawing
from mangagan.data.stream.page_palettes import NoPalettes, PagePalettes
from mangagan.data.stream.transforms import Input


@dataclass(frozen=True)
class Data:
    """Which pages the network sees, and how."""

    source: str = "comics:2000"  # see mangagan.data.sources.open_source for all kinds
    # Works that are not learned from, "E15,E16", or patterns of names of pages, "E1*"; "": a tenth of the works.
    held_out: str = ""
    input: Input = "gray"
    drawing: Drawing = field(default_factory=Drawing)  # how inputs are drawn, where `input` is "drawn"
    damage: Damage = field(default_factory=Undamaged)  # what is done to the input
    palettes: NoPalettes | PagePalettes = field(default_factory=NoPalettes)  # that come with a page
    instances: bool = False  # also number the regions that the page's lines enclose
    paired: bool = True  # False: input and target are drawn from the set independently
    size: int = 256  # side in pixels of the square picture the network sees
    window: int = 512  # side in page pixels of the square that is cut out and scaled to `size`
    octaves: float = 0.0  # the window is up to so many octaves larger or smaller, all scales equally likely
    jitter: float = 0.1  # the window's side varies uniformly by this share
    flip: bool = True
    batch_size: int = 1  # of one step, over all devices and hosts
    workers: int = 2  # processes that decode; 0: in this process. Never changes the batches.

    def __post_init__(self) -> None:
        least = {"size": 1, "window": 1, "batch_size": 1, "workers": 0}
        wrong = [f"data.{name}={getattr(self, name)}" for name, low in least.items() if getattr(self, name) < low]
        if not 0 <= self.octaves <= 8:
            raise ValueError(f"data.octaves={self.octaves}: it is 0 to 8")
        if wrong or not 0 <= self.jitter < 1:
            raise ValueError(
                f"{', '.join(wrong) or f'data.jitter={self.jitter}'}: sizes are 1 or more, data.workers 0 or more, "
                "data.jitter at least 0 and below 1"
            )
