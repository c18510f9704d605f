"""Pages with their edits: cleaned, filled, coloured, and the original painted back where it was asked for.

`EditedPages` processes a volume as the colouriser itself does, and adds the edits of each page. A page with hints and
colouring alone has the colouriser's own identity, so that the studio goes on where `mangagan colorize` stopped, and the
other way round.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, ClassVar

import numpy as np

from mangagan.images.encode import Quality
from mangagan.images.limits import Limits
from mangagan.images.picture import Pixels
from mangagan.images.volume import Volume
from mangagan.infer.colorizer import Colorizer, VolumeColorizer
from mangagan.infer.page.compose import Compositing
from mangagan.infer.restore.denoiser import Denoiser
from mangagan.infer.restore.inpainter import Inpainter
from mangagan.infer.volume.page_stages import Keep, PageInput
from mangagan.studio.operations import HINTS, MASKS, Operation, to_json
from mangagan.studio.pictures import palette_file, read_picture, write_picture
from mangagan.studio.project import Project
from mangagan.studio.project_settings import STAGES, ProjectSettings
from mangagan.studio.rasters import mask_of, restored_share

_WHITE = 255


@dataclass(frozen=True)
class Tools:
    """The networks of the studio; None where no model was given."""

    color: Colorizer
    inpaint: Inpainter | None = None
    denoise: Denoiser | None = None
    names: tuple[str, str, str] = ("base", "", "")  # of the models, for messages: color, inpaint, denoise


@dataclass(frozen=True)
class EditedPages:
    """Processes the pages of one project (see `Processor`)."""

    project: Project
    tools: Tools

    participle: ClassVar[str] = "coloured"
    colors: ClassVar[bool] = True

    def begin_volume(self, title: str, volume: Volume) -> EditedVolume:
        """Return the processor of the open volume."""
        settings = self.project.settings
        return EditedVolume(self.project, settings, self.tools, self._colorizer(settings).begin_volume(title, volume))

    def _colorizer(self, settings: ProjectSettings) -> Colorizer:
        color = self.tools.color
        compositing = Compositing("auto" if settings.ink else "off", settings.protect)
        colorizer = replace(color, options=replace(color.options, compositing=compositing, size=settings.size))
        hints = self.project.folder / "hints"
        takes_hints = color.network.info.hints and any(hints.rglob("*.json"))
        return colorizer.with_guidance(self._palette(settings), hints if takes_hints else None)

    def _palette(self, settings: ProjectSettings) -> Any:
        if not self.tools.color.network.info.palette:
            return "auto"
        if isinstance(settings.palette, str) and settings.palette.startswith("page:"):
            return str(palette_file(self.project, settings.palette.removeprefix("page:")))
        return settings.palette if isinstance(settings.palette, str) else list(settings.palette)


@dataclass(frozen=True)
class EditedVolume:
    """Processes the pages of a project's volume (see `VolumeProcessor`)."""

    project: Project
    settings: ProjectSettings
    tools: Tools
    colorizer: VolumeColorizer

    def decode(self, data: bytes, limits: Limits, quality: Quality) -> tuple[Pixels, Any]:
        """Return a page in sRGB, and what its file has beside its colours."""
        return self.colorizer.decode(data, limits, quality)

    def process(self, page: PageInput) -> Pixels | Keep:
        """Return a page after its last stage, as it is in the result."""
        last: Pixels | Keep = Keep("no stage is on")
        for _, made in self.stages(page):
            # A page that is in colour already may have been cleaned or filled before.
            if not isinstance(made, Keep) or isinstance(last, Keep):
                last = made
        return last

    def stages(self, page: PageInput) -> Iterator[tuple[str, Pixels | Keep]]:
        """Yield each stage that is on, and the page after it; stages that were made before are read.

        Args:
            page: Decoded, of the volume.
        """
        operations, current = self.project.edits.of_page(page.name).active, page
        for stage in stages_on(self.settings, self.tools, operations):
            revision = revision_of(self.project, self.settings, self.tools, page.name, stage)
            made = read_picture(self.project, page.name, stage, revision)
            if made is None:
                made = self._made(stage, current, operations, page.pixels)
                write_picture(self.project, page.name, stage, revision, made)
            if not isinstance(made, Keep):
                current = replace(current, pixels=made)
            yield stage, made

    def encode(self, pixels: Pixels, envelope: Any) -> bytes:
        """Return the file of a page."""
        return self.colorizer.encode(pixels, envelope)

    def identity(self, page: str) -> str:
        """Return what decides a page's result: the colouriser's own identity, and what the studio adds to it."""
        operations = self.project.edits.of_page(page).active
        own = self.colorizer.identity(page)
        is_plain = stages_on(self.settings, self.tools, operations) == ["color"] and self.settings.stages["color"]
        if is_plain and all(operation.kind in HINTS for operation in operations):
            return own
        return f"{own} {revision_of(self.project, self.settings, self.tools, page, 'color')}"

    def _made(self, stage: str, page: PageInput, operations: list[Operation], original: Pixels) -> Pixels | Keep:
        if stage == "denoise":
            assert self.tools.denoise is not None
            return self.tools.denoise.with_sigma(self.settings.sigma).denoise(page.pixels)
        if stage == "inpaint":
            return self._filled(page.pixels, operations)
        made = self.colorizer.process(page) if self.settings.stages["color"] else page.pixels
        return made if isinstance(made, Keep) else _restored(made, original, operations)

    def _filled(self, pixels: Pixels, operations: list[Operation]) -> Pixels:
        height, width = pixels.shape[:2]
        white, hole = (mask_of(operations, kind, height, width) for kind in ("white", "mask"))
        filled = np.where(white[..., None], np.uint8(_WHITE), pixels)
        if hole.any():
            if self.tools.inpaint is None:
                raise ValueError("there is no model that fills holes: start the studio with --inpaint=RUN")
            filled = self.tools.inpaint.fill(filled, hole)
        return filled


