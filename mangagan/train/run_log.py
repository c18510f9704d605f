"""What a run tells: JSON lines, TensorBoard and picture grids in its folder. Only the first host writes."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageDraw
from tensorboardX import SummaryWriter

from mangagan.color import to_bytes
from mangagan.images.atomic import write_aside

GRID_HEADER = 16


class Reports:
    """The figures and pictures of one run, in `metrics.jsonl`, `tensorboard/` and `grids/`.

    A run that goes on from step n drops the lines after n: those steps are made again.
    """

    def __init__(self, workdir: Path, step: int) -> None:
        self._metrics, self._grids = workdir / "metrics.jsonl", workdir / "grids"
        self._grids.mkdir(exist_ok=True)
        if self._metrics.exists():
            kept = [line for line in self._metrics.read_text().splitlines() if _step_of(line) <= step]
            write_aside(self._metrics, "".join(line + "\n" for line in kept).encode())
        self._board = SummaryWriter(str(workdir / "tensorboard"), purge_step=step + 1)

    def scalars(self, step: int, figures: dict[str, float]) -> None:
        """Appends one JSON line and the same figures to TensorBoard."""
        with self._metrics.open("a") as lines:
            lines.write(json.dumps({"step": step} | figures) + "\n")
        for name, figure in figures.items():
            self._board.add_scalar(name, figure, step)

    def grid(self, step: int, columns: dict[str, Float[np.ndarray, "n h w c"]]) -> Path:
        """Writes pictures in [-1, 1] as a labelled grid, one column for each name; returns the file."""
        picture, png = draw_grid(columns), io.BytesIO()
        picture.save(png, "PNG")
        file = self._grids / f"{step:07d}.png"
        write_aside(file, png.getvalue())
        self._board.add_image("grid", np.asarray(picture), step, dataformats="HWC")
        return file

    def close(self) -> None:
        """Writes out what TensorBoard still holds."""
        self._board.close()


def draw_grid(columns: dict[str, Float[np.ndarray, "n h w c"]]) -> Image.Image:
    """One row for each picture, one column for each name; grey pictures are shown grey."""
    rows = [np.concatenate([_rgb(picture) for picture in pictures], axis=0) for pictures in columns.values()]
    body = Image.fromarray(np.concatenate(rows, axis=1))
    page = Image.new("RGB", (body.width, body.height + GRID_HEADER), "white")
    page.paste(body, (0, GRID_HEADER))
    for index, name in enumerate(columns):
        ImageDraw.Draw(page).text((index * body.width // len(columns) + 3, 2), name, fill="black")
    return page


def _rgb(picture: Float[np.ndarray, "h w c"]) -> np.ndarray:
    return np.broadcast_to(to_bytes(picture), (*picture.shape[:2], 3))


def _step_of(line: str) -> float:
    # A line that a kill cut short belongs to no step.
    try:
        return json.loads(line)["step"]
    except json.JSONDecodeError:
        return float("inf")
