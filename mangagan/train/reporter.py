"""The periodic reports of a run: metrics, evaluation, pictures and checkpoints."""

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
from mangagan.train.run_log import RunLog
from mangagan.train.state import TrainState

GRID_ROWS = 4
# The number of hints of the second evaluation, for tasks that take hints.
HINTS = 10


@dataclass
class Reporter:
    """The reports of one run.

    `main_metric` is the first of `Task.metrics`. `pages` are held out, and `hinted` are the same pages with HINTS true
    colours, for a task that takes hints. `files` is None on all hosts but the first.
    """

    settings: Train
    total_steps: int
    predict: Callable[[Variables, Batch], Float[Array, "b h w 3"]]
    main_metric: str
    pages: list[Batch]
    hinted: list[Batch]
    checkpoints: Checkpoints
    files: RunLog | None
    bar: tqdm
    _evaluated: tuple[int, dict[str, float]] | None = None

    def after(self, step: int, state: TrainState, meter: Meter) -> None:
        """Write each report whose period ends with this step; after the last step, all of them.

        Args:
            step: The number of steps that were made.
            state: The state after them.
            meter: The metrics of the steps.
        """
        settings = self.settings
        periods = (settings.every_log_steps, settings.every_evaluation_steps, settings.every_grid_steps)
        if any(self._due(step, period) for period in periods):
            # A state that has diverged is not reported.
            meter.settle()
        if self._due(step, settings.every_log_steps):
            self._write(step, meter.report())
        if self.pages and self._due(step, settings.every_evaluation_steps):
            self._evaluate(step, state)
        if self.pages and self.files and self._due(step, settings.every_grid_steps):
            self.bar.write(f"step {step}: pictures in {self.files.grid(step, self._columns(state))}")
        if self._due(step, settings.every_checkpoint_steps):
            self.save(step, state, meter)

    def save(self, step: int, state: TrainState, meter: Meter) -> None:
        """Save a state with its evaluation, once the metrics of its last step are known to be finite.

        Args:
            step: The number of steps that were made.
            state: The state after them.
            meter: The metrics of the steps.
        """
        meter.settle()
        evaluated_step, metrics = self._evaluated or (0, None)
        self.checkpoints.save(step, state, metrics if evaluated_step == step else None)

    def _due(self, step: int, period: int) -> bool:
        return step == self.total_steps or (period > 0 and step % period == 0)

    def _write(self, step: int, metrics: dict[str, float]) -> None:
        if self.files:
            self.files.scalars(step, metrics)
        losses = {name.removeprefix("loss/"): value for name, value in metrics.items() if name.startswith("loss/")}
        if losses:
            self.bar.set_postfix({name: f"{value:.3g}" for name, value in losses.items()})

    def _evaluate(self, step: int, state: TrainState) -> None:
        metrics = evaluate(self._predictor(state.ema), self.pages)
        if self.hinted:
            with_hints = evaluate(self._predictor(state.ema), self.hinted)
            metrics |= {
                f"evaluation/{name}_{HINTS}_hints": with_hints[f"evaluation/{name}"] for name in ("ciede2000", "psnr")
            }
        self._evaluated = step, metrics
        self._write(step, metrics)
        self.bar.write(f"step {step}: {self._message(metrics)}")

    def _message(self, metrics: dict[str, float]) -> str:
        pages = f"on {len(self.pages)} held-out pages"
        if self.main_metric == "psnr":
            output, bare = metrics["evaluation/psnr"], metrics["evaluation/psnr_input"]
            return f"PSNR {output:.2f} dB {pages}; the damaged input {bare:.2f} ({output - bare:+.2f} dB)"
        output, bare, gain = (metrics[f"evaluation/{name}"] for name in ("ciede2000", "ciede2000_input", "gain"))
        return f"CIEDE2000 to the truth {output:.2f} {pages}; the bare input {bare:.2f} ({gain:+.1%})"

    def _predictor(self, variables: Variables) -> Predict:
        # Every host evaluates all pages on a device of its own, so that all hosts have the same metrics.
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
