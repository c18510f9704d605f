"""The log of a run in its folder: JSON lines, TensorBoard and picture grids. Only the first host writes."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageDraw
from tensorboardX import SummaryWriter

from mangagan.color import to_bytes
from mangagan.images.atomic import read_json_line, write_atomically

log = logging.getLogger(__name__)

GRID_HEADER = 16


class RunLog:
    """The metrics and pictures of one run, in `metrics.jsonl`, `tensorboard/` and `grids/`.

    A run that continues from step n drops the lines after n: those steps are repeated.
    """

    def __init__(self, workdir: Path, step: int) -> None:
        self._metrics, self._grids = workdir / "metrics.jsonl", workdir / "grids"
        self._grids.mkdir(exist_ok=True)
        if self._metrics.exists():
            lines = self._metrics.read_bytes().splitlines()
            steps = list(map(_step_of, lines))
            # The last line may have been cut by a kill.
            if damaged := sum(number is None for number in steps[:-1]):
                log.warning("%s: damaged lines are left out, %s of %s", self._metrics, damaged, len(lines))
            kept = [line for line, number in zip(lines, steps, strict=True) if number is not None and number <= step]
            write_atomically(self._metrics, b"".join(line + b"\n" for line in kept))
        self._board = SummaryWriter(str(workdir / "tensorboard"), purge_step=step + 1)

    def scalars(self, step: int, metrics: dict[str, float]) -> None:
        """Append the metrics of a step as one JSON line, and to TensorBoard."""
        with self._metrics.open("a") as lines:
            lines.write(json.dumps({"step": step} | metrics) + "\n")
        for name, value in metrics.items():
            self._board.add_scalar(name, value, step)

    def grid(self, step: int, columns: dict[str, Float[np.ndarray, "n h w c"]]) -> Path:
        """Write a labelled grid, one column for each name, and return its file.

        Args:
            step: The number of the step.
            columns: Pictures in [-1, 1] by the labels of their columns.
        """
        picture, png = draw_grid(columns), io.BytesIO()
        picture.save(png, "PNG")
        file = self._grids / f"{step:07d}.png"
        write_atomically(file, png.getvalue())
        self._board.add_image("grid", np.asarray(picture), step, dataformats="HWC")
        return file

    def close(self) -> None:
        """Write what TensorBoard has buffered."""
        self._board.close()


def draw_grid(columns: dict[str, Float[np.ndarray, "n h w c"]]) -> Image.Image:
    """Return a labelled grid: one row for each picture, one column for each name.

    Args:
        columns: Pictures in [-1, 1], of one or three channels, by the labels of their columns.
    """
    rows = [np.concatenate([_rgb(picture) for picture in pictures], axis=0) for pictures in columns.values()]
    body = Image.fromarray(np.concatenate(rows, axis=1))
    page = Image.new("RGB", (body.width, body.height + GRID_HEADER), "white")
    page.paste(body, (0, GRID_HEADER))
    for index, name in enumerate(columns):
        ImageDraw.Draw(page).text((index * body.width // len(columns) + 3, 2), name, fill="black")
    return page


def _rgb(picture: Float[np.ndarray, "h w c"]) -> np.ndarray:
    return np.broadcast_to(to_bytes(picture), (*picture.shape[:2], 3))


def _step_of(line: bytes) -> int | None:
    """Return the step of a line of metrics, or None for a line that is damaged or incomplete."""
    step = (read_json_line(line) or {}).get("step")
    return step if isinstance(step, int) else None