def _restored(made: Pixels, original: Pixels, operations: list[Operation]) -> Pixels:
    share = restored_share(operations, *made.shape[:2])
    if share is None:
        return made
    mixed = made + share[..., None] * (original.astype(np.float32) - made)
    return np.round(mixed).astype(np.uint8)


def stages_on(settings: ProjectSettings, tools: Tools, operations: Sequence[Operation]) -> list[str]:
    """Return the stages that a page with these operations goes through, in their order."""
    kinds = {operation.kind for operation in operations}
    is_on = {
        "denoise": settings.stages["denoise"] and tools.denoise is not None,
        "inpaint": settings.stages["inpaint"] and bool(kinds & MASKS),
        # The last stage is where the original is painted back, whether the page is coloured or not.
        "color": settings.stages["color"] or "restore" in kinds,
    }
    return [stage for stage in STAGES if is_on[stage]]


def revision_of(project: Project, settings: ProjectSettings, tools: Tools, page: str, stage: str) -> str:
    """Return what tells the picture of a stage from those of other edits, settings, models and sources."""
    operations = project.edits.of_page(page).active
    on = stages_on(settings, tools, operations)
    on = on[: on.index(stage) + 1] if stage in on else on
    decides: list[Any] = [project.fingerprint, page, stage, on]
    if "denoise" in on and tools.denoise:
        decides += [tools.denoise.identity, settings.sigma]
    if "inpaint" in on:
        decides.append(tools.inpaint.identity if tools.inpaint else "")
    if "color" in on:
        values = [settings.palette, settings.ink, settings.protect, settings.size, settings.stages["color"]]
        decides += [tools.color.identity, values]
    kinds = {"inpaint": MASKS, "color": HINTS | {"restore"}}
    counted = frozenset().union(*(kinds.get(name, frozenset()) for name in on))
    decides.append([to_json(operation) for operation in operations if operation.kind in counted])
    return sha256(json.dumps(decides).encode()).hexdigest()[:16]
