"""What is due after a step: figures, evaluation, pictures, checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Array, Float
from tqdm import tqdm

from mangagan.config import Train
from mangagan.data.stream.batches import Batch
from mangagan.evaluate.validation import Predict, evaluate, without_target
from mangagan.tasks.base import Variables
from mangagan.train.checkpoint import Checkpoints
from mangagan.train.meter import Meter
from mangagan.train.run_log import Reports
from mangagan.train.state import TrainState

GRID_ROWS = 4
HINTS = 10


@dataclass
class Reporter:
    """Reports of one run; `files` is None on all hosts but the first.

    `pages` are held out; `hinted` are the same with HINTS true colors in each, for a task that takes hints.
    """

    settings: Train
    total_steps: int
    predict: Callable[[Variables, Batch], Float[Array, "b h w 3"]]
    pages: list[Batch]
    hinted: list[Batch]
    checkpoints: Checkpoints
    files: Reports | None
    bar: tqdm
    _judged: tuple[int, dict[str, float]] | None = None

    def after(self, step: int, state: TrainState, meter: Meter) -> None:
        """Makes each report whose period ends with this step; the last step makes all. Raises Diverged."""
        settings = self.settings
        periods = (settings.every_log_steps, settings.every_evaluation_steps, settings.every_grid_steps)
        if any(self._due(step, period) for period in periods):
            meter.settle()  # nothing is told of a state that has diverged
        if self._due(step, settings.every_log_steps):
            self._write(step, meter.report())
        if self.pages and self._due(step, settings.every_evaluation_steps):
            self._judge(step, state)
        if self.pages and self.files and self._due(step, settings.every_grid_steps):
            self.bar.write(f"step {step}: pictures in {self.files.grid(step, self._columns(state))}")
        if self._due(step, settings.every_checkpoint_steps):
            self.save(step, state, meter)

    def save(self, step: int, state: TrainState, meter: Meter) -> None:
        """Saves a state once its own figures were seen to be finite, with the figure that the best is chosen by."""
        meter.settle()
        judged, figures = self._judged or (0, None)
        self.checkpoints.save(step, state, figures if judged == step else None)

    def _due(self, step: int, period: int) -> bool:
        return step == self.total_steps or (period > 0 and step % period == 0)

    def _write(self, step: int, figures: dict[str, float]) -> None:
        if self.files:
            self.files.scalars(step, figures)
        losses = {name.removeprefix("loss/"): value for name, value in figures.items() if name.startswith("loss/")}
        if losses:
            self.bar.set_postfix({name: f"{value:.3g}" for name, value in losses.items()})

    def _judge(self, step: int, state: TrainState) -> None:
        figures = evaluate(self._predictor(state.ema), self.pages)
        if self.hinted:
            helped = evaluate(self._predictor(state.ema), self.hinted)
            figures |= {
                f"evaluation/{name}_{HINTS}_hints": helped[f"evaluation/{name}"] for name in ("ciede2000", "psnr")
            }
        self._judged = step, figures
        self._write(step, figures)
        self.bar.write(f"step {step}: {self._told(figures)}")

    def _told(self, figures: dict[str, float]) -> str:
        pages, page = f"on {len(self.pages)} held-out pages", self.pages[0]
        if page["input"].shape == page["target"].shape:  # a damaged picture, not one to be coloured
            output, bare = figures["evaluation/psnr"], figures["evaluation/psnr_input"]
            return f"PSNR {output:.2f} dB {pages}; the damaged input {bare:.2f} ({output - bare:+.2f} dB)"
        output, bare, gain = (figures[f"evaluation/{name}"] for name in ("ciede2000", "ciede2000_input", "gain"))
        return f"CIEDE2000 to the truth {output:.2f} {pages}; the bare input {bare:.2f} ({gain:+.1%})"

    def _predictor(self, variables: Variables) -> Predict:
        # Every host judges all pages on one device of its own, so that all hosts know the same figures.
        local = jax.tree.map(lambda leaf: leaf.addressable_data(0), variables)
        return lambda page: self.predict(local, page)

    def _columns(self, state: TrainState) -> dict[str, np.ndarray]:
        rows = self.pages[:GRID_ROWS]
        now, averaged = self._predictor(state.generator.variables), self._predictor(state.ema)
        return {
            "input": np.concatenate([page["input"] for page in rows]),
            "output": np.concatenate([now(without_target(page)) for page in rows]),
            "average": np.concatenate([averaged(without_target(page)) for page in rows]),
            "truth": np.concatenate([page["target"] for page in rows]),
        }
