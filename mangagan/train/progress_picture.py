"""A picture of a run's progress: predictions after its first and last steps, side by side."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from mangagan.train.run_log import GRID_HEADER

# The columns of a grid, see mangagan.train.reporter.
_COLUMNS = ("input", "output", "average", "truth")


def draw_progress(workdir: Path) -> Image.Image:
    """Return the input, the predictions of the first and the last grid of a run, and the truth, as labelled columns.

    The first grid shows the network itself, because the moving average still equals the random start; the last grid
    shows the average.

    Args:
        workdir: The run's folder.

    Raises:
        ValueError: The run has fewer than two grids, or they have different sizes.
    """
    folder = workdir / "grids"
    files = sorted(folder.glob("*.png"), key=lambda file: file.stem)
    if len(files) < 2:
        raise ValueError(
            f"{folder} has {len(files) or 'no'} picture{'' if len(files) == 1 else 's'}, and two are needed, a first "
            "and a last: lower train.every_grid_steps, or train longer"
        )
    first, last = (Image.open(file).convert("RGB") for file in (files[0], files[-1]))
    if first.size != last.size:
        raise ValueError(f"{files[0]} is {first.size} and {files[-1]} is {last.size}: these are not from one run")
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
