"""How the volumes of one run are begun: one network, and each volume with its own hints and palettes."""

from __future__ import annotations

from hashlib import sha256

from mangagan.images.open_volume import Volume
from mangagan.infer.colorizer import Coloring, colorizer
from mangagan.infer.guidance.hints_folder import HintsFolder
from mangagan.infer.guidance.palettes import NONE, Palettes
from mangagan.infer.network import Network
from mangagan.infer.volume.page_stages import Begin, Colors


def beginning(
    version: str, network: Network, coloring: Coloring, hints: HintsFolder | None, palettes: Palettes
) -> Begin:
    """What `color_volumes` asks of each volume; `version` is the program's.

    Palettes are looked for only where the network takes one.
    """
    # Another version may color otherwise, and a network that is told of other facts is shown other pictures.
    decides = f"{version} {network.facts} {coloring}"

    def begin(title: str, volume: Volume) -> Colors:
        palette_of = (palettes if network.facts.palette else NONE).of(title, volume)

        def identity(page: str) -> str:
            wishes = hints.text(title, page) if hints else None
            return f"{decides} {wishes!r} {sha256(palette_of(page).tobytes()).hexdigest()}"

        return Colors(colorizer(network, coloring, hints.hints if hints else _no_hints, palette_of), identity)

    return begin


def _no_hints(volume: str, page: str) -> None:
    return None
