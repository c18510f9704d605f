"""How the pages of a project are made: stages, palette, compositing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

STAGES = ("denoise", "inpaint", "color")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_MOST_COLORS = 64


@dataclass(frozen=True)
class ProjectSettings:
    """The settings of a project.

    Attributes:
        palette: "auto", "none", "page:NAME", or colours as "#rrggbb".
        ink: Whether the page's own ink is kept (`Compositing`).
        protect: Whether balloons, lettering and gutters stay paper.
        size: Pixels of a page's shorter side for the network; None: as its lines require.
        stages: Which stages are on, by name; they follow each other in the order of `STAGES`.
        sigma: Standard deviation of the noise, for networks that take it, from 0 to 255.
        reading: "rtl" or "ltr", the order of pages.

    Raises:
        ValueError: A value is none of these.
    """

    palette: str | tuple[str, ...] = "auto"
    ink: bool = True
    protect: bool = True
    size: int | None = None
    stages: Mapping[str, bool] = field(default_factory=lambda: {"denoise": False, "inpaint": True, "color": True})
    sigma: float | None = None
    reading: str = "rtl"

    def __post_init__(self) -> None:
        if isinstance(self.palette, str):
            fits = self.palette in ("auto", "none") or self.palette.startswith("page:")
        else:
            fits = 0 < len(self.palette) <= _MOST_COLORS and all(_is_color(color) for color in self.palette)
        for name, is_right in (
            ("palette", fits),
            ("ink", isinstance(self.ink, bool)),
            ("protect", isinstance(self.protect, bool)),
            ("size", self.size is None or (type(self.size) is int and 16 <= self.size <= 4096)),
            ("stages", set(self.stages) == set(STAGES) and all(type(on) is bool for on in self.stages.values())),
            ("sigma", self.sigma is None or (type(self.sigma) in (int, float) and 0 <= self.sigma <= 255)),
            ("reading", self.reading in ("rtl", "ltr")),
        ):
            if not is_right:
                raise ValueError(f"{name}: this is no value that it can have (docs/studio.md lists them)")


def changed(settings: ProjectSettings, values: Any) -> ProjectSettings:
    """Return settings with other values, from JSON.

    Raises:
        ValueError: There is no such setting, or a value is none that it can have.
    """
    if not isinstance(values, dict):
        raise ValueError("settings are a JSON object")
    known = asdict(settings)
    if unknown := sorted(set(values) - set(known)):
        raise ValueError(f"there is no setting {unknown[0][:40]}; there are {', '.join(known)}")
    given = dict(values)
    if isinstance(given.get("palette"), list):
        given["palette"] = tuple(given["palette"])
    if "stages" in given:
        if not isinstance(given["stages"], dict):
            raise ValueError("stages are a JSON object of true and false")
        given["stages"] = {**settings.stages, **given["stages"]}
    try:
        return replace(settings, **given)
    except TypeError as error:
        raise ValueError(f"settings: {error}") from None


def to_json(settings: ProjectSettings) -> dict[str, Any]:
    """Return the JSON object of all settings."""
    values = asdict(settings)
    return values | {"palette": list(settings.palette) if isinstance(settings.palette, tuple) else settings.palette}


def _is_color(value: Any) -> bool:
    return isinstance(value, str) and _COLOR.fullmatch(value) is not None
