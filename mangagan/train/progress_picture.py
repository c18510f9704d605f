"""What a run's pictures were at first and are at last, side by side."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from mangagan.train.run_log import GRID_HEADER

# The columns of a grid, see mangagan.train.reporter.
_COLUMNS = ("input", "output", "average", "truth")


def draw_progress(workdir: Path) -> Image.Image:
    """The input, what the first and the last grid of a run made of it, and the truth, as labelled columns.

    Of the first grid the network's own output, whose average has hardly begun; of the last the averaged one's. Raises
    ValueError where the run has fewer than two grids, or these are of different sizes.
    """
    folder = workdir / "grids"
    files = sorted(folder.glob("*.png"), key=lambda file: file.stem)
    if len(files) < 2:
        raise ValueError(
            f"{folder} has {len(files) or 'no'} picture{'' if len(files) == 1 else 's'}, and a first and a last are "
            "needed: lower train.every_grid_steps, or train longer"
        )
    first, last = (Image.open(file).convert("RGB") for file in (files[0], files[-1]))
    if first.size != last.size:
        raise ValueError(f"{files[0]} is {first.size} and {files[-1]} is {last.size}: these are not of one run")
    columns = {
        "input": _column(first, "input"),
        f"step {int(files[0].stem)}": _column(first, "output"),
        f"step {int(files[-1].stem)}": _column(last, "average"),
        "truth": _column(last, "truth"),
    }
    return _joined(columns)


def _column(grid: Image.Image, name: str) -> Image.Image:
    width, index = grid.width // len(_COLUMNS), _COLUMNS.index(name)
    return grid.crop((index * width, GRID_HEADER, (index + 1) * width, grid.height))


def _joined(columns: dict[str, Image.Image]) -> Image.Image:
    width, height = next(iter(columns.values())).size
    page = Image.new("RGB", (width * len(columns), height + GRID_HEADER), "white")
    for index, (name, column) in enumerate(columns.items()):
        page.paste(column, (index * width, GRID_HEADER))
        ImageDraw.Draw(page).text((index * width + 3, 2), name, fill="black")
    return page
